/**
 * The two block ciphers of EMV (4.4 Book 2 Annex B1.1 and B1.2): Triple DES and AES. `node:crypto` computes; there is no
 * I/O, no clock and no randomness here.
 *
 * Encryption of whole blocks never calls `final`: `update` has then given everything, and padding does not come into play.
 */
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { concat } from '../data/bytes.ts';

export type BlockCipher = '3DES' | 'AES';

export const BLOCK_BYTES = { '3DES': 8, AES: 16 } as const;

/** 3DES: 8 (single DES, K1 = K2 = K3), 16 (two-key EDE) or 24 bytes. AES: 16, 24 or 32. */
const ECB: Readonly<Record<BlockCipher, Readonly<Record<number, string>>>> = {
  '3DES': { 8: 'des-ede3', 16: 'des-ede', 24: 'des-ede3' },
  AES: { 16: 'aes-128-ecb', 24: 'aes-192-ecb', 32: 'aes-256-ecb' },
};

const CBC: Readonly<Record<BlockCipher, Readonly<Record<number, string>>>> = {
  '3DES': { 8: 'des-ede3-cbc', 16: 'des-ede-cbc', 24: 'des-ede3-cbc' },
  AES: { 16: 'aes-128-cbc', 24: 'aes-192-cbc', 32: 'aes-256-cbc' },
};

/** Every block on its own. `data` is a whole number of blocks: several derivations share one call. */
export function encryptEcb(cipher: BlockCipher, key: Uint8Array, data: Uint8Array): Uint8Array {
  wholeBlocks(cipher, data);
  return plain(createCipheriv(named(ECB, cipher, key), openSslKey(cipher, key), null).update(data));
}

/** A chain that is fed in pieces; each piece is a whole number of blocks and comes back encrypted. */
export function encryptCbc(
  cipher: BlockCipher,
  key: Uint8Array,
  iv: Uint8Array = ZERO_IV[cipher],
): (data: Uint8Array) => Uint8Array {
  const chain = createCipheriv(named(CBC, cipher, key), openSslKey(cipher, key), iv);
  return (data) => {
    wholeBlocks(cipher, data);
    return plain(chain.update(data));
  };
}

/** The same bytes, no longer a `Buffer`, whose `slice` is a view where everybody expects a copy. */
export function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

const ZERO_IV = { '3DES': new Uint8Array(8), AES: new Uint8Array(16) } as const;

function named(
  names: Readonly<Record<BlockCipher, Readonly<Record<number, string>>>>,
  cipher: BlockCipher,
  key: Uint8Array,
): string {
  const name = names[cipher][key.length];
  if (name === undefined) throw new TypeError(`no ${cipher} key has ${key.length} bytes`);
  return name;
}

/**
 * OpenSSL 3 has no single DES in its default provider; three times the same key is the same cipher.
 *
 * A `KeyObject`, because the Node that we pin takes 10 µs to set up a cipher from raw bytes and 2 µs from one of these.
 */
function openSslKey(cipher: BlockCipher, key: Uint8Array): KeyObject {
  return createSecretKey(cipher === '3DES' && key.length === 8 ? concat(key, key, key) : key);
}

function wholeBlocks(cipher: BlockCipher, data: Uint8Array): void {
  if (data.length % BLOCK_BYTES[cipher] !== 0) {
    throw new TypeError(`${data.length} bytes are no whole number of ${cipher} blocks`);
  }
}
