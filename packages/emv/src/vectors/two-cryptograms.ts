/**
 * Cases of our profiles, from the issuer master keys to the verdict: what the card side must meet too.
 */
import { iccMasterKey } from '../crypto/icc-master-key.ts';
import {
  computeTwoCryptograms,
  deriveSessionKeys,
  PROFILE_VERSION,
  type TwoCryptogramProfile,
  verifyUnderSessionKeys,
} from '../crypto/two-cryptograms.ts';
import { parseIad } from '../data/iad.ts';
import { TAG_9F10_ISSUER_APPLICATION_DATA, TAG_9F36_APPLICATION_TRANSACTION_COUNTER } from '../data/tags.ts';
import { type Tag, tagHex } from '../data/tlv.ts';
import { type CipherKey, compared, comparedText, keyCheck, type Outcome } from './comparison.ts';
import type { Fields } from './fields.ts';

/** Our profiles, from the issuer master keys to the verdict: what the card side must meet too. */
export function runTwoCryptograms(fields: Fields): Outcome {
  const profile = fields.text('profile') as TwoCryptogramProfile;
  const version = PROFILE_VERSION[profile];
  if (version === undefined) return undefined;
  const map = fields.map('fields')!;
  const sent = (tag: Tag): Uint8Array | undefined => map.get(tagHex(tag));
  const [iad, atc] = [sent(TAG_9F10_ISSUER_APPLICATION_DATA), sent(TAG_9F36_APPLICATION_TRANSACTION_COUNTER)];
  if (iad === undefined || atc?.length !== 2) return '9F10 is missing, or 9F36 not two bytes';
  const [token, psn] = [fields.pan('token')!, fields.text('psn') ?? '00'];
  const [imkMd, imkUmd] = [fields.bytes('imkMd')!, fields.bytes('imkUmd')!];
  if (imkMd.length !== 16 || imkUmd.length !== 16 || psn.length !== 2)
    return 'a key or the PSN has a wrong length';

  const { cipher, masterKey: option } = version;
  const mk = (imk: Uint8Array): CipherKey => ({
    cipher,
    key: iccMasterKey({ option, imk, pan: token, psn }),
  });
  const keys = deriveSessionKeys({ profile, imkMd, imkUmd, token, psn, atc });
  const checks = [
    ...keyCheck('mkMd', fields, mk(imkMd)),
    ...keyCheck('mkUmd', fields, mk(imkUmd)),
    ...keyCheck('skMd', fields, { cipher, key: keys.md }),
    ...keyCheck('skUmd', fields, { cipher, key: keys.umd }),
  ];
  const read = parseIad(profile, iad);
  if (!read.ok) return `9F10: ${read.refusal.reason}`;
  const withUmd = read.value.cdcvm !== 'none' && read.value.cryptogramType === 'ARQC';
  const computed = computeTwoCryptograms(profile, keys, sent, withUmd);
  if (!computed.ok) return `not computed: ${computed.refusal}`;
  const [umd, ac, verdict] = [fields.bytes('umd'), fields.bytes('ac'), fields.text('verdict')];
  if (umd !== undefined) checks.push(compared('umd', umd, computed.value.umd));
  if (ac !== undefined) checks.push(compared('ac', ac, computed.value.cryptogram));
  if (verdict !== undefined) {
    checks.push(comparedText('verdict', verdict, verifyUnderSessionKeys(profile, keys, sent)));
  }
  return checks;
}
