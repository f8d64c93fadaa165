/**
 * DE 95, replacement amounts, an 42 (ISO 8583:1987 clause 4.3, field 95): what the transaction came to after
 * all, for a partial reversal or a completion. Four fixed parts: transaction amount n 12, settlement amount
 * n 12, transaction fee x + n 8, settlement fee x + n 8.
 */
import { decodeAmount, decodeFee, encodeAmount, encodeFee, type Fee } from './amounts.ts';

/** Amounts in minor units. A fee is `undefined` where its part is nine zeros, which many acquirers send. */
export interface ReplacementAmounts {
  readonly transactionMinor: number;
  readonly settlementMinor: number;
  readonly transactionFee: Fee | undefined;
  readonly settlementFee: Fee | undefined;
}

const VALUE_LENGTH = 42;
const NO_FEE = '000000000';

/** Takes DE 95 apart; `undefined` unless it is the four parts. */
export function decodeReplacementAmounts(value: string): ReplacementAmounts | undefined {
  if (value.length !== VALUE_LENGTH) return undefined;
  const transactionMinor = decodeAmount(value.slice(0, 12));
  const settlementMinor = decodeAmount(value.slice(12, 24));
  const transactionFee = optionalFee(value.slice(24, 33));
  const settlementFee = optionalFee(value.slice(33, 42));
  if (transactionMinor === undefined || settlementMinor === undefined) return undefined;
  if (transactionFee === null || settlementFee === null) return undefined;
  return { transactionMinor, settlementMinor, transactionFee, settlementFee };
}

/** Puts DE 95 together. Throws on amounts that do not fit, see `encodeAmount`. */
export function encodeReplacementAmounts(amounts: ReplacementAmounts): string {
  return (
    encodeAmount(amounts.transactionMinor) +
    encodeAmount(amounts.settlementMinor) +
    (amounts.transactionFee === undefined ? NO_FEE : encodeFee(amounts.transactionFee)) +
    (amounts.settlementFee === undefined ? NO_FEE : encodeFee(amounts.settlementFee))
  );
}

/** A fee, `undefined` for none, null for what is neither. */
function optionalFee(part: string): Fee | undefined | null {
  return part === NO_FEE ? undefined : (decodeFee(part) ?? null);
}
