/**
 * ICC master key from the issuer master key: EMV 4.4 Book 2 A1.4, options A and B (3DES) and C (AES).
 */
import { createHash } from 'node:crypto';
import { fromHex, toHex } from '../data/bytes.ts';
import type { Pan } from '../data/pan.ts';
import { encryptEcb } from './block-cipher.ts';
import { setOddParity } from './key-check-value.ts';

export type MasterKeyOption = 'A' | 'B' | 'C';

export type IccMasterKeyInput = {
  readonly option: MasterKeyOption;
  /** Issuer master key: 16 bytes for A and B; 16, 24 or 32 for C. */
  readonly imk: Uint8Array;
  /** In our profiles the token, never the funding PAN. */
  readonly pan: Pan;
  /** Two digits; `00` when the card has none (A1.4). */
  readonly psn?: string;
  /** Option C only: bits of the derived key, as long as the issuer master key unless said. */
  readonly keyBits?: 128 | 192 | 256;
};

/** The ICC master key. 3DES keys come with odd parity. */
export function iccMasterKey(input: IccMasterKeyInput): Uint8Array {
  const { option, imk, pan, psn = '00' } = input;
  if (!/^[0-9]{2}$/.test(psn)) throw new TypeError('a PSN is two digits');
  const digits = pan.reveal() + psn;
  switch (option) {
    case 'A':
      return optionA(imk, digits);
    case 'B':
      return pan.reveal().length <= 16 ? optionA(imk, digits) : optionB(imk, digits);
    case 'C':
      return optionC(imk, digits, input.keyBits ?? imk.length * 8);
  }
}

/** A1.4.1: the rightmost 16 digits of PAN and PSN, filled with zeros on the left. */
function optionA(imk: Uint8Array, digits: string): Uint8Array {
  return fromBlock(imk, fromHex(digits.slice(-16).padStart(16, '0')));
}

/** A1.4.2: for PANs longer than 16 digits, the first 16 decimal digits of a SHA-1 hash, letters only if they must. */
function optionB(imk: Uint8Array, digits: string): Uint8Array {
  const packed = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  const hash = toHex(createHash('sha1').update(packed).digest());
  return fromBlock(imk, fromHex(decimalised(hash, 16)));
}

/**
 * Decimalisation: the digits 0–9 in order; if they do not suffice, the letters follow in order, A as 0 to F as 5.
 * Shared with the card verification values.
 */
export function decimalised(hex: string, length: number): string {
  const digits = hex.replace(/[^0-9]/g, '');
  const letters = hex
    .replace(/[^A-F]/g, '')
    .replace(/[A-F]/g, (letter) => String(letter.charCodeAt(0) - 0x41));
  return (digits + letters).slice(0, length);
}

/** A1.4.1 step 2: both halves in one ECB call, the right one from the inverted block. */
function fromBlock(imk: Uint8Array, y: Uint8Array): Uint8Array {
  if (imk.length !== 16) throw new TypeError(`options A and B take a 16-byte key, not ${imk.length}`);
  return setOddParity(encryptEcb('3DES', imk, withInverse(y)));
}

/** A1.4.3: PAN and PSN filled with zeros on the left to a block; a second, inverted block when the key is longer. */
function optionC(imk: Uint8Array, digits: string, keyBits: number): Uint8Array {
  const y = fromHex(digits.padStart(32, '0'));
  const blocks = keyBits === 128 ? y : withInverse(y);
  return encryptEcb('AES', imk, blocks).slice(0, keyBits / 8);
}

function withInverse(y: Uint8Array): Uint8Array {
  const both = new Uint8Array(2 * y.length);
  both.set(y);
  for (let i = 0; i < y.length; i++) both[y.length + i] = y[i]! ^ 0xff;
  return both;
}
