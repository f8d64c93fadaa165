/**
 * HPKE, RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; one message per encapsulation,
 * sequence number 0. The algorithm is @hpke/core's; this file only fixes the suite and the shapes.
 */

import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { joined } from './digest.ts';

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes128Gcm(),
});

export const ENC_LENGTH = 32;
export const TAG_LENGTH = 16;

/** A sealed message: the encapsulated key (32 bytes) and the ciphertext with its 16-byte tag. */
export interface Sealed {
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** What binds a message to its place: both are authenticated, neither is sent. */
export interface Binding {
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
}

/**
 * Seals `plaintext` to an X25519 public key (32 bytes). `ephemeralSeed` (32 bytes, input of DeriveKeyPair, RFC 9180
 * 7.1.3) is for published vectors alone: without it the ephemeral key is random.
 */
export async function hpkeSeal(
  recipientPublicKey: Uint8Array,
  plaintext: Uint8Array,
  binding: Binding,
  ephemeralSeed?: Uint8Array,
): Promise<Sealed> {
  const key = await suite.kem.deserializePublicKey(joined(recipientPublicKey).buffer);
  const sender = await suite.createSenderContext({
    recipientPublicKey: key,
    info: joined(binding.info).buffer,
    ...(ephemeralSeed && { ekm: await suite.kem.deriveKeyPair(joined(ephemeralSeed).buffer) }),
  });
  // The library takes whole buffers, so what is secret is copied for it; the copy goes when it is done.
  const copy = joined(plaintext);
  try {
    const ciphertext = await sender.seal(copy.buffer, joined(binding.aad).buffer);
    return { enc: new Uint8Array(sender.enc), ciphertext: new Uint8Array(ciphertext) };
  } finally {
    copy.fill(0);
  }
}

/**
 * Whether anything can be sealed to an X25519 public key (32 bytes): not to one of small order, with which every shared
 * secret would be zero. RFC 7748 6.1, RFC 9180 7.1.4
 */
export async function canBeSealedTo(publicKey: Uint8Array): Promise<boolean> {
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(joined(publicKey).buffer);
    await suite.createSenderContext({ recipientPublicKey });
    return true;
  } catch {
    return false;
  }
}

/** Opens a message sealed to `recipientPrivateKey` (32 bytes); `undefined` when it is not authentic. */
export async function hpkeOpen(
  recipientPrivateKey: Uint8Array,
  sealed: Sealed,
  binding: Binding,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const copy = joined(recipientPrivateKey);
  try {
    const recipientKey = await suite.kem.importKey('raw', copy.buffer, false);
    const recipient = await suite.createRecipientContext({
      recipientKey,
      enc: joined(sealed.enc).buffer,
      info: joined(binding.info).buffer,
    });
    return new Uint8Array(await recipient.open(joined(sealed.ciphertext).buffer, joined(binding.aad).buffer));
  } catch {
    return undefined;
  } finally {
    copy.fill(0);
  }
}
