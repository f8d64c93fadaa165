/** What is refused, and where: one line a case, the expected place and reason last. */
import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { explainRefusal, type Message, pack, unpack } from '../src/index.ts';
import { latin1, type RawField, rawFrame } from './frame.ts';

const STAN: RawField = [11, '000042'];

function frame(...fields: readonly RawField[]): Uint8Array {
  return rawFrame('0100', ...fields);
}

/** The header is 12 bytes with one bitmap, 20 with two: the first field begins there. */
const REFUSED: readonly (readonly [what: string, bytes: Uint8Array, words: string])[] = [
  ['nothing at all', latin1(''), '0 at 0: mti_truncated'],
  ['half a message type', latin1('01'), '0 at 2: mti_truncated'],
  ['a letter in the message type', rawFrame('01X0'), '0 at 2: mti_not_numeric'],
  ['a message type in BCD', rawFrame('\x01\x00\x00\x00'), '0 at 0: mti_not_numeric'],
  ['a type of ISO 8583:1993', rawFrame('1100', STAN), '0 at 0: mti_unknown'],
  ['a settlement type', rawFrame('0500', STAN), '0 at 0: mti_unknown'],
  ['no bitmap', latin1('0100'), '1 at 4: bitmap_truncated'],
  ['a bitmap cut short', rawFrame('0100').subarray(0, 11), '1 at 11: bitmap_truncated'],
  ['a secondary bitmap cut short', rawFrame('0800', [70, '']).subarray(0, 19), '1 at 19: bitmap_truncated'],
  ['a secondary bitmap of zeros', frame([1, '\0\0\0\0\0\0\0\0'], STAN), '1 at 12: secondary_bitmap_empty'],
  ['a field we do not take: 8', frame([8, '00000000']), '8 at 4: field_unknown'],
  ['a field we do not take: 34', frame([34, '0212']), '34 at 8: field_unknown'],
  ['a third bitmap', frame([65, '\0\0\0\0\0\0\0\0']), '65 at 12: field_unknown'],
  ['a private field: 127', frame([127, '003ABC']), '127 at 19: field_unknown'],
  ['one digit of two of a length', frame([2, '1']), '2 at 13: length_truncated'],
  ['no digit of three of a length', frame(STAN, [55, '']), '55 at 18: length_truncated'],
  ['a length in binary', frame([55, '\x00\x0212']), '55 at 12: length_not_numeric'],
  ['a length with a sign', frame([2, '-14111']), '2 at 12: length_not_numeric'],
  ['a length with a space', frame([48, ' 12ABCDEFGHIJKL']), '48 at 12: length_not_numeric'],
  ['a length of none', frame([2, '00']), '2 at 12: length_zero'],
  ['a length of none, binary', frame([55, '000']), '55 at 12: length_zero'],
  ['a PAN of 20 digits', frame([2, `20${'4'.repeat(20)}`]), '2 at 12: length_over_maximum'],
  ['additional amounts of 140', frame([54, `140${'0'.repeat(140)}`]), '54 at 12: length_over_maximum'],
  ['a value one short', frame([11, '00004']), '11 at 17: value_truncated'],
  ['a PIN block one short', frame([52, '\xff'.repeat(7)]), '52 at 19: value_truncated'],
  ['a length that promises more', frame([55, '005\x9f\x02']), '55 at 17: value_truncated'],
  ['a letter among digits', frame([11, '0000A2']), '11 at 16: character_not_allowed'],
  ['an amount with spaces', frame([4, '      001250']), '4 at 12: character_not_allowed'],
  ['a response code in EBCDIC', frame([39, '\xf0\xf0']), '39 at 12: character_not_allowed'],
  ['a reference with a dash', frame([37, '53271200-042']), '37 at 20: character_not_allowed'],
  ['an identification of spaces', frame([38, '      ']), '38 at 12: character_not_allowed'],
  ['a space before the identification', frame([38, ' A1B2C']), '38 at 12: character_not_allowed'],
  ['a line end in a merchant name', frame([43, `${'A'.repeat(39)}\n`]), '43 at 51: character_not_allowed'],
  [
    'a Latin-1 letter in a merchant name',
    frame([43, `CAF\xc9${' '.repeat(36)}`]),
    '43 at 15: character_not_allowed',
  ],
  ['a fee without a sign', frame([28, '000000150']), '28 at 12: character_not_allowed'],
  ['a fee with a letter in it', frame([28, 'D0000C150']), '28 at 17: character_not_allowed'],
  ['a sentinel before track 2', frame([35, '18;4761739001010119=']), '35 at 14: character_not_allowed'],
  ['a PAN of 7 digits', frame([2, '074761739']), '2 at 14: value_implausible'],
  ['month 13', frame([13, '1301']), '13 at 12: value_implausible'],
  ['month 0', frame([13, '0001']), '13 at 12: value_implausible'],
  ['30 February', frame([13, '0230']), '13 at 14: value_implausible'],
  ['31 April', frame([15, '0431']), '15 at 14: value_implausible'],
  ['day 0', frame([13, '0100']), '13 at 14: value_implausible'],
  ['an expiry in month 0', frame([14, '2700']), '14 at 14: value_implausible'],
  ['an expiry as MMYY', frame([14, '1227']), '14 at 14: value_implausible'],
  ['24:00:00', frame([12, '240000']), '12 at 12: value_implausible'],
  ['minute 60', frame([12, '236000']), '12 at 14: value_implausible'],
  ['second 60', frame([12, '235960']), '12 at 16: value_implausible'],
  ['sent at 24:00:00', frame([7, '1231240000']), '7 at 16: value_implausible'],
  ['track 2 without a separator', frame([35, '194761739001010119271']), '35 at 14: value_implausible'],
  [
    'track 2 with two separators',
    frame([35, '264761739001010119=27122=1175']),
    '35 at 36: value_implausible',
  ],
  ['track 2 that ends at the separator', frame([35, '174761739001010119=']), '35 at 30: value_implausible'],
  [
    'track 2 that expires in month 13',
    frame([35, '244761739001010119=2713201']),
    '35 at 33: value_implausible',
  ],
  ['an additional amount one short', frame([54, '0190002702C00000001250']), '54 at 15: value_implausible'],
  ['an additional amount of sign X', frame([54, '0200002702X000000012500']), '54 at 22: value_implausible'],
  ['a byte too many', frame([11, '000042!']), '11 at 18: bytes_left_over'],
  ['a byte too many after field 55', frame(STAN, [55, '003\x82\x01\x00\x00']), '55 at 24: bytes_left_over'],
  ['bytes after an empty bitmap', latin1(`0800${'\0'.repeat(8)}00`), '1 at 12: bytes_left_over'],
];

