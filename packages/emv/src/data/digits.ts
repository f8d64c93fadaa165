/**
 * Packed decimal digits, EMV 4.4 Book 3 §4.3: `n` is right-justified and filled with zeros on the left, `cn` is
 * left-justified and filled with F on the right.
 */
import { fromHex, toHex } from './bytes.ts';

/** `n`: the digits right-justified in `length` bytes. What does not fit, or is no digit, is a bug and throws. */
export function packN(digits: string | number | bigint, length: number): Uint8Array {
  return fromHex(decimal(String(digits), length).padStart(2 * length, '0'));
}

/** `cn`: the digits left-justified in `length` bytes. What does not fit, or is no digit, is a bug and throws. */
export function packCn(digits: string, length: number): Uint8Array {
  return fromHex(decimal(digits, length).padEnd(2 * length, 'F'));
}

/** The digits of an `n` field, leading zeros kept, or undefined when a nibble is above 9. */
export function unpackN(bytes: Uint8Array): string | undefined {
  const text = toHex(bytes);
  return /^[0-9]+$/.test(text) ? text : undefined;
}

/** The digits of a `cn` field without its fill, or undefined when something else than F follows the digits. */
export function unpackCn(bytes: Uint8Array): string | undefined {
  return /^([0-9]+)F*$/.exec(toHex(bytes))?.[1];
}

function decimal(digits: string, length: number): string {
  if (!/^[0-9]+$/.test(digits) || digits.length > 2 * length) {
    throw new TypeError(`not at most ${2 * length} digits`);
  }
  return digits;
}
