/**
 * Expected against computed. Keys are compared but never printed: a mismatch shows their key check values.
 */
import type { BlockCipher } from '../crypto/block-cipher.ts';
import { keyCheckValue } from '../crypto/key-check-value.ts';
import { toHex } from '../data/bytes.ts';
import type { VectorCheck } from './case.ts';
import type { Fields } from './fields.ts';

/** The checks; or, as text, why it could not be computed; or undefined: not of this kind after all. */
export type Outcome = readonly VectorCheck[] | string | undefined;

export type CipherKey = { readonly cipher: BlockCipher; readonly key: Uint8Array };

/** `AES-192` in any spelling, or DES; else what the key's length leaves open: 32 bytes are AES, others 3DES. */
export function cipherOf(names: readonly (string | undefined)[], key: Uint8Array): BlockCipher {
  const text = names.join(' ');
  if (/AES/i.test(text)) return 'AES';
  if (/DES/i.test(text)) return '3DES';
  return key.length === 32 ? 'AES' : '3DES';
}

export function keyFits(cipher: BlockCipher, key: Uint8Array): boolean {
  return (cipher === 'AES' ? [16, 24, 32] : [8, 16, 24]).includes(key.length);
}

export function compared(what: string, expected: Uint8Array, got: Uint8Array): VectorCheck {
  return comparedText(what, toHex(expected), toHex(got));
}

export function comparedText(what: string, expected: string, got: string): VectorCheck {
  return { what, ok: expected === got, expected, got };
}

/** A derived key against the expected one, if the case has it. */
export function keyCheck(what: string, fields: Fields, derived: CipherKey): readonly VectorCheck[] {
  const expected = fields.bytes(what);
  if (expected === undefined) return [];
  const shown = (key: Uint8Array): string =>
    keyFits(derived.cipher, key)
      ? `key with check value ${toHex(keyCheckValue(derived.cipher, key))}`
      : `key of ${key.length} bytes`;
  const ok = toHex(expected) === toHex(derived.key);
  return [{ what, ok, expected: shown(expected), got: shown(derived.key) }];
}

export function kcvCheck(fields: Fields, derived: CipherKey): readonly VectorCheck[] {
  const expected = fields.bytes('kcv');
  if (expected === undefined) return [];
  return [compared('kcv', expected, keyCheckValue(derived.cipher, derived.key, expected.length))];
}
