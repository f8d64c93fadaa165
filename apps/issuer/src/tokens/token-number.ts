/** New token numbers: 16 digits in the token BIN range with a Luhn check digit. ISO/IEC 7812-1; EMVCo tokens 2.3 */

import { luhnCheckDigit, Pan } from '@tapseal/emv';

const TOKEN_DIGITS = 16;
/** The largest multiple of 10 below 256: bytes above it would make some digits likelier than others. */
const UNBIASED_BELOW = 250;

export function makeTokenNumber(bin: string, random: (length: number) => Uint8Array): Pan {
  let digits = bin;
  while (digits.length < TOKEN_DIGITS - 1) {
    for (const byte of random(TOKEN_DIGITS)) {
      if (byte < UNBIASED_BELOW && digits.length < TOKEN_DIGITS - 1) digits += String(byte % 10);
    }
  }
  return Pan.parse(digits + luhnCheckDigit(digits))!;
}
