/** Which fields a message has to have, and which it may not: one line a case, the expected errors last. */
import { describe, expect, test } from 'vitest';
import {
  FIELD_TABLE,
  type Fields,
  MTI_TABLE,
  type Mti,
  PRESENCE_COLUMNS,
  PRESENCE_GRID,
  validate,
} from '../src/index.ts';

const MAC = new Uint8Array(8);
const TAP: Fields = {
  2: '4761739001010119',
  3: '000000',
  4: '000000001250',
  7: '1123121500',
  11: '000042',
  12: '201500',
  13: '1123',
  22: '071',
  32: '423935',
  41: 'TERM0001',
  42: 'MERCHANT0000001',
  49: '702',
};
const REVERSAL: Fields = { ...TAP, 90: '0'.repeat(42) };
const ANSWER: Fields = { ...TAP, 38: 'A1B2C3', 39: '00' };
const { 2: _pan, ...NO_PAN } = TAP;
const { 38: _identification, ...NO_IDENTIFICATION } = ANSWER;
const TRACK2 = '4761739001010119=27122010000';

const CASES: readonly (readonly [what: string, mti: string, fields: Fields, errors: string])[] = [
  ['a tap', '0100', TAP, ''],
  ['its repeat is judged like it', '0101', TAP, ''],
  ['a tap, posted at once', '0200', TAP, ''],
  ['an advice', '0120', { ...TAP, 38: 'A1B2C3', 39: '00' }, ''],
  ['a card by track 2 alone', '0100', { ...NO_PAN, 35: TRACK2 }, ''],
  ['no card at all', '0100', NO_PAN, 'field_missing 2'],
  ['no amount', '0100', without(TAP, 4), 'field_missing 4'],
  ['nothing', '0800', {}, 'field_missing 7, field_missing 11, field_missing 70'],
  ['an echo test', '0800', { 7: '1123121500', 11: '000001', 70: '301' }, ''],
  ['its answer', '0810', { 7: '1123121500', 11: '000001', 39: '00', 70: '301' }, ''],
  ['its answer without a code', '0810', { 7: '1123121500', 11: '000001', 70: '301' }, 'field_missing 39'],
  ['a question that answers itself', '0100', { ...TAP, 39: '00' }, 'field_not_carried 39'],
  ['a PIN in an advice', '0120', { ...TAP, 52: MAC }, 'field_not_carried 52'],
  ['a PIN in an answer', '0110', { ...ANSWER, 52: MAC }, 'field_not_carried 52'],
  ['track 2 in an answer', '0110', { ...ANSWER, 35: TRACK2 }, 'field_not_carried 35'],
  [
    'a card in an echo test',
    '0800',
    { ...TAP, 70: '301' },
    'field_not_carried 2, field_not_carried 3, field_not_carried 4, field_not_carried 22, field_not_carried 49',
  ],
  ['an approval', '0110', ANSWER, ''],
  ['an approval that cannot be named', '0110', NO_IDENTIFICATION, 'field_missing 38'],
  ['an approval in part that cannot', '0210', { ...NO_IDENTIFICATION, 39: '10' }, 'field_missing 38'],
  ['a decline needs none', '0110', { ...NO_IDENTIFICATION, 39: '51' }, ''],
  [
    'a decline that repeats too little',
    '0110',
    { 11: '000042', 39: '51' },
    'field_missing 3, field_missing 4, field_missing 7, field_missing 12, field_missing 13, field_missing 32, field_missing 41, field_missing 42, field_missing 49',
  ],
  ['a format error may', '0110', { 11: '000042', 39: '30' }, ''],
  ['but not leave the trace number out', '0110', { 39: '30' }, 'field_missing 11'],
  ['a reversal', '0400', REVERSAL, ''],
  ['a reversal of nothing', '0420', TAP, 'field_missing 90'],
  ['a settlement amount without currency', '0100', { ...TAP, 5: '000000000925' }, 'field_missing 50'],
  ['a billing amount without currency', '0100', { ...TAP, 6: '000000000925' }, 'field_missing 51'],
  ['a conversion rate of nothing', '0100', { ...TAP, 10: '61350000' }, 'field_missing 6'],
  ['track 1 without a card number', '0100', { ...NO_PAN, 35: TRACK2, 45: 'B4761' }, 'field_missing 2'],
  ['track 1 and no card: told once', '0100', { ...NO_PAN, 45: 'B4761' }, 'field_missing 2'],
  ['a MAC', '0100', { ...TAP, 64: MAC }, ''],
  ['a MAC after fields above 64', '0400', { ...REVERSAL, 128: MAC }, ''],
  ['a MAC before fields above 64', '0400', { ...REVERSAL, 64: MAC }, 'mac_misplaced 64'],
  ['a MAC that alone makes a second bitmap', '0100', { ...TAP, 128: MAC }, 'mac_misplaced 128'],
  ['two MACs', '0100', { ...TAP, 64: MAC, 128: MAC }, 'mac_misplaced 64, mac_misplaced 128'],
  ['a field that is none', '0100', { ...TAP, 34: '12' } as Fields, 'field_unknown 34'],
  ['a key that is no number', '0100', { ...TAP, pan: '4761739001010119' } as Fields, 'field_unknown 0'],
  ['a type that is none', '0500', TAP, 'mti_unknown 0'],
  [
    'several things: the gravest first',
    '0100',
    { ...without(TAP, 4), 39: '00', 64: MAC, 102: '1', 34: '1' } as Fields,
    'field_unknown 34, field_not_carried 39, field_missing 4, mac_misplaced 64',
  ],
];

test.each(CASES)('%s', (_what, mti, fields, errors) => {
  const result = validate({ mti: mti as Mti, fields });
  expect(result.ok ? '' : result.errors.map(({ reason, field }) => `${reason} ${field}`).join(', ')).toBe(
    errors,
  );
});

describe('the grid', () => {
  test('has a row for every field of the table, in its order', () => {
    expect(PRESENCE_GRID.map(([field]) => field)).toEqual(FIELD_TABLE.map(([field]) => field));
  });
  test('has a column for every type that is no repeat', () => {
    expect(PRESENCE_COLUMNS).toEqual(MTI_TABLE.filter((row) => !row[4]).map((row) => row[0]));
  });
});

function without(fields: Fields, field: keyof Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => Number(key) !== field)) as Fields;
}
