/**
 * A primary account number, of a card or of a token, that cannot be printed by accident.
 *
 * ISO/IEC 7812-1: up to 19 digits, the last a Luhn check digit. `Pan` does not demand the check digit: test PANs and the
 * inputs of published vectors break it on purpose; where it matters, ask `luhnValid`.
 */
import { packCn, unpackCn } from './digits.ts';

export const PAN_DIGITS_MIN = 8;
export const PAN_DIGITS_MAX = 19;
/** Bytes of a PAN as `cn`, tag 5A. */
export const PAN_CN_BYTES = 10;

export class Pan {
  readonly #digits: string;

  private constructor(digits: string) {
    this.#digits = digits;
  }

  /** Undefined when `text` is not 8 to 19 decimal digits. */
  static parse(text: string): Pan | undefined {
    const { length } = text;
    if (length < PAN_DIGITS_MIN || length > PAN_DIGITS_MAX || !/^[0-9]+$/.test(text)) return undefined;
    return new Pan(text);
  }

  /** From the value of tag 5A (`cn`). */
  static fromCn(value: Uint8Array): Pan | undefined {
    const digits = unpackCn(value);
    return digits === undefined ? undefined : Pan.parse(digits);
  }

  /** The digits in clear. Every call of this is a place to review. */
  reveal(): string {
    return this.#digits;
  }

  /** `cn`, filled with F to 10 bytes: the form in derivations, log keys and the ICC certificate. */
  toCn(): Uint8Array {
    return packCn(this.#digits, PAN_CN_BYTES);
  }

  equals(other: Pan): boolean {
    return this.#digits === other.#digits;
  }

  luhnValid(): boolean {
    return luhnValid(this.#digits);
  }

  toString(): string {
    return maskPan(this.#digits);
  }

  toJSON(): string {
    return maskPan(this.#digits);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Pan(${maskPan(this.#digits)})`;
  }
}

/** What is printed where a PAN cannot be told from something else. */
export const MASKED_WHOLE = '****';

/**
 * First six and last four digits, stars between, at least three of them (PCI DSS 4.0 requirement 3.4.1). Fails closed:
 * whatever is not 13 to 19 plain digits is masked whole.
 */
export function maskPan(text: string): string {
  if (!/^[0-9]{13,19}$/.test(text)) return MASKED_WHOLE;
  return `${text.slice(0, 6)}${'*'.repeat(text.length - 10)}${text.slice(-4)}`;
}

/** ISO/IEC 7812-1 Annex B. */
export function luhnValid(digits: string): boolean {
  return /^[0-9]+$/.test(digits) && luhnSum(digits) % 10 === 0;
}

/** The digit that makes `digits` + it pass `luhnValid`. */
export function luhnCheckDigit(digits: string): string {
  return String((10 - (luhnSum(`${digits}0`) % 10)) % 10);
}

function luhnSum(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    const weighed = i % 2 === 0 ? digit : 2 * digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum;
}
