/**
 * What a value must spell beyond its character class: dates that exist, times of day, a card number of a card
 * number's length. One check a layout; each gets bytes whose class is already known to be right, and returns
 * the index of the first byte that cannot be, or -1.
 */
import type { Layout } from './fields.ts';
import { isDigit } from './formats.ts';

export type LayoutCheck = (bytes: Uint8Array, start: number, end: number) => number;

/** The check for each layout; `null` where the character class says it all. */
export const LAYOUT_CHECKS: Readonly<Record<Layout, LayoutCheck | null>> = {
  any: null,
  PAN: panLength,
  MMDDhhmmss: (bytes, start) => firstOf(monthAndDay(bytes, start), timeOfDay(bytes, start + 4)),
  hhmmss: timeOfDay,
  MMDD: monthAndDay,
  YYMM: yearAndMonth,
  'track 2': track2,
  'sets of 20': additionalAmounts,
};

/** ISO/IEC 7812-1: an identification number has 8 to 19 digits. */
const PAN_DIGITS_MIN = 8;
const PAN_DIGITS_MAX = 19;

/** The days of each month; a date without a year may be 29 February. */
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const EQUALS = 0x3d;
const LETTER_C = 0x43;
const LETTER_D = 0x44;

function panLength(_bytes: Uint8Array, start: number, end: number): number {
  return end - start < PAN_DIGITS_MIN ? start : -1;
}

function monthAndDay(bytes: Uint8Array, start: number): number {
  const month = twoDigits(bytes, start);
  if (month < 1 || month > 12) return start;
  const day = twoDigits(bytes, start + 2);
  return day < 1 || day > DAYS_IN_MONTH[month - 1]! ? start + 2 : -1;
}

function yearAndMonth(bytes: Uint8Array, start: number): number {
  const month = twoDigits(bytes, start + 2);
  return month < 1 || month > 12 ? start + 2 : -1;
}

function timeOfDay(bytes: Uint8Array, start: number): number {
  if (twoDigits(bytes, start) > 23) return start;
  if (twoDigits(bytes, start + 2) > 59) return start + 2;
  return twoDigits(bytes, start + 4) > 59 ? start + 4 : -1;
}

/** ISO/IEC 7813: PAN, one separator, expiry YYMM, service code of 3, discretionary data; digits throughout. */
function track2(bytes: Uint8Array, start: number, end: number): number {
  let separator = start;
  while (separator < end && isDigit(bytes[separator]!)) separator += 1;
  const panDigits = separator - start;
  if (panDigits < PAN_DIGITS_MIN || panDigits > PAN_DIGITS_MAX) return separator < end ? separator : start;
  const expiry = separator + 1;
  if (end - expiry < 7) return separator < end ? separator : start;
  for (let index = expiry; index < end; index++) {
    if (bytes[index] === EQUALS || bytes[index] === LETTER_D) return index;
  }
  return yearAndMonth(bytes, expiry);
}

/** ISO 8583:1987 field 54: sets of account type n2, amount type n2, currency n3, C or D, amount n12. */
function additionalAmounts(bytes: Uint8Array, start: number, end: number): number {
  for (let set = start; set < end; set += 20) {
    if (end - set < 20) return set;
    for (let index = set; index < set + 20; index++) {
      const byte = bytes[index]!;
      const fits = index - set === 7 ? byte === LETTER_C || byte === LETTER_D : isDigit(byte);
      if (!fits) return index;
    }
  }
  return -1;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  return (bytes[at]! - 0x30) * 10 + (bytes[at + 1]! - 0x30);
}

function firstOf(a: number, b: number): number {
  return a === -1 ? b : a;
}
