/**
 * Amounts as ISO 8583:1987 writes them: n 12 in minor units of the currency (clause 4.3, fields 4 to 6), and
 * x + n 8 for fees, a C for credit or a D for debit before the digits (field 28).
 */

export const AMOUNT_DIGITS = 12;
export const AMOUNT_MINOR_MAX = 999_999_999_999;
const FEE_DIGITS = 8;
const FEE_MINOR_MAX = 99_999_999;

/** A fee and its direction, as seen by the cardholder's account. */
export interface Fee {
  readonly direction: 'credit' | 'debit';
  readonly amountMinor: number;
}

/** `000000001250` → 1250; `undefined` unless it is exactly 12 digits. Exact: 12 digits fit in a number. */
export function decodeAmount(value: string): number | undefined {
  return /^[0-9]{12}$/.test(value) ? Number(value) : undefined;
}

/** 1250 → `000000001250`. Throws on what is no amount in minor units: that is a bug of the caller. */
export function encodeAmount(amountMinor: number): string {
  if (!Number.isInteger(amountMinor) || amountMinor < 0 || amountMinor > AMOUNT_MINOR_MAX) {
    throw new RangeError('an amount is a whole number of minor units with at most 12 digits');
  }
  return String(amountMinor).padStart(AMOUNT_DIGITS, '0');
}

/** `D00000150` → a debit of 150; `undefined` unless it is C or D and 8 digits. */
export function decodeFee(value: string): Fee | undefined {
  if (!/^[CD][0-9]{8}$/.test(value)) return undefined;
  return { direction: value[0] === 'C' ? 'credit' : 'debit', amountMinor: Number(value.slice(1)) };
}

/** A debit of 150 → `D00000150`. Throws on what is no fee in minor units. */
export function encodeFee({ direction, amountMinor }: Fee): string {
  if (!Number.isInteger(amountMinor) || amountMinor < 0 || amountMinor > FEE_MINOR_MAX) {
    throw new RangeError('a fee is a whole number of minor units with at most 8 digits');
  }
  return (direction === 'credit' ? 'C' : 'D') + String(amountMinor).padStart(FEE_DIGITS, '0');
}
