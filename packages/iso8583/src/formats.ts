/**
 * Character classes of ISO 8583:1987 clause 4.2, each as a 256-entry table, so that a check is one look-up a
 * byte. Messages are ASCII; nothing above `7E` is a character here.
 */
import type { Format } from './fields.ts';

/** For each format, 1 at the bytes that its characters may be. */
export const ALLOWED: Readonly<Record<Format, Uint8Array>> = {
  n: characters('09'),
  an: characters('09', 'AZ', 'az'),
  ans: characters(' ~'),
  // ISO/IEC 7813: the field separator, which terminals write as "=" or, after a BCD conversion, as "D".
  z: characters('09', '==', 'DD'),
  'x+n': characters('09'),
  b: new Uint8Array(256).fill(1),
};

/** What `firstBadCharacter` needs to know about a field. */
export interface CharacterRule {
  /** The format's entry of `ALLOWED`. */
  readonly allowed: Uint8Array;
  /** A C (credit) or D (debit) comes first. */
  readonly signed: boolean;
  /** Trailing spaces may fill the field up. */
  readonly padded: boolean;
}

const SPACE = 0x20;
const LETTER_C = 0x43;
const LETTER_D = 0x44;

/**
 * The index of the first byte in `[start, end)` that the rule does not allow, or -1.
 *
 * Fixed `an` fields are left-justified with trailing spaces (ISO 8583:1987 clause 4.3, general notes), so
 * spaces may end them but not fill them. `x+n` is a C or D before the digits.
 */
export function firstBadCharacter(
  bytes: Uint8Array,
  start: number,
  end: number,
  rule: CharacterRule,
): number {
  const { allowed } = rule;
  let index = start;
  if (rule.signed) {
    if (bytes[index] !== LETTER_C && bytes[index] !== LETTER_D) return index;
    index += 1;
  }
  let last = end;
  if (rule.padded) while (last > start + 1 && bytes[last - 1] === SPACE) last -= 1;
  for (; index < last; index++) {
    if (allowed[bytes[index]!] === 0) return index;
  }
  return -1;
}

/** True if this byte is an ASCII digit. */
export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** A table with 1 at every character from the first to the second of each pair. */
function characters(...ranges: string[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const range of ranges) table.fill(1, range.charCodeAt(0), range.charCodeAt(1) + 1);
  return table;
}
