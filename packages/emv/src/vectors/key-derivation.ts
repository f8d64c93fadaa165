/**
 * Cases of key derivation: ICC master keys and session keys, alone or on the way to something else.
 */

import type { BlockCipher } from '../crypto/block-cipher.ts';
import { iccMasterKey, type MasterKeyOption } from '../crypto/icc-master-key.ts';
import { commonSessionKey, mastercardSessionKey, visaSecureMessagingKey } from '../crypto/session-key.ts';
import type { VectorCheck } from './case.ts';
import { type CipherKey, cipherOf, kcvCheck, keyCheck, keyFits, type Outcome } from './comparison.ts';
import type { Fields } from './fields.ts';

export function runIccMasterKey(fields: Fields): Outcome {
  const derived = masterKey(fields);
  if (typeof derived === 'string') return derived;
  return [...keyCheck('mk', fields, derived), ...kcvCheck(fields, derived)];
}

export function masterKey(fields: Fields): CipherKey | string {
  const imk = fields.bytes('imk')!;
  const number = fields.pan('pan');
  if (number === undefined) return 'pan is missing';
  const aes = cipherOf([fields.text('algorithm'), fields.text('method')], imk) === 'AES';
  const option = fields.text('option') ?? (aes ? 'C' : 'A');
  if (!/^[ABC]$/.test(option)) return `option ${option} is not A, B or C`;
  const cipher: BlockCipher = option === 'C' ? 'AES' : '3DES';
  if (!keyFits(cipher, imk) || (cipher === '3DES' && imk.length !== 16)) return 'imk has no key length';
  const psn = fields.text('psn');
  if (psn !== undefined && psn.length !== 2) return 'psn is not two digits';
  // A derived AES key may be longer than its master: said in the algorithm, or by the expected key.
  const bits = Number(/AES-?(128|192|256)/i.exec(fields.text('algorithm') ?? '')?.[1] ?? 0);
  const expected = fields.bytes('mk')?.length ?? imk.length;
  const keyBits = (bits || (keyFits('AES', new Uint8Array(expected)) ? expected * 8 : imk.length * 8)) as 128;
  const key = iccMasterKey({
    option: option as MasterKeyOption,
    imk,
    pan: number,
    ...(psn === undefined ? {} : { psn }),
    keyBits,
  });
  return { cipher, key };
}

/** The ICC master key, derived when the case begins at the issuer's; undefined when it begins at the session key. */
export function masterKeyOf(
  fields: Fields,
  names: readonly (string | undefined)[],
  checks: VectorCheck[],
): CipherKey | string | undefined {
  if (!fields.has('imk')) {
    const key = fields.bytes('mk');
    return key && { cipher: cipherOf(names, key), key };
  }
  const derived = masterKey(fields);
  if (typeof derived !== 'string') checks.push(...keyCheck('mk', fields, derived));
  return derived;
}

/** The card's key: derived when the case begins at the issuer master key, else as given. */
export function cardKey(fields: Fields, checks: VectorCheck[]): Uint8Array | string {
  if (!fields.has('imk')) {
    const key = fields.bytes('key', 'mk')!;
    return key.length === 16 ? key : 'key is not 16 bytes';
  }
  const derived = masterKey(fields);
  if (typeof derived === 'string') return derived;
  checks.push(...keyCheck('mk', fields, derived), ...kcvCheck(fields, derived));
  return derived.key;
}

export function runSessionKey(fields: Fields): Outcome {
  const mk = fields.bytes('mk')!;
  const cipher = cipherOf([fields.text('method'), fields.text('algorithm')], mk);
  const derived = sessionKey(fields, { cipher, key: mk }, fields.bytes('atc'), fields.bytes('un'));
  if (typeof derived === 'string') return derived;
  return [...keyCheck('sk', fields, derived), ...kcvCheck(fields, derived)];
}

/** The method by its name; without one, R decides, then ATC with or without an unpredictable number. */
export function sessionKey(
  fields: Fields,
  mk: CipherKey,
  atc: Uint8Array | undefined,
  un: Uint8Array | undefined,
): CipherKey | string {
  const { cipher, key } = mk;
  const method = fields.text('method') ?? '';
  if (!keyFits(cipher, key) || (cipher === '3DES' && key.length !== 16)) return 'mk has no key length';
  if (/visa/i.test(method)) {
    return atc?.length === 2 ? { cipher, key: visaSecureMessagingKey(key, atc) } : 'atc is not two bytes';
  }
  const named = /mastercard|m\/?chip|SKD/i.test(method);
  const common = /CSK|common/i.test(method);
  if (method !== '' && !named && !common) return `method ${method} is not known`;
  const r = fields.bytes('r');
  if (r !== undefined) {
    if (r.length === 0 || r.length > (cipher === 'AES' ? 16 : 8)) return 'r is longer than a block';
    return { cipher, key: commonSessionKey(cipher, key, r) };
  }
  if (atc?.length !== 2) return 'atc is not two bytes';
  if (named || (!common && fields.has('un'))) {
    if (cipher !== '3DES' || un?.length !== 4) return 'un is not four bytes';
    return { cipher, key: mastercardSessionKey(key, atc, un) };
  }
  return { cipher, key: commonSessionKey(cipher, key, atc) };
}
