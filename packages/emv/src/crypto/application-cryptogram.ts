/**
 * Application cryptograms (ARQC, TC, AAC) by cryptogram version: one table, one reader. EMV 4.4 Book 2 §8.1; the input of
 * our own profiles is docs/profiles.md §3.1.
 *
 * Names such as Visa and Mastercard belong to their owners and say whose cards a row fits, nothing more.
 */

import { accept, type Result, refuse } from '../data/result.ts';
import {
  TAG_5F2A_TRANSACTION_CURRENCY_CODE,
  TAG_9A_TRANSACTION_DATE,
  TAG_9C_TRANSACTION_TYPE,
  TAG_9F1A_TERMINAL_COUNTRY_CODE,
  TAG_9F02_AMOUNT_AUTHORISED,
  TAG_9F03_AMOUNT_OTHER,
  TAG_9F10_ISSUER_APPLICATION_DATA,
  TAG_9F36_APPLICATION_TRANSACTION_COUNTER,
  TAG_9F37_UNPREDICTABLE_NUMBER,
  TAG_82_APPLICATION_INTERCHANGE_PROFILE,
  TAG_95_TERMINAL_VERIFICATION_RESULTS,
  tagRow,
} from '../data/tags.ts';
import type { Tag } from '../data/tlv.ts';
import type { BlockCipher } from './block-cipher.ts';
import type { MasterKeyOption } from './icc-master-key.ts';
import { cmac, type MacPadding, retailMac } from './mac.ts';
import { commonSessionKey, mastercardSessionKey } from './session-key.ts';

export const APPLICATION_CRYPTOGRAM_BYTES = 8;

/** A value of DE 55 by its tag, or bytes of the IAD, counted from 1, both ends included. */
type InputPart = Tag | { readonly iad: readonly [first: number, last: number] } | { readonly iad: 'whole' };

export type CryptogramVersion = {
  readonly name: string;
  /** As it stands in the IAD. */
  readonly cvn: number;
  /** Which byte of the IAD holds it, from 1. */
  readonly cvnByte: number;
  readonly cipher: BlockCipher;
  readonly masterKey: MasterKeyOption;
  /** `none`: the ICC master key (or a limited-use key in its place) makes the cryptogram itself. */
  readonly sessionKey: 'none' | 'common' | 'mastercard';
  readonly input: readonly InputPart[];
  /** ISO/IEC 9797-1 padding method of the retail MAC; AES has CMAC's own. */
  readonly padding: Extract<MacPadding, 'method-1' | 'method-2'> | 'cmac';
  readonly arpc: { readonly method: 1 | 2; readonly key: 'master' | 'session' };
};

/** The values that every version takes first, in this order: EMV 4.4 Book 2 table 26, and ATC. */
export const CRYPTOGRAM_FIELDS: readonly Tag[] = [
  TAG_9F02_AMOUNT_AUTHORISED,
  TAG_9F03_AMOUNT_OTHER,
  TAG_9F1A_TERMINAL_COUNTRY_CODE,
  TAG_95_TERMINAL_VERIFICATION_RESULTS,
  TAG_5F2A_TRANSACTION_CURRENCY_CODE,
  TAG_9A_TRANSACTION_DATE,
  TAG_9C_TRANSACTION_TYPE,
  TAG_9F37_UNPREDICTABLE_NUMBER,
  TAG_82_APPLICATION_INTERCHANGE_PROFILE,
  TAG_9F36_APPLICATION_TRANSACTION_COUNTER,
];

const WHOLE_IAD: InputPart = { iad: 'whole' };
const bytes = (first: number, last: number): InputPart => ({ iad: [first, last] });

type Row = readonly [
  name: string,
  cvn: number,
  cvnByte: number,
  cipher: BlockCipher,
  masterKey: MasterKeyOption,
  sessionKey: CryptogramVersion['sessionKey'],
  behind: readonly InputPart[],
  padding: CryptogramVersion['padding'],
  arpcMethod: 1 | 2,
  arpcKey: 'master' | 'session',
];

