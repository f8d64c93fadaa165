/**
 * PINs in ISO 9564-1:2017 format 4: the plain text PIN field that comes sealed from the phone, and the enciphered PIN
 * block in which the issuer keeps it, bound to the token.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Pan } from '@tapseal/emv';

const PIN_DIGITS_MIN = 4;
const PIN_DIGITS_MAX = 12;
const CONTROL_FORMAT_4 = 4;
const FILL = 0xa;
const BLOCK = 16;
const FIELD_RANDOM_FROM = 8;

/**
 * The PIN of a plain text PIN field as ASCII digits, or `undefined` when the field is not one. 9564-1, 9.4.2.2: control 4,
 * length, digits, fill A to the eighth byte, 8 random bytes. The caller wipes the answer.
 */
export function readPinField(field: Uint8Array): Uint8Array | undefined {
  const nibble = (index: number) => (index % 2 === 0 ? field[index >> 1]! >> 4 : field[index >> 1]! & 0xf);
  const length = nibble(1);
  if (field.length !== BLOCK || nibble(0) !== CONTROL_FORMAT_4) return undefined;
  if (length < PIN_DIGITS_MIN || length > PIN_DIGITS_MAX) return undefined;
  const pin = new Uint8Array(length);
  for (let index = 2; index < 2 * FIELD_RANDOM_FROM; index++) {
    const value = nibble(index);
    const digit = index - 2;
    if (digit < length ? value > 9 : value !== FILL) {
      pin.fill(0);
      return undefined;
    }
    if (digit < length) pin[digit] = 0x30 + value;
  }
  return pin;
}

/** A plain text PIN field of ASCII digits with 8 fresh random bytes. The caller wipes it. */
export function writePinField(pin: Uint8Array, random: Uint8Array): Uint8Array {
  const field = new Uint8Array(BLOCK);
  field[0] = (CONTROL_FORMAT_4 << 4) | pin.length;
  field.fill((FILL << 4) | FILL, 1, FIELD_RANDOM_FROM);
  pin.forEach((digit, index) => {
    const at = 1 + (index >> 1);
    const value = digit - 0x30;
    field[at] = index % 2 === 0 ? (value << 4) | (field[at]! & 0xf) : (field[at]! & 0xf0) | value;
  });
  field.set(random.subarray(0, BLOCK - FIELD_RANDOM_FROM), FIELD_RANDOM_FROM);
  return field;
}

/** Enciphers a plain text PIN field under an AES key, bound to a PAN (here: the token). 9564-1, 9.4.2.4 */
export function encipherPinBlock(key: Uint8Array, field: Uint8Array, pan: Pan): Uint8Array {
  const inner = encipher(key, field);
  const outer = encipher(key, xor(inner, panField(pan)));
  inner.fill(0);
  return outer;
}

/** The plain text PIN field of a PIN block; under another key or PAN it comes out as noise. 9564-1, 9.4.2.5 */
export function decipherPinBlock(key: Uint8Array, block: Uint8Array, pan: Pan): Uint8Array {
  return decipher(key, xor(decipher(key, block), panField(pan)));
}

/** Plain text primary account number field: digits beyond twelve, PAN, zeros. 9564-1, 9.4.2.3 */
function panField(pan: Pan): Uint8Array {
  const digits = pan.reveal().padStart(12, '0');
  const field = `${(digits.length - 12).toString(16)}${digits}`.padEnd(2 * BLOCK, '0');
  return Uint8Array.from(Buffer.from(field, 'hex'));
}

function encipher(key: Uint8Array, block: Uint8Array): Uint8Array {
  return createCipheriv(aesEcb(key), key, null).setAutoPadding(false).update(block);
}

function decipher(key: Uint8Array, block: Uint8Array): Uint8Array {
  return createDecipheriv(aesEcb(key), key, null).setAutoPadding(false).update(block);
}

function aesEcb(key: Uint8Array): string {
  return `aes-${8 * key.length}-ecb`;
}

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte ^ right[index]!);
}
