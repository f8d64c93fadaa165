/** Keys that the secure element gets, as the issuer derives them: docs/profiles.md §4 and §5. */

import { hkdfSync } from 'node:crypto';
import type { Pan } from '@tapseal/emv';
import { type IssuedProfile, uuidBytes } from '@tapseal/protocol';

const KEY_LENGTH = 16;
/** The 56 key bits of a DES key pair: bit 1 of each byte is parity and would tell a right PIN from a wrong one. */
const DES_KEY_BITS = 0xfe;

/** The mask of one key set. HKDF, RFC 5869; PIN as ASCII digits. */
export function pinMask(pin: Uint8Array, salt: Uint8Array, token: Pan, atc: number): Uint8Array {
  const info = Buffer.concat([
    Buffer.from('tapseal pin mask v1'),
    token.toCn(),
    Buffer.of(atc >> 8, atc & 0xff),
  ]);
  return new Uint8Array(hkdfSync('sha256', pin, salt, info, KEY_LENGTH));
}

/** SK-UMD under a mask. Nothing of the result says whether a PIN is right: every PIN unmasks to a plausible key. */
export function maskUmdKey(profile: IssuedProfile, umdKey: Uint8Array, mask: Uint8Array): Uint8Array {
  const kept = profile === 'tdes' ? DES_KEY_BITS : 0xff;
  return umdKey.map((byte, index) => (byte ^ mask[index]!) & kept);
}

/** K-log, the AES-128 key of a token's transaction log. */
export function logKey(
  logMasterKey: Uint8Array,
  { tokenId, token, psn }: { readonly tokenId: string; readonly token: Pan; readonly psn: number },
): Uint8Array {
  const info = Buffer.concat([
    Buffer.from('tapseal log mac v1'),
    token.toCn(),
    Buffer.from(psnDigits(psn), 'hex'),
    uuidBytes(tokenId)!,
  ]);
  return new Uint8Array(hkdfSync('sha256', logMasterKey, new Uint8Array(0), info, KEY_LENGTH));
}

/** A PSN as its two digits. */
export function psnDigits(psn: number): string {
  return String(psn).padStart(2, '0');
}
