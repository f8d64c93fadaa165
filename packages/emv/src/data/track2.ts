/**
 * Track 2 equivalent data, tag 57: EMV 4.4 Book 3 Annex A; ISO/IEC 7813. PAN, `D`, expiry, service code, discretionary
 * digits, `F` to a whole byte.
 */
import { fromHex, toHex } from './bytes.ts';
import { Pan } from './pan.ts';

export type Track2 = {
  readonly pan: Pan;
  /** YYMM */
  readonly expiry: string;
  readonly serviceCode: string;
  readonly discretionary: string;
};

export const TRACK2_BYTES_MAX = 19;

export function formatTrack2(track: Track2): Uint8Array {
  const digits = `${track.pan.reveal()}D${track.expiry}${track.serviceCode}${track.discretionary}`;
  return fromHex(digits.length % 2 === 0 ? digits : `${digits}F`);
}

/** Undefined when the value is not track 2 data. */
export function parseTrack2(value: Uint8Array): Track2 | undefined {
  if (value.length > TRACK2_BYTES_MAX) return undefined;
  const match = /^([0-9]{8,19})D([0-9]{4})([0-9]{3})([0-9]*)F?$/.exec(toHex(value));
  const pan = match && Pan.parse(match[1]!);
  if (!match || !pan) return undefined;
  return { pan, expiry: match[2]!, serviceCode: match[3]!, discretionary: match[4]! };
}
