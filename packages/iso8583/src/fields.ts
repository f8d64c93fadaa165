/**
 * The dialect as one table: every data element that a card payment carries, as ISO 8583:1987 clause 4.3
 * ("Data elements directory") gives it. Everything else in this package reads this table.
 *
 * A field is here only if something in a payment uses it and we know how to mask it. The rest of the
 * standard's 128 (file updates, settlement totals, national and private blocks) is refused by name:
 * a private block is where an unmasked card number hides. `docs/iso8583.md` prints the table and says
 * where it differs from the standard.
 */

/** Character content, in the notation of ISO 8583:1987 clause 4.2; `b` is bytes, `x+n` a C or D and digits. */
export type Format = 'n' | 'an' | 'ans' | 'z' | 'x+n' | 'b';

/** How the length is known: from the table, or from two or three ASCII digits before the value. */
export type Size = 'fixed' | 'LLVAR' | 'LLLVAR';

/** What the characters must spell, beyond their class; `layouts.ts` holds one check each. */
export type Layout = 'any' | 'PAN' | 'MMDDhhmmss' | 'hhmmss' | 'MMDD' | 'YYMM' | 'track 2' | 'sets of 20';

/**
 * What a log may show. `clear`: the value. `text`: the value, runs of 13 digits by their last four. `pan`: first
 * six and last four. `account`: last four. `parts`: the leading parts. `icc`: EMV tags on a list, the others by
 * length. `hidden`: the length alone.
 *
 * No `clear` field and no run of shown parts is long enough for a card number of 13 digits: when a frame is read
 * out of place, what stands there may be one.
 */
export type Show = 'clear' | 'text' | 'pan' | 'account' | 'parts' | 'icc' | 'hidden';

/** One line of the table. `length` counts characters, for `b` bytes: exact when fixed, else the maximum. */
export type FieldRow = readonly [
  field: number,
  name: string,
  format: Format,
  size: Size,
  length: number,
  layout: Layout,
  show: Show,
];

