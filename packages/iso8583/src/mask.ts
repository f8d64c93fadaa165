/**
 * What may be printed. Masking fails closed: a value that cannot be masked is not shown at all, only how long
 * it is. PCI DSS v4.0.1 requirement 3.4.1: at most the first six and the last four digits of a card number.
 */

/** `4761739001010119` → `476173******0119`; what does not look like a card number is hidden. */
export function maskPan(value: unknown): string {
  if (typeof value !== 'string' || !/^[0-9]{13,19}$/.test(value)) return hide(value);
  return value.slice(0, 6) + '*'.repeat(value.length - 10) + value.slice(-4);
}

/** An account's last four characters, if more than as many again stay hidden. */
export function maskAccount(value: unknown): string {
  if (typeof value !== 'string' || value.length < 9 || !/^[0-9A-Za-z]+$/.test(value)) return hide(value);
  return '*'.repeat(value.length - 4) + value.slice(-4);
}

/** The length of a value and nothing else. */
export function hide(value: unknown): string {
  if (typeof value === 'string') return `(${value.length} characters)`;
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  return '(not shown)';
}

/**
 * Free text with every run of 13 or more digits (spaces and dashes aside) cut to its last four: a name is where
 * a terminal with a wrong offset puts a card number. No check digit is asked: half a card number has none.
 */
export function maskDigitRuns(text: string): string {
  return text.replace(/[0-9](?:[ -]?[0-9]){12,}/g, (run) => '*'.repeat(run.length - 4) + run.slice(-4));
}

/** True if one of these card numbers stands in the text, whatever stands between its digits. */
export function holdsOneOf(text: string, pans: readonly string[]): boolean {
  const digits = digitsOf(text);
  return pans.some((pan) => digits.includes(pan));
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '');
}
