/**
 * The MD and UMD cryptograms of our profiles, as the issuer reads them: docs/profiles.md §3.2.
 *
 * 9F26 is made with the device's key (MD) over an input that holds the UMD field; the UMD field was made before, with the
 * key that only the right PIN unmasks, over the same input with that field zero. So a flipped UMD shows as a bad MD and
 * costs no PIN try, and a wrong PIN shows as a good MD with a bad UMD, to the issuer alone.
 */
import { type Iad, parseIad, UMD_BYTES, UMD_OFFSET } from '../data/iad.ts';
import type { Pan } from '../data/pan.ts';
import { accept, type Result, refuse } from '../data/result.ts';
import {
  TAG_9F10_ISSUER_APPLICATION_DATA,
  TAG_9F26_APPLICATION_CRYPTOGRAM,
  TAG_9F36_APPLICATION_TRANSACTION_COUNTER,
} from '../data/tags.ts';
import type { Tag } from '../data/tlv.ts';
import {
  APPLICATION_CRYPTOGRAM_BYTES,
  applicationCryptogram,
  CRYPTOGRAM_VERSIONS,
  type CryptogramVersion,
  cryptogramInput,
} from './application-cryptogram.ts';
import { equalConstantTime, wipe } from './constant-time.ts';
import { iccMasterKey } from './icc-master-key.ts';
import { commonSessionKey } from './session-key.ts';

export type TwoCryptogramProfile = 'open' | 'tdes';

export const PROFILE_VERSION: Readonly<Record<TwoCryptogramProfile, CryptogramVersion>> = {
  open: CRYPTOGRAM_VERSIONS['tapseal-open'],
  tdes: CRYPTOGRAM_VERSIONS['tapseal-tdes'],
};

/**
 * In order of precedence; the first two decline alike.
 * - `cryptogram_mismatch`: MD is wrong, or a UMD field stands where the CVR says that nobody was asked.
 * - `umd_absent`: MD is right, no CDCVM was performed.
 * - `umd_mismatch`: MD is right, CDCVM was performed, UMD is wrong: a wrong PIN.
 * - `umd_valid`: both are right.
 */
export type CryptogramVerdict =
  | 'value_missing'
  | 'value_length'
  | 'iad_malformed'
  | 'cryptogram_mismatch'
  | 'umd_absent'
  | 'umd_mismatch'
  | 'umd_valid';

/** Values of DE 55 by tag. */
export type CryptogramValues = (tag: Tag) => Uint8Array | undefined;

export type SessionKeys = { readonly md: Uint8Array; readonly umd: Uint8Array };

export type KeysOfToken = {
  readonly profile: TwoCryptogramProfile;
  readonly imkMd: Uint8Array;
  readonly imkUmd: Uint8Array;
  readonly token: Pan;
  /** Two digits. */
  readonly psn: string;
  /** 2 bytes. */
  readonly atc: Uint8Array;
};

/** Both session keys of one ATC. The caller wipes them. */
export function deriveSessionKeys(input: KeysOfToken): SessionKeys {
  return { md: sessionKeyOf(input, input.imkMd), umd: sessionKeyOf(input, input.imkUmd) };
}

function sessionKeyOf(input: KeysOfToken, imk: Uint8Array): Uint8Array {
  const { cipher, masterKey: option } = PROFILE_VERSION[input.profile];
  const masterKey = iccMasterKey({ option, imk, pan: input.token, psn: input.psn });
  const sessionKey = commonSessionKey(cipher, masterKey, input.atc);
  wipe(masterKey);
  return sessionKey;
}

/** The verdict on 9F26 and the UMD field, from the issuer master keys. Keys made on the way are wiped. */
export function verifyTwoCryptograms(
  keys: Omit<KeysOfToken, 'atc'>,
  values: CryptogramValues,
): CryptogramVerdict {
  const atc = values(TAG_9F36_APPLICATION_TRANSACTION_COUNTER);
  if (atc === undefined) return 'value_missing';
  if (atc.length !== 2) return 'value_length';
  const sessionKeys = deriveSessionKeys({ ...keys, atc });
  const verdict = verifyUnderSessionKeys(keys.profile, sessionKeys, values);
  wipe(sessionKeys.md, sessionKeys.umd);
  return verdict;
}

