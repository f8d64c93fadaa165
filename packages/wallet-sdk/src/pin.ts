// A PIN on its way from the keys to the element: one buffer, overwritten in place, never text.

/** 4 to 12 ASCII digits (ISO 9564-1:2017, 9.1). */
export function isPin(digits: Uint8Array): boolean {
  return digits.length >= 4 && digits.length <= 12 && digits.every((digit) => digit >= 0x30 && digit <= 0x39);
}

/** ASCII digits to 0–9, in the same buffer: what the payment application takes. */
export function toDigitValues(digits: Uint8Array): Uint8Array {
  for (let index = 0; index < digits.length; index += 1) digits[index] = digits[index]! & 0x0f;
  return digits;
}
