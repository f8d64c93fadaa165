/** The currencies of accounts, ISO 4217:2015. The API speaks letters, EMV and ISO 8583 numbers. docs/profiles.md §6 */

const NUMERIC = { SGD: '702', USD: '840', EUR: '978', JPY: '392', KWD: '414' } as const;

/** The numeric code of an alphabetic one, or `undefined` where it is none of ours. */
export function currencyNumber(letters: string): string | undefined {
  return Object.hasOwn(NUMERIC, letters) ? NUMERIC[letters as keyof typeof NUMERIC] : undefined;
}

/** The alphabetic code; a number that no account has is given back as it is. */
export function currencyLetters(number: string): string {
  return Object.entries(NUMERIC).find(([, candidate]) => candidate === number)?.[0] ?? number;
}
