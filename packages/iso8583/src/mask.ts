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
 * True if a card number may stand in this text: 13 to 19 digits in a row (spaces and dashes aside) with a right
 * check digit (ISO/IEC 7812-1 annex B), or more digits than any number has. A merchant's name is where a
 * terminal with a wrong offset puts one; one merchant number in ten looks like a card and is hidden with them.
 */
export function mayHoldPan(text: string): boolean {
  for (const run of text.match(/[0-9](?:[ -]?[0-9])+/g) ?? []) {
    const digits = digitsOf(run);
    if (digits.length > 19) return true;
    if (digits.length >= 13 && digits[0] !== '0' && hasValidCheckDigit(digits)) return true;
  }
  return false;
}

/** True if one of these card numbers stands in the text, whatever stands between its digits. */
export function holdsOneOf(text: string, pans: readonly string[]): boolean {
  const digits = digitsOf(text);
  return pans.some((pan) => digits.includes(pan));
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '');
}

function hasValidCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    let digit = digits.charCodeAt(digits.length - 1 - index) - 0x30;
    if (index % 2 === 1) digit = digit < 5 ? 2 * digit : 2 * digit - 9;
    sum += digit;
  }
  return sum % 10 === 0;
}