// biome-ignore format: a table, one line a cryptogram version
const ROWS = [
  // name             CVN   byte cipher  MK   session key   behind the common fields           padding     ARPC
  ['visa-10',         0x0a, 3, '3DES', 'A', 'none',       [bytes(4, 7)],                     'method-1', 1, 'master'],
  ['visa-18',         0x12, 3, '3DES', 'A', 'common',     [WHOLE_IAD],                       'method-2', 2, 'session'],
  ['visa-22',         0x22, 2, '3DES', 'A', 'common',     [WHOLE_IAD],                       'method-2', 2, 'session'],
  ['mchip-10',        0x10, 2, '3DES', 'A', 'mastercard', [bytes(3, 8)],                     'method-2', 1, 'master'],
  ['mchip-11',        0x11, 2, '3DES', 'A', 'mastercard', [bytes(3, 8), bytes(11, 18)],      'method-2', 1, 'master'],
  ['mchip-14',        0x14, 2, '3DES', 'A', 'common',     [bytes(3, 8)],                     'method-2', 1, 'session'],
  ['mchip-15',        0x15, 2, '3DES', 'A', 'common',     [bytes(3, 8), bytes(11, 18)],      'method-2', 1, 'session'],
  ['interac-133',     0x85, 3, '3DES', 'A', 'mastercard', [WHOLE_IAD],                       'method-2', 1, 'session'],
  ['tapseal-tdes',    0x15, 2, '3DES', 'A', 'common',     [bytes(3, 8), bytes(11, 18)],      'method-2', 1, 'session'],
  ['tapseal-open',    0xa6, 2, 'AES',  'C', 'common',     [WHOLE_IAD],                       'cmac',     2, 'session'],
  ['tapseal-luk',     0x22, 2, '3DES', 'A', 'none',       [WHOLE_IAD],                       'method-2', 2, 'session'],
] as const satisfies readonly Row[];

export type CryptogramVersionName = (typeof ROWS)[number][0];

export const CRYPTOGRAM_VERSIONS = Object.fromEntries(
  (ROWS as readonly Row[]).map(
    ([name, cvn, cvnByte, cipher, masterKey, sessionKey, behind, padding, method, key]) => [
      name,
      {
        name,
        cvn,
        cvnByte,
        cipher,
        masterKey,
        sessionKey,
        input: [...CRYPTOGRAM_FIELDS, ...behind],
        padding,
        arpc: { method, key },
      },
    ],
  ),
) as unknown as Readonly<Record<CryptogramVersionName, CryptogramVersion>>;

export type CryptogramInputRefusal = {
  readonly reason: 'value_missing' | 'value_length';
  readonly tag: Tag;
};

/** The bytes under the MAC, before padding, from the values of DE 55. */
export function cryptogramInput(
  version: CryptogramVersion,
  values: (tag: Tag) => Uint8Array | undefined,
): Result<Uint8Array, CryptogramInputRefusal> {
  const iad = values(TAG_9F10_ISSUER_APPLICATION_DATA);
  const joined = new Uint8Array(CRYPTOGRAM_INPUT_BYTES_MAX);
  let at = 0;
  for (const part of version.input) {
    const tag = typeof part === 'number' ? part : TAG_9F10_ISSUER_APPLICATION_DATA;
    const value = typeof part === 'number' ? values(part) : iad;
    if (value === undefined) return refuse({ reason: 'value_missing', tag });
    const taken = typeof part === 'number' ? whole(tag, value) : cut(value, part.iad);
    if (taken === undefined) return refuse({ reason: 'value_length', tag });
    joined.set(taken, at);
    at += taken.length;
  }
  return accept(joined.subarray(0, at));
}

/** 33 bytes of common fields and an IAD of at most 32, with room. */
const CRYPTOGRAM_INPUT_BYTES_MAX = 128;

/** A fixed-length value must have its length, or two messages could join to the same input. */
function whole(tag: Tag, value: Uint8Array): Uint8Array | undefined {
  const row = tagRow(tag)!;
  return value.length >= row.lengthMin && value.length <= row.lengthMax ? value : undefined;
}

function cut(iad: Uint8Array, part: 'whole' | readonly [number, number]): Uint8Array | undefined {
  if (iad.length === 0 || iad.length > 32) return undefined;
  if (part === 'whole') return iad;
  return iad.length < part[1] ? undefined : iad.subarray(part[0] - 1, part[1]);
}

/** The key that makes the cryptogram, from the ICC master key: by ATC, and by unpredictable number where the row says. */
export function cryptogramKey(
  version: Pick<CryptogramVersion, 'cipher' | 'sessionKey'>,
  masterKey: Uint8Array,
  atc: Uint8Array,
  unpredictableNumber: Uint8Array,
): Uint8Array {
  switch (version.sessionKey) {
    case 'none':
      return Uint8Array.from(masterKey);
    case 'common':
      return commonSessionKey(version.cipher, masterKey, atc);
    case 'mastercard':
      return mastercardSessionKey(masterKey, atc, unpredictableNumber);
  }
}

/** Book 2 §8.1.2 with A1.2: the 8-byte cryptogram. */
export function applicationCryptogram(
  version: Pick<CryptogramVersion, 'padding'>,
  key: Uint8Array,
  input: Uint8Array,
): Uint8Array {
  if (version.padding === 'cmac') return cmac('AES', key, input).slice(0, APPLICATION_CRYPTOGRAM_BYTES);
  return retailMac(key, input, version.padding);
}
