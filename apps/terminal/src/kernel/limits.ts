/**
 * The terminal's limits by currency, docs/profiles.md §6, and the currencies of ISO 4217 that it can charge in.
 * EMV Contactless Book A 2.11, 5.7 (reader limits). All amounts in minor units.
 */

export interface CurrencyLimits {
  /** ISO 4217 alphabetic and numeric code, and how many decimals the minor unit stands for. */
  readonly currency: string;
  readonly numericCode: string;
  readonly decimals: number;
  /** Reader contactless transaction limit: above it, another interface. */
  readonly transactionLimitMinor: bigint;
  /** Reader CVM required limit: above it, the customer is verified. */
  readonly cvmRequiredLimitMinor: bigint;
  /** Reader contactless floor limit: above it, online. */
  readonly floorLimitMinor: bigint;
}

type Row = readonly [string, string, number, transaction: bigint, cvm: bigint, floor: bigint];

const ROWS: readonly Row[] = [
  ['SGD', '702', 2, 200_000n, 10_000n, 0n],
  ['USD', '840', 2, 150_000n, 7_500n, 0n],
  ['EUR', '978', 2, 150_000n, 5_000n, 0n],
  ['JPY', '392', 0, 200_000n, 10_000n, 0n],
  ['KWD', '414', 3, 50_000n, 2_500n, 0n],
];

export const LIMITS: readonly CurrencyLimits[] = ROWS.map(
  ([currency, numericCode, decimals, transactionLimitMinor, cvmRequiredLimitMinor, floorLimitMinor]) => ({
    currency,
    numericCode,
    decimals,
    transactionLimitMinor,
    cvmRequiredLimitMinor,
    floorLimitMinor,
  }),
);

export function limitsOf(limits: readonly CurrencyLimits[], currency: string): CurrencyLimits | undefined {
  return limits.find((row) => row.currency === currency);
}

/** `12.50` → 1250n for two decimals. Undefined for what is not digits with at most that many decimals. */
export function parseAmount(text: string, decimals: number): bigint | undefined {
  const parts = /^([0-9]{1,12})(?:\.([0-9]{1,4}))?$/.exec(text);
  if (parts === null) return undefined;
  const fraction = parts[2] ?? '';
  if (fraction.length > decimals) return undefined;
  return BigInt(parts[1]! + fraction.padEnd(decimals, '0'));
}

/** 1250n → `12.50` for two decimals. */
export function formatAmount(amountMinor: bigint, decimals: number): string {
  const digits = amountMinor.toString().padStart(decimals + 1, '0');
  if (decimals === 0) return digits;
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
