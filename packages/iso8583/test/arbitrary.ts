/** Any well-formed message: every type, every set of fields, every value that the table allows. */
import fc from 'fast-check';
import {
  FIELD_TABLE,
  type FieldRow,
  type Fields,
  type Format,
  type Layout,
  type Message,
  MTI_TABLE,
} from '../src/index.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

/** The characters of each format, spelled out here again on purpose. */
const CHARACTERS: Readonly<Record<Exclude<Format, 'b' | 'x+n'>, string>> = {
  n: DIGITS,
  an: DIGITS + LETTERS,
  ans: PRINTABLE,
  z: `${DIGITS}=D`,
};

const monthAndDay = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2000-12-31T00:00:00Z') })
  .filter((date) => !Number.isNaN(date.getTime()))
  .map((date) => date.toISOString().slice(5, 10).replace('-', ''));
const timeOfDay = fc
  .integer({ min: 0, max: 86_399 })
  .map((second) => new Date(second * 1000).toISOString().slice(11, 19).replaceAll(':', ''));
const yearAndMonth = fc
  .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => String(year).padStart(2, '0') + String(month).padStart(2, '0'));
const additionalAmount = fc
  .tuple(text(DIGITS, 7, 7), fc.constantFrom('C', 'D'), text(DIGITS, 12, 12))
  .map((parts) => parts.join(''));

const VALUE_OF_LAYOUT: Readonly<Record<Exclude<Layout, 'any'>, fc.Arbitrary<string>>> = {
  PAN: text(DIGITS, 8, 19),
  MMDDhhmmss: fc.tuple(monthAndDay, timeOfDay).map((parts) => parts.join('')),
  hhmmss: timeOfDay,
  MMDD: monthAndDay,
  YYMM: yearAndMonth,
  'track 2': fc
    .tuple(text(DIGITS, 8, 19), fc.constantFrom('=', 'D'), yearAndMonth, text(DIGITS, 3, 13))
    .map((parts) => parts.join('')),
  'sets of 20': fc.array(additionalAmount, { minLength: 1, maxLength: 6 }).map((sets) => sets.join('')),
};

/** Any value of one field. */
export function anyValue([, , format, size, length, layout]: FieldRow): fc.Arbitrary<string | Uint8Array> {
  const shortest = size === 'fixed' ? length : 1;
  if (format === 'b') return fc.uint8Array({ minLength: shortest, maxLength: length });
  if (layout !== 'any') return VALUE_OF_LAYOUT[layout];
  if (format === 'x+n')
    return fc.tuple(fc.constantFrom('C', 'D'), text(DIGITS, 8, 8)).map((parts) => parts.join(''));
  if (format !== 'an' || size !== 'fixed') return text(CHARACTERS[format], shortest, length);
  return text(CHARACTERS.an, 1, length).map((value) => value.padEnd(length));
}

export const anyMessage: fc.Arbitrary<Message> = fc
  .record({
    mti: fc.constantFrom(...MTI_TABLE.map(([mti]) => mti)),
    fields: fc.record(Object.fromEntries(FIELD_TABLE.map((row) => [row[0], anyValue(row)])), {
      requiredKeys: [],
    }) as fc.Arbitrary<Fields>,
  })
  .map(({ mti, fields }) => ({ mti, fields: { ...fields } }));

function text(characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
}
