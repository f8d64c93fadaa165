/** Raw Ed25519, X25519 and AES-CMAC over node:crypto, for the vectors and the tests of this package. */

import { createCipheriv, createPrivateKey, createPublicKey, sign as ed25519Sign } from 'node:crypto';
import type { Sign } from '../src/index.ts';

const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** Upper-case hex, as in every vector. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

/** The bytes of hex text; spaces are for the reader. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

export interface SigningKey {
  readonly publicKey: Uint8Array;
  readonly sign: Sign;
}

/** An Ed25519 key from its 32-byte seed. RFC 8032 */
export function signingKey(secret: Uint8Array): SigningKey {
  const key = createPrivateKey({
    key: Buffer.concat([ED25519_PKCS8, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  return { publicKey: rawPublic(key), sign: async (message) => ed25519Sign(null, message, key) };
}

/** An X25519 key from its 32 private bytes. RFC 7748 */
export function agreementKey(secret: Uint8Array): { publicKey: Uint8Array; privateKey: Uint8Array } {
  const key = createPrivateKey({
    key: Buffer.concat([X25519_PKCS8, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  return { publicKey: rawPublic(key), privateKey: secret };
}

function rawPublic(key: ReturnType<typeof createPrivateKey>): Uint8Array {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(der.length - 32));
}

/** AES-CMAC, RFC 4493, over node:crypto's block cipher. */
export function aesCmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = (input: Uint8Array) => {
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    return cipher.update(input);
  };
  const double = (input: Uint8Array) => {
    const out = new Uint8Array(16);
    for (let i = 0; i < 16; i++) out[i] = ((input[i]! << 1) | ((input[i + 1] ?? 0) >> 7)) & 0xff;
    if (input[0]! & 0x80) out[15]! ^= 0x87;
    return out;
  };
  const k1 = double(block(new Uint8Array(16)));
  const whole = message.length > 0 && message.length % 16 === 0;
  const padded = new Uint8Array(whole ? message.length : (Math.floor(message.length / 16) + 1) * 16);
  padded.set(message);
  if (!whole) padded[message.length] = 0x80;
  const mask = whole ? k1 : double(k1);
  for (let i = 0; i < 16; i++) padded[padded.length - 16 + i]! ^= mask[i]!;
  let state = new Uint8Array(16);
  for (let at = 0; at < padded.length; at += 16) {
    state = new Uint8Array(block(state.map((byte, i) => byte ^ padded[at + i]!)));
  }
  return state;
}
