// What authorisation asks of the HSM about a cryptogram, and what it puts into the answer. EMV 4.4 Book 2 §8.2
import type { CryptogramCheck, Hsm, TokenKeys } from '../keys/hsm.ts';

export type CryptogramVerifier = Pick<Hsm, 'verifyCryptogram'>;

/**
 * Tag 91, only for a genuine cryptogram; null otherwise. `tdes`: ARPC (8) || ARC (2); `open`: ARPC (4) || CSU (4).
 * `arc` is DE 39, two ASCII characters.
 */
export function issuerAuthentication(
  check: CryptogramCheck,
  profile: TokenKeys['profile'],
  arc: string,
  approved: boolean,
  pinTriesLeft: number,
): Uint8Array | null {
  if (check.md !== 'valid') return null;
  return check.issuerAuthentication(
    profile === 'tdes' ? Buffer.from(arc, 'latin1') : cardStatusUpdate(approved, pinTriesLeft),
  );
}

/**
 * Card status update, 4 bytes (shape of EMV 4.4 Book 3 Annex C10): byte 1 bits 4–1 PIN tries left, byte 2 bit 8 issuer
 * approves online transaction; the rest zero. The phone never sees it: there is no second GENERATE AC.
 */
function cardStatusUpdate(approved: boolean, pinTriesLeft: number): Uint8Array {
  return Uint8Array.of(Math.min(pinTriesLeft, 15), approved ? 0x80 : 0, 0, 0);
}