/** The same from session keys, where an HSM hands those out. */
export function verifyUnderSessionKeys(
  profile: TwoCryptogramProfile,
  keys: SessionKeys,
  values: CryptogramValues,
): CryptogramVerdict {
  const version = PROFILE_VERSION[profile];
  const read = readInput(profile, values);
  if (!read.ok) return read.refusal;
  const { iad, input, umdAt } = read.value;
  const cryptogram = values(TAG_9F26_APPLICATION_CRYPTOGRAM);
  if (cryptogram === undefined) return 'value_missing';
  if (cryptogram.length !== APPLICATION_CRYPTOGRAM_BYTES) return 'value_length';

  // Both MACs are computed whatever the first one says, so that time tells nothing about which was wrong.
  const md = applicationCryptogram(version, keys.md, input);
  const umdField = input.slice(umdAt, umdAt + UMD_BYTES);
  const withoutUmd = input.slice();
  withoutUmd.fill(0, umdAt, umdAt + UMD_BYTES);
  const umd = applicationCryptogram(version, keys.umd, withoutUmd);
  const mdValid = equalConstantTime(md, cryptogram);
  const umdValid = equalConstantTime(umd, umdField);
  const umdZero = equalConstantTime(umdField, ZERO_UMD);

  if (!mdValid) return 'cryptogram_mismatch';
  // docs/profiles.md §3.2: an AAC carries no UMD, whatever was asked.
  if (iad.cdcvm === 'none' || iad.cryptogramType === 'AAC') {
    return umdZero ? 'umd_absent' : 'cryptogram_mismatch';
  }
  return umdValid ? 'umd_valid' : 'umd_mismatch';
}

const ZERO_UMD = new Uint8Array(UMD_BYTES);

/**
 * What a device with these keys would send: the UMD field for the IAD and 9F26. The issuer needs it for its own vectors
 * and for a terminal under test; `withUmd` false leaves the field zero.
 */
export function computeTwoCryptograms(
  profile: TwoCryptogramProfile,
  keys: SessionKeys,
  values: CryptogramValues,
  withUmd: boolean,
): Result<{ readonly umd: Uint8Array; readonly cryptogram: Uint8Array }, CryptogramVerdict> {
  const version = PROFILE_VERSION[profile];
  const read = readInput(profile, values);
  if (!read.ok) return read;
  const { umdAt } = read.value;
  const input = read.value.input.slice();
  input.fill(0, umdAt, umdAt + UMD_BYTES);
  const umd = withUmd ? applicationCryptogram(version, keys.umd, input) : ZERO_UMD.slice();
  input.set(umd, umdAt);
  return accept({ umd, cryptogram: applicationCryptogram(version, keys.md, input) });
}

type ReadInput = {
  readonly iad: Extract<Iad, { profile: TwoCryptogramProfile }>;
  readonly input: Uint8Array;
  /** Where the UMD field begins in `input`. */
  readonly umdAt: number;
};

function readInput(
  profile: TwoCryptogramProfile,
  values: CryptogramValues,
): Result<ReadInput, CryptogramVerdict> {
  const built = cryptogramInput(PROFILE_VERSION[profile], values);
  if (!built.ok) return refuse(built.refusal.reason);
  const iadBytes = values(TAG_9F10_ISSUER_APPLICATION_DATA)!;
  const iad = parseIad(profile, iadBytes);
  if (!iad.ok) return refuse('iad_malformed');
  // `open` ends with the whole IAD; `tdes` ends with the UMD field itself.
  const input = built.value;
  const umdAt =
    profile === 'open' ? input.length - iadBytes.length + UMD_OFFSET.open : input.length - UMD_BYTES;
  return accept({ iad: iad.value, input, umdAt });
}
