/**
 * Cases of block ciphers and key check values.
 */
import { encryptCbc, encryptEcb } from '../crypto/block-cipher.ts';
import { keyCheckValue } from '../crypto/key-check-value.ts';
import { cipherOf, compared, keyFits, type Outcome } from './comparison.ts';
import type { Fields } from './fields.ts';

export function runBlockCipher(fields: Fields): Outcome {
  const algorithm = fields.text('algorithm')!;
  const mode = /(ECB|CBC)/i.exec(algorithm)?.[1]?.toUpperCase();
  if (mode === undefined || !/AES|DES/i.test(algorithm)) return undefined;
  const [key, plaintext, iv] = [fields.bytes('key')!, fields.bytes('plaintext')!, fields.bytes('iv')];
  const cipher = cipherOf([algorithm], key);
  const block = cipher === 'AES' ? 16 : 8;
  if (!keyFits(cipher, key) || plaintext.length % block !== 0) return 'key or plaintext has a wrong length';
  if ((mode === 'CBC') !== (iv?.length === block)) return 'iv does not fit the mode';
  const got = mode === 'ECB' ? encryptEcb(cipher, key, plaintext) : encryptCbc(cipher, key, iv)(plaintext);
  return [compared('ciphertext', fields.bytes('ciphertext')!, got)];
}

export function runKeyCheckValue(fields: Fields): Outcome {
  const key = fields.bytes('key')!;
  const names = [fields.text('algorithm'), fields.text('method')];
  const cipher = cipherOf(names, key);
  if (!keyFits(cipher, key)) return 'key has no key length';
  const expected = fields.bytes('kcv')!;
  const method = names.some((name) => /CMAC/i.test(name ?? '')) ? 'cmac' : 'zeros';
  return [compared('kcv', expected, keyCheckValue(cipher, key, expected.length, method))];
}
