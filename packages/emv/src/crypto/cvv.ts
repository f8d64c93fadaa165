/**
 * Card verification values: CVV (CVC 1), and dCVV, where the transaction counter overlays the first digits of the PAN and
 * the key is the card's own.
 *
 * The algorithm is ISO/IEC 9797-1 algorithm 3 over exactly two blocks of digits, then decimalised.
 */
import { fromHex, toHex } from '../data/bytes.ts';
import type { Pan } from '../data/pan.ts';
import { decimalised } from './icc-master-key.ts';
import { retailMac } from './mac.ts';

export type CvvInput = {
  /** 16 bytes: the pair of card verification keys, or for dCVV the card's derived key. */
  readonly key: Uint8Array;
  readonly pan: Pan;
  /** YYMM, as on track 2. */
  readonly expiry: string;
  /** Three digits. */
  readonly serviceCode: string;
};

export const CVV_DIGITS = 3;

/** The card verification value, 3 digits (up to 5 by request). */
export function cvv(input: CvvInput, digits = CVV_DIGITS): string {
  return value(input.key, input.pan.reveal(), input, digits);
}

/** The dynamic card verification value: `atc` as four decimal digits (its last four) in place of the PAN's first four. */
export function dcvv(input: CvvInput & { readonly atc: number }, digits = CVV_DIGITS): string {
  const overlay = String(input.atc % 10_000).padStart(4, '0');
  return value(input.key, overlay + input.pan.reveal().slice(4), input, digits);
}

function value(key: Uint8Array, pan: string, input: CvvInput, digits: number): string {
  if (!/^[0-9]{4}$/.test(input.expiry) || !/^[0-9]{3}$/.test(input.serviceCode)) {
    throw new TypeError('an expiry has four digits, a service code three');
  }
  const blocks = fromHex((pan + input.expiry + input.serviceCode).padEnd(32, '0'));
  return decimalised(toHex(retailMac(key, blocks, 'none')), digits);
}
