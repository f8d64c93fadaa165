/**
 * SHA-256 and Ed25519 over Web Cryptography, which Node 24 and browsers both have. Nothing here holds a private key:
 * signing is a function that the caller brings, so that keys may stay in an HSM.
 */

import { asciiBytes } from './fields.ts';

/** Signs a message with a key that the caller guards; answers the 64 bytes of RFC 8032. */
export type Sign = (message: Uint8Array) => Promise<Uint8Array>;

export const SIGNATURE_LENGTH = 64;

/** SHA-256 of the parts, one after the other. */
export async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
}

/** Whether `signature` is `publicKey`'s over `message`. A malformed key or signature is simply not one. */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', joined(publicKey), 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, joined(signature), joined(message));
  } catch {
    return false;
  }
}

/** `body` with the signature over domain || body behind it. */
export async function signed(domain: string, body: Uint8Array, sign: Sign): Promise<Uint8Array<ArrayBuffer>> {
  const signature = await sign(joined(Uint8Array.from(asciiBytes(domain)), body));
  if (signature.length !== SIGNATURE_LENGTH) throw new RangeError(`signature: ${signature.length} bytes`);
  return joined(body, signature);
}

/** Whether the last 64 bytes of `message` are `publicKey`'s signature over domain || everything before them. */
export function hasSignature(domain: string, message: Uint8Array, publicKey: Uint8Array): Promise<boolean> {
  const body = message.subarray(0, message.length - SIGNATURE_LENGTH);
  const signature = message.subarray(message.length - SIGNATURE_LENGTH);
  return verifyEd25519(publicKey, joined(Uint8Array.from(asciiBytes(domain)), body), signature);
}

/** The device's name: the first 16 bytes of SHA-256(Ed25519 public key). docs/layouts.md */
export async function deviceIdOf(ed25519PublicKey: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return (await sha256(ed25519PublicKey)).slice(0, 16);
}

/** Fresh bytes that hold the parts, one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** Whether both hold the same bytes; takes the same time wherever they differ. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index++) difference |= left[index]! ^ right[index]!;
  return difference === 0;
}
