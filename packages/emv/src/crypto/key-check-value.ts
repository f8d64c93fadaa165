/**
 * Key check values and DES parity. Check the key check value after every derivation in tests, and before use when a key
 * came from elsewhere.
 */
import { BLOCK_BYTES, type BlockCipher, encryptEcb } from './block-cipher.ts';
import { cmac } from './mac.ts';

/**
 * `zeros`: leftmost bytes of a zero block encrypted (ISO 11568:2023, for 3DES; also what most HSMs print for AES).
 * `cmac`: leftmost bytes of the CMAC of a zero block (ANSI X9.24-1:2017 Annex A, for AES).
 */
export type KeyCheckMethod = 'zeros' | 'cmac';

/** @param length bytes, 3 by custom; ISO 9797 and HSM listings also show 2. */
export function keyCheckValue(
  cipher: BlockCipher,
  key: Uint8Array,
  length = 3,
  method: KeyCheckMethod = 'zeros',
): Uint8Array {
  const zeros = new Uint8Array(BLOCK_BYTES[cipher]);
  const block = method === 'zeros' ? encryptEcb(cipher, key, zeros) : cmac(cipher, key, zeros);
  return block.slice(0, length);
}

/** Every byte with an odd number of ones: bit 1 is the parity bit of a DES key (FIPS 46-3). In place; returns `key`. */
export function setOddParity(key: Uint8Array): Uint8Array {
  for (let i = 0; i < key.length; i++) {
    let bits = key[i]! >> 1;
    bits ^= bits >> 4;
    bits ^= bits >> 2;
    bits ^= bits >> 1;
    key[i] = (key[i]! & 0xfe) | (~bits & 1);
  }
  return key;
}

export function hasOddParity(key: Uint8Array): boolean {
  const adjusted = setOddParity(Uint8Array.from(key));
  return adjusted.every((byte, i) => byte === key[i]);
}
