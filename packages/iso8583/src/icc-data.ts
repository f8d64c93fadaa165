/**
 * Field 55 for a log: EMV tags by name, values only of tags on this list, all others by length. BER-TLV per
 * EMV 4.4 Book 3, annex B. What is no TLV to its last byte is hidden whole.
 *
 * Not on the list, so hidden: 5A, 57 and their like (card number); 9F10, because the UMD cryptogram in it is
 * what somebody who holds a phone's masked key would test PINs against; scripts 71 and 72; everything unknown.
 */
import { hide } from './mask.ts';

/** Tag, name (EMV 4.4 Book 3, annex A1), shortest and longest value in bytes; another length is not shown. */
const SHOWN_TABLE: readonly (readonly [tag: number, name: string, min: number, max: number])[] = [
  [0x5f2a, 'Transaction Currency Code', 2, 2],
  [0x5f34, 'PAN Sequence Number', 1, 1],
  [0x82, 'Application Interchange Profile', 2, 2],
  [0x84, 'Dedicated File Name', 5, 16],
  [0x8a, 'Authorisation Response Code', 2, 2],
  [0x91, 'Issuer Authentication Data', 8, 16],
  [0x95, 'Terminal Verification Results', 5, 5],
  [0x9a, 'Transaction Date', 3, 3],
  [0x9b, 'Transaction Status Information', 2, 2],
  [0x9c, 'Transaction Type', 1, 1],
  [0x9f02, 'Amount, Authorised', 6, 6],
  [0x9f03, 'Amount, Other', 6, 6],
  [0x9f09, 'Application Version Number, terminal', 2, 2],
  [0x9f1a, 'Terminal Country Code', 2, 2],
  [0x9f1e, 'Interface Device Serial Number', 8, 8],
  [0x9f21, 'Transaction Time', 3, 3],
  [0x9f26, 'Application Cryptogram', 8, 8],
  [0x9f27, 'Cryptogram Information Data', 1, 1],
  [0x9f33, 'Terminal Capabilities', 3, 3],
  [0x9f34, 'Cardholder Verification Method Results', 3, 3],
  [0x9f35, 'Terminal Type', 1, 1],
  [0x9f36, 'Application Transaction Counter', 2, 2],
  [0x9f37, 'Unpredictable Number', 4, 4],
  [0x9f41, 'Transaction Sequence Counter', 2, 4],
];

const SHOWN = new Map(SHOWN_TABLE.map((row) => [row[0], row]));

/** A data object of field 55 as a log may show it; tag in upper-case hex. */
export interface IccLine {
  readonly tag: string;
  readonly name: string;
  readonly value: string;
}

/** The data objects in order; null if the bytes are not whole BER-TLV objects. */
export function describeIccData(bytes: Uint8Array): readonly IccLine[] | null {
  const lines: IccLine[] = [];
  let position = 0;
  while (position < bytes.length) {
    let tag = bytes[position++]!;
    if ((tag & 0x1f) === 0x1f) {
      // Two-byte tags only: EMV has no longer ones, and a third byte is a sign of being lost.
      const second = bytes[position++];
      if (second === undefined || second >= 0x80) return null;
      tag = tag * 256 + second;
    }
    let length = bytes[position++];
    if (length === 0x81) length = bytes[position++];
    else if (length === 0x82) {
      length =
        bytes[position] === undefined ? undefined : bytes[position]! * 256 + (bytes[position + 1] ?? 0);
      position += 2;
    } else if (length !== undefined && length > 0x7f) return null;
    if (length === undefined || position + length > bytes.length) return null;
    lines.push(iccLine(tag, bytes.subarray(position, position + length)));
    position += length;
  }
  return lines;
}

function iccLine(tag: number, value: Uint8Array): IccLine {
  const [, name, min, max] = SHOWN.get(tag) ?? [tag, 'Not on the list', 1, 0];
  const shown = value.length >= min && value.length <= max;
  return { tag: hex(tag), name, value: shown ? Array.from(value, hex).join('') : hide(value) };
}

function hex(value: number): string {
  const digits = value.toString(16).toUpperCase();
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}
