/**
 * RSA with message recovery as EMV uses it: 4.4 Book 2 A2.1 (ISO/IEC 9796-2 digital signature scheme 1) and B2.1.
 * A signed block is `6A ‖ message ‖ SHA-1 hash ‖ BC`, as long as the modulus; the hash also covers what did not fit.
 *
 * SHA-1 is what EMV's RSA certificates use, to the latest edition; nothing else of ours relies on it.
 */
import { constants, createHash, type KeyObject, privateEncrypt } from 'node:crypto';
import { concat, equalPublic, fromHex, toHex } from '../data/bytes.ts';
import { accept, type Result, refuse } from '../data/result.ts';
import { plain } from './block-cipher.ts';

export type RsaPublicKey = { readonly modulus: Uint8Array; readonly exponent: Uint8Array };

/** B2.1: 1984 bits, so that a certificate fits into a short response. */
export const RSA_MODULUS_BYTES_MAX = 248;
const HASH_BYTES = 20;

/** In the order of the steps that find them (Book 2 §5.3, §6.4, §6.6.2). */
export type SignatureRefusal =
  | 'signature_length' // not as long as the modulus
  | 'signature_value' // not below the modulus
  | 'signature_trailer'
  | 'signature_header';

export type RecoveredBlock = {
  /** The message part, without header, hash and trailer. */
  readonly message: Uint8Array;
  readonly hash: Uint8Array;
};

/** The block under a signature, its frame checked. The hash is the caller's to check, who knows what it covers. */
export function recoverBlock(
  key: RsaPublicKey,
  signature: Uint8Array,
): Result<RecoveredBlock, SignatureRefusal> {
  const size = key.modulus.length;
  if (signature.length !== size || size < HASH_BYTES + 2) return refuse('signature_length');
  const modulus = toBigInt(key.modulus);
  const value = toBigInt(signature);
  if (value >= modulus) return refuse('signature_value');
  const block = fromBigInt(power(value, toBigInt(key.exponent), modulus), size);
  if (block[size - 1] !== 0xbc) return refuse('signature_trailer');
  if (block[0] !== 0x6a) return refuse('signature_header');
  return accept({
    message: block.subarray(1, size - 1 - HASH_BYTES),
    hash: block.subarray(size - 1 - HASH_BYTES, size - 1),
  });
}

export function hashMatches(recovered: RecoveredBlock, ...rest: readonly Uint8Array[]): boolean {
  return equalPublic(recovered.hash, sha1(recovered.message, ...rest));
}

/**
 * Signs `message`, which must fill the block (modulus length − 22), with a hash over it and `rest`. The private operation
 * is OpenSSL's, blinded; EMV's frame is not one of its paddings, hence none.
 */
export function signBlock(
  privateKey: KeyObject,
  message: Uint8Array,
  ...rest: readonly Uint8Array[]
): Uint8Array {
  const block = concat(Uint8Array.of(0x6a), message, sha1(message, ...rest), Uint8Array.of(0xbc));
  return plain(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block));
}

/** Bytes of the message part of a block under this key. */
export function messageBytes(key: RsaPublicKey): number {
  return key.modulus.length - HASH_BYTES - 2;
}

export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return plain(hash.digest());
}

/** Modulus and exponent of a key pair or public key, without leading zeros. */
export function rsaPublicKey(key: KeyObject): RsaPublicKey {
  const { n, e } = key.export({ format: 'jwk' });
  if (n === undefined || e === undefined) throw new TypeError('not an RSA key');
  return {
    modulus: plain(Buffer.from(n, 'base64url')),
    exponent: plain(Buffer.from(e, 'base64url')),
  };
}

/** Book 2 §5.1: the two exponents that EMV allows, in the fewest bytes. */
export function exponentAllowed(exponent: Uint8Array): boolean {
  const hex = toHex(exponent);
  return hex === '03' || hex === '010001';
}

function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

function fromBigInt(value: bigint, length: number): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * length, '0'));
}

/** Public values only, so neither blinded nor constant in time. Exponents are 3 and 65537. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
