/**
 * Message authentication codes: ISO/IEC 9797-1:2011 algorithms 1 and 3 with padding methods 1, 2 and 3, and CMAC
 * (NIST SP 800-38B, RFC 4493; ISO/IEC 9797-1 algorithm 5). EMV 4.4 Book 2 A1.2.1 and A1.2.2 use algorithm 3 and CMAC.
 */
import { concat } from '../data/bytes.ts';
import { BLOCK_BYTES, type BlockCipher, encryptCbc } from './block-cipher.ts';

/** ISO/IEC 9797-1 §6.3: zeros; `80` and zeros; length in bits, then zeros. `none` demands whole blocks. */
export type MacPadding = 'none' | 'method-1' | 'method-2' | 'method-3';

export function padForMac(message: Uint8Array, padding: MacPadding, blockBytes: number): Uint8Array {
  const whole = (length: number): number => Math.ceil(length / blockBytes) * blockBytes;
  switch (padding) {
    case 'none':
      return message;
    case 'method-1': {
      const padded = new Uint8Array(Math.max(blockBytes, whole(message.length)));
      padded.set(message);
      return padded;
    }
    case 'method-2': {
      const padded = new Uint8Array(whole(message.length + 1));
      padded.set(message);
      padded[message.length] = 0x80;
      return padded;
    }
    case 'method-3': {
      const padded = new Uint8Array(blockBytes + Math.max(blockBytes, whole(message.length)));
      new DataView(padded.buffer).setUint32(blockBytes - 4, message.length * 8);
      padded.set(message, blockBytes);
      return padded;
    }
  }
}

/**
 * ISO/IEC 9797-1 algorithm 3, the retail MAC: single DES under the left half of a 16-byte key in a chain, and the last
 * block under both halves. Eight bytes.
 *
 * Two cipher calls: the chain under K1, then one CBC step of EDE, which is E(K1, D(K2, E(K1, block xor chain))).
 */
export function retailMac(key: Uint8Array, message: Uint8Array, padding: MacPadding): Uint8Array {
  if (key.length !== 16) throw new TypeError(`a retail MAC key has 16 bytes, not ${key.length}`);
  const padded = padForMac(message, padding, 8);
  const last = padded.length - 8;
  if (last < 0) throw new TypeError('a retail MAC of nothing');
  if (last === 0) return encryptCbc('3DES', key)(padded);
  const chain = encryptCbc('3DES', key.subarray(0, 8))(padded.subarray(0, last));
  return encryptCbc('3DES', key, chain.subarray(last - 8))(padded.subarray(last));
}

/** ISO/IEC 9797-1 algorithm 1: CBC-MAC, the last block of the chain. One cipher call. */
export function cbcMac(
  cipher: BlockCipher,
  key: Uint8Array,
  message: Uint8Array,
  padding: MacPadding,
): Uint8Array {
  const chain = encryptCbc(cipher, key)(padForMac(message, padding, BLOCK_BYTES[cipher]));
  return chain.subarray(chain.length - BLOCK_BYTES[cipher]);
}

/**
 * CMAC, a whole block (16 bytes for AES, 8 for 3DES).
 *
 * One cipher call: the first CBC step over zeros gives L, from which the subkeys come; L is then also the chaining value,
 * so the first block of the message goes in with L taken off again.
 */
export function cmac(cipher: BlockCipher, key: Uint8Array, message: Uint8Array): Uint8Array {
  const size = BLOCK_BYTES[cipher];
  const chain = encryptCbc(cipher, key);
  const l = chain(new Uint8Array(size));
  const blocks = withSubkey(message, size, doubled(l, size));
  for (let i = 0; i < size; i++) blocks[i]! ^= l[i]!;
  const chained = chain(blocks);
  return chained.subarray(chained.length - size);
}

/** CMAC under one key that stays, with its subkeys computed once: for chains of log records. */
export function cmacUnder(cipher: BlockCipher, key: Uint8Array): (message: Uint8Array) => Uint8Array {
  const size = BLOCK_BYTES[cipher];
  const subkey = doubled(encryptCbc(cipher, key)(new Uint8Array(size)), size);
  return (message) => {
    const chained = encryptCbc(cipher, key)(withSubkey(message, size, subkey));
    return chained.subarray(chained.length - size);
  };
}

/** SP 800-38B §6.2: the last block takes K1 when it is whole, else it is padded and takes K2. */
function withSubkey(message: Uint8Array, size: number, k1: Uint8Array): Uint8Array {
  const whole = message.length > 0 && message.length % size === 0;
  const blocks = whole ? concat(message) : padForMac(message, 'method-2', size);
  const subkey = whole ? k1 : doubled(k1, size);
  const last = blocks.length - size;
  for (let i = 0; i < size; i++) blocks[last + i]! ^= subkey[i]!;
  return blocks;
}

/** SP 800-38B §6.1: multiplication by x in GF(2^128) or GF(2^64), without a branch on the secret. */
function doubled(block: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  for (let i = 0; i < size; i++) out[i] = (block[i]! << 1) | ((block[i + 1] ?? 0) >> 7);
  out[size - 1]! ^= -(block[0]! >> 7) & (size === 16 ? 0x87 : 0x1b);
  return out;
}