/** ISO 8583:1987 clause 4.3, in ascending order, which is the order on the wire. */
export const FIELD_TABLE = [
  [2, 'Primary account number', 'n', 'LLVAR', 19, 'PAN', 'pan'],
  [3, 'Processing code', 'n', 'fixed', 6, 'any', 'clear'],
  [4, 'Amount, transaction', 'n', 'fixed', 12, 'any', 'clear'],
  [5, 'Amount, settlement', 'n', 'fixed', 12, 'any', 'clear'],
  [6, 'Amount, cardholder billing', 'n', 'fixed', 12, 'any', 'clear'],
  [7, 'Transmission date and time', 'n', 'fixed', 10, 'MMDDhhmmss', 'clear'],
  [9, 'Conversion rate, settlement', 'n', 'fixed', 8, 'any', 'clear'],
  [10, 'Conversion rate, cardholder billing', 'n', 'fixed', 8, 'any', 'clear'],
  [11, 'Systems trace audit number', 'n', 'fixed', 6, 'any', 'clear'],
  [12, 'Time, local transaction', 'n', 'fixed', 6, 'hhmmss', 'clear'],
  [13, 'Date, local transaction', 'n', 'fixed', 4, 'MMDD', 'clear'],
  [14, 'Date, expiration', 'n', 'fixed', 4, 'YYMM', 'hidden'],
  [15, 'Date, settlement', 'n', 'fixed', 4, 'MMDD', 'clear'],
  [18, "Merchant's type", 'n', 'fixed', 4, 'any', 'clear'],
  [19, 'Acquiring institution country code', 'n', 'fixed', 3, 'any', 'clear'],
  [22, 'Point of service entry mode', 'n', 'fixed', 3, 'any', 'clear'],
  [23, 'Card sequence number', 'n', 'fixed', 3, 'any', 'clear'],
  [24, 'Network international identifier', 'n', 'fixed', 3, 'any', 'clear'],
  [25, 'Point of service condition code', 'n', 'fixed', 2, 'any', 'clear'],
  [28, 'Amount, transaction fee', 'x+n', 'fixed', 9, 'any', 'clear'],
  [32, 'Acquiring institution identification code', 'n', 'LLVAR', 11, 'any', 'clear'],
  [33, 'Forwarding institution identification code', 'n', 'LLVAR', 11, 'any', 'clear'],
  [35, 'Track 2 data', 'z', 'LLVAR', 37, 'track 2', 'hidden'],
  [36, 'Track 3 data', 'z', 'LLLVAR', 104, 'any', 'hidden'],
  [37, 'Retrieval reference number', 'an', 'fixed', 12, 'any', 'clear'],
  [38, 'Authorization identification response', 'an', 'fixed', 6, 'any', 'clear'],
  [39, 'Response code', 'an', 'fixed', 2, 'any', 'clear'],
  [41, 'Card acceptor terminal identification', 'ans', 'fixed', 8, 'any', 'clear'],
  [42, 'Card acceptor identification code', 'ans', 'fixed', 15, 'any', 'text'],
  [43, 'Card acceptor name and location', 'ans', 'fixed', 40, 'any', 'text'],
  [44, 'Additional response data', 'ans', 'LLVAR', 25, 'any', 'hidden'],
  [45, 'Track 1 data', 'ans', 'LLVAR', 76, 'any', 'hidden'],
  [48, 'Additional data, private', 'ans', 'LLLVAR', 999, 'any', 'hidden'],
  [49, 'Currency code, transaction', 'n', 'fixed', 3, 'any', 'clear'],
  [50, 'Currency code, settlement', 'n', 'fixed', 3, 'any', 'clear'],
  [51, 'Currency code, cardholder billing', 'n', 'fixed', 3, 'any', 'clear'],
  [52, 'Personal identification number data', 'b', 'fixed', 8, 'any', 'hidden'],
  [53, 'Security related control information', 'n', 'fixed', 16, 'any', 'hidden'],
  [54, 'Additional amounts', 'an', 'LLLVAR', 120, 'sets of 20', 'hidden'],
  [55, 'Integrated circuit card data', 'b', 'LLLVAR', 999, 'any', 'icc'],
  [60, 'Reserved private 60', 'ans', 'LLLVAR', 999, 'any', 'hidden'],
  [61, 'Reserved private 61', 'ans', 'LLLVAR', 999, 'any', 'hidden'],
  [62, 'Reserved private 62', 'ans', 'LLLVAR', 999, 'any', 'hidden'],
  [63, 'Reserved private 63', 'ans', 'LLLVAR', 999, 'any', 'hidden'],
  [64, 'Message authentication code', 'b', 'fixed', 8, 'any', 'hidden'],
  [70, 'Network management information code', 'n', 'fixed', 3, 'any', 'clear'],
  [90, 'Original data elements', 'n', 'fixed', 42, 'any', 'parts'],
  [95, 'Replacement amounts', 'an', 'fixed', 42, 'any', 'parts'],
  [102, 'Account identification 1', 'ans', 'LLVAR', 28, 'any', 'account'],
  [103, 'Account identification 2', 'ans', 'LLVAR', 28, 'any', 'account'],
  [128, 'Message authentication code', 'b', 'fixed', 8, 'any', 'hidden'],
] as const satisfies readonly FieldRow[];

type TableRow = (typeof FIELD_TABLE)[number];

/** The number of a field that the table knows. */
export type FieldNumber = TableRow[0];

/** A message's data elements by number: bytes for format `b`, text for all others. Absent means absent. */
export type Fields = {
  readonly [Row in TableRow as Row[0]]?: Row[2] extends 'b' ? Uint8Array : string;
};

/** `Fields` while a message is being put together. */
export type MutableFields = { -readonly [Number in keyof Fields]: Fields[Number] };

/** The highest data element of ISO 8583:1987: two bitmaps of 64. */
export const FIELD_NUMBER_MAX = 128;

/** The table by field number; `undefined` where the dialect has no such field. */
export const FIELD_ROWS: readonly (FieldRow | undefined)[] = rowsByNumber();

function rowsByNumber(): (FieldRow | undefined)[] {
  const rows: (FieldRow | undefined)[] = new Array(FIELD_NUMBER_MAX + 1).fill(undefined);
  for (const row of FIELD_TABLE) rows[row[0]] = row;
  return rows;
}

/** True if the dialect has a field of this number. */
export function isFieldNumber(field: number): field is FieldNumber {
  return FIELD_ROWS[field] !== undefined;
}