describe('refused', () => {
  test.each(REFUSED)('%s', (_what, bytes, words) => {
    const result = unpack(bytes);
    const { field, offset, reason } = result.ok ? { field: 0, offset: 0, reason: 'taken' } : result.error;
    expect(`${field} at ${offset}: ${reason}`).toBe(words);
  });
});

describe('taken', () => {
  const TAKEN: readonly (readonly [what: string, bytes: Uint8Array, fields: Message['fields']])[] = [
    ['an empty bitmap: which fields have to be there is not asked here', rawFrame('0800'), {}],
    ['29 February, the year being unknown', frame([13, '0229']), { 13: '0229' }],
    ['an identification with trailing spaces', frame([38, 'A1    ']), { 38: 'A1    ' }],
    ['a terminal of spaces', frame([41, '        ']), { 41: '        ' }],
    ['a PAN of 8 digits', frame([2, '0847617390']), { 2: '47617390' }],
    ['track 2 with a D', frame([35, '244761739001010119D2712201']), { 35: '4761739001010119D2712201' }],
    ['a negative fee', frame([28, 'C00000001']), { 28: 'C00000001' }],
    ['a MAC of anything', frame([64, '\0\xff\x80\x7f09\n\r']), { 64: latin1('\0\xff\x80\x7f09\n\r') }],
    [
      'text on both sides of bytes',
      frame([11, '000042'], [52, '\x80'.repeat(8)], [60, '003A 1'], [70, '301']),
      { 11: '000042', 52: latin1('\x80'.repeat(8)), 60: 'A 1', 70: '301' },
    ],
  ];
  test.each(TAKEN)('%s', (_what, bytes, fields) => {
    const result = unpack(bytes);
    expect(result.ok && result.message.fields).toEqual(fields);
    expect(result.ok && pack(result.message)).toEqual({ ok: true, bytes });
  });
});

describe('what is read of a refused message', () => {
  test('a bad value leaves the place known: everything else is read', () => {
    const result = unpack(
      frame([4, '0000000012X0'], [7, '1399999999'], STAN, [41, 'TERM0001'], [55, '001\x82']),
    );
    expect(result).toEqual({
      ok: false,
      error: { reason: 'character_not_allowed', field: 4, offset: 22 },
      partial: { mti: '0100', fields: { 11: '000042', 41: 'TERM0001', 55: Uint8Array.of(0x82) } },
    });
  });
  test('a bad length loses the place: what came before is read', () => {
    const result = unpack(frame([2, '0847617390'], STAN, [35, 'XX'], [41, 'TERM0001']));
    expect(result).toEqual({
      ok: false,
      error: { reason: 'length_not_numeric', field: 35, offset: 28 },
      partial: { mti: '0100', fields: { 2: '47617390', 11: '000042' } },
    });
  });
  test('the first error is the one that is told', () => {
    const result = unpack(frame([3, '00000X'], STAN, [35, '99']));
    expect(result).toEqual({
      ok: false,
      error: { reason: 'character_not_allowed', field: 3, offset: 17 },
      partial: { mti: '0100', fields: { 11: '000042' } },
    });
  });
  test('a value with bytes above 7F does not shift its neighbours', () => {
    const result = unpack(frame([3, '\xc3\xa9\xe2\x82\xac0'], STAN, [37, 'ABCDEFGHIJKL']));
    expect(result.ok || result.partial.fields).toEqual({ 11: '000042', 37: 'ABCDEFGHIJKL' });
  });
});

test('a refusal in words', () => {
  const refusal = { reason: 'length_zero', field: 55, offset: 87 };
  expect(explainRefusal(refusal)).toBe('field 55 at byte 87: length_zero');
});

test('a Node Buffer is read like any bytes, and gives plain ones', () => {
  const buffer = Buffer.concat([Buffer.from('junk'), frame([52, '12345678'])]).subarray(4);
  const result = unpack(buffer);
  expect(result).toEqual({ ok: true, message: { mti: '0100', fields: { 52: latin1('12345678') } } });
  expect(result.ok && Object.getPrototypeOf(result.message.fields[52])).toBe(Uint8Array.prototype);
});

test('a frame cut anywhere is refused', () => {
  const whole = rawFrame(
    '0100',
    [2, '0847617390'],
    STAN,
    [43, 'A'.repeat(40)],
    [55, '003\x82\x01\x00'],
    [70, '301'],
  );
  for (let length = 0; length < whole.length; length++) {
    expect(unpack(whole.subarray(0, length)).ok, `cut to ${length} bytes`).toBe(false);
  }
  expect(unpack(whole).ok).toBe(true);
});
