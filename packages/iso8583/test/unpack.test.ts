/** What is refused, and where: one line a case, the expected words last. */
import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { explainRefusal, type Message, pack, unpack } from '../src/index.ts';
import { latin1, type RawField, rawFrame } from './frame.ts';

const STAN: RawField = [11, '000042'];

/** The header is 12 bytes with one bitmap, 20 with two: the first field begins there. */
const REFUSED: readonly (readonly [what: string, bytes: Uint8Array, words: string])[] = [
  ['nothing at all', latin1(''), 'field 0 at byte 0: mti_truncated'],
  ['half a message type', latin1('01'), 'field 0 at byte 2: mti_truncated'],
  ['a letter in the message type', rawFrame('01X0'), 'field 0 at byte 2: mti_not_numeric'],
  ['a message type in BCD', rawFrame('\x01\x00\x00\x00'), 'field 0 at byte 0: mti_not_numeric'],
  ['a type of ISO 8583:1993', rawFrame('1100', STAN), 'field 0 at byte 0: mti_unknown'],
  ['a settlement type', rawFrame('0500', STAN), 'field 0 at byte 0: mti_unknown'],
  ['no bitmap', latin1('0100'), 'field 1 at byte 4: bitmap_truncated'],
  ['a bitmap cut short', rawFrame('0100').subarray(0, 11), 'field 1 at byte 11: bitmap_truncated'],
  [
    'a secondary bitmap cut short',
    rawFrame('0800', [70, '']).subarray(0, 19),
    'field 1 at byte 19: bitmap_truncated',
  ],
  [
    'a secondary bitmap of zeros',
    rawFrame('0100', [1, '\0\0\0\0\0\0\0\0'], STAN),
    'field 1 at byte 12: secondary_bitmap_empty',
  ],
  ['a field we do not take: 8', rawFrame('0100', [8, '00000000']), 'field 8 at byte 4: field_unknown'],
  ['a field we do not take: 34', rawFrame('0100', [34, '0212']), 'field 34 at byte 8: field_unknown'],
  ['a third bitmap', rawFrame('0100', [65, '\0\0\0\0\0\0\0\0']), 'field 65 at byte 12: field_unknown'],
  ['a private field: 127', rawFrame('0100', [127, '003ABC']), 'field 127 at byte 19: field_unknown'],
  ['one digit of two of a length', rawFrame('0100', [2, '1']), 'field 2 at byte 13: length_truncated'],
  [
    'no digit of three of a length',
    rawFrame('0100', STAN, [55, '']),
    'field 55 at byte 18: length_truncated',
  ],
  ['a length in binary', rawFrame('0100', [55, '\x00\x0212']), 'field 55 at byte 12: length_not_numeric'],
  ['a length with a sign', rawFrame('0100', [2, '-14111']), 'field 2 at byte 12: length_not_numeric'],
  [
    'a length with a space',
    rawFrame('0100', [48, ' 12ABCDEFGHIJKL']),
    'field 48 at byte 12: length_not_numeric',
  ],
  ['a length of none', rawFrame('0100', [2, '00']), 'field 2 at byte 12: length_zero'],
  ['a length of none, binary', rawFrame('0100', [55, '000']), 'field 55 at byte 12: length_zero'],
  [
    'a PAN of 20 digits',
    rawFrame('0100', [2, `20${'4'.repeat(20)}`]),
    'field 2 at byte 12: length_over_maximum',
  ],
  [
    'additional amounts of 140',
    rawFrame('0100', [54, `140${'0'.repeat(140)}`]),
    'field 54 at byte 12: length_over_maximum',
  ],
  ['a value one short', rawFrame('0100', [11, '00004']), 'field 11 at byte 17: value_truncated'],
  ['a PIN block one short', rawFrame('0100', [52, '\xff'.repeat(7)]), 'field 52 at byte 19: value_truncated'],
  [
    'a length that promises more',
    rawFrame('0100', [55, '005\x9f\x02']),
    'field 55 at byte 17: value_truncated',
  ],
  ['a letter among digits', rawFrame('0100', [11, '0000A2']), 'field 11 at byte 16: character_not_allowed'],
  [
    'an amount with spaces',
    rawFrame('0100', [4, '      001250']),
    'field 4 at byte 12: character_not_allowed',
  ],
  [
    'a response code in EBCDIC',
    rawFrame('0110', [39, '\xf0\xf0']),
    'field 39 at byte 12: character_not_allowed',
  ],
  [
    'a reference with a dash',
    rawFrame('0100', [37, '53271200-042']),
    'field 37 at byte 20: character_not_allowed',
  ],
  [
    'an identification of spaces',
    rawFrame('0110', [38, '      ']),
    'field 38 at byte 12: character_not_allowed',
  ],
  [
    'a space before the identification',
    rawFrame('0110', [38, ' A1B2C']),
    'field 38 at byte 12: character_not_allowed',
  ],
  [
    'a line end in a merchant name',
    rawFrame('0100', [43, `${'A'.repeat(39)}\n`]),
    'field 43 at byte 51: character_not_allowed',
  ],
  [
    'a Latin-1 letter in a merchant name',
    rawFrame('0100', [43, `CAF\xc9${' '.repeat(36)}`]),
    'field 43 at byte 15: character_not_allowed',
  ],
  ['a fee without a sign', rawFrame('0100', [28, '000000150']), 'field 28 at byte 12: character_not_allowed'],
  [
    'a fee with a letter in it',
    rawFrame('0100', [28, 'D0000C150']),
    'field 28 at byte 17: character_not_allowed',
  ],
  [
    'a sentinel before track 2',
    rawFrame('0100', [35, '18;4761739001010119=']),
    'field 35 at byte 14: character_not_allowed',
  ],
  ['a PAN of 7 digits', rawFrame('0100', [2, '074761739']), 'field 2 at byte 14: value_implausible'],
  ['month 13', rawFrame('0100', [13, '1301']), 'field 13 at byte 12: value_implausible'],
  ['month 0', rawFrame('0100', [13, '0001']), 'field 13 at byte 12: value_implausible'],
  ['30 February', rawFrame('0100', [13, '0230']), 'field 13 at byte 14: value_implausible'],
  ['31 April', rawFrame('0100', [15, '0431']), 'field 15 at byte 14: value_implausible'],
  ['day 0', rawFrame('0100', [13, '0100']), 'field 13 at byte 14: value_implausible'],
  ['an expiry in month 0', rawFrame('0100', [14, '2700']), 'field 14 at byte 14: value_implausible'],
  ['an expiry as MMYY', rawFrame('0100', [14, '1227']), 'field 14 at byte 14: value_implausible'],
  ['24:00:00', rawFrame('0100', [12, '240000']), 'field 12 at byte 12: value_implausible'],
  ['minute 60', rawFrame('0100', [12, '236000']), 'field 12 at byte 14: value_implausible'],
  ['second 60', rawFrame('0100', [12, '235960']), 'field 12 at byte 16: value_implausible'],
  ['sent at 24:00:00', rawFrame('0100', [7, '1231240000']), 'field 7 at byte 16: value_implausible'],
  [
    'track 2 without a separator',
    rawFrame('0100', [35, '194761739001010119271']),
    'field 35 at byte 14: value_implausible',
  ],
  [
    'track 2 with two separators',
    rawFrame('0100', [35, '264761739001010119=27122=1175']),
    'field 35 at byte 36: value_implausible',
  ],
  [
    'track 2 that ends at the separator',
    rawFrame('0100', [35, '174761739001010119=']),
    'field 35 at byte 30: value_implausible',
  ],
  [
    'track 2 that expires in month 13',
    rawFrame('0100', [35, '244761739001010119=2713201']),
    'field 35 at byte 33: value_implausible',
  ],
  [
    'an additional amount one short',
    rawFrame('0110', [54, '0190002702C00000001250']),
    'field 54 at byte 15: value_implausible',
  ],
  [
    'an additional amount of sign X',
    rawFrame('0110', [54, '0200002702X000000012500']),
    'field 54 at byte 22: value_implausible',
  ],
  ['a byte too many', rawFrame('0100', [11, '000042!']), 'field 11 at byte 18: bytes_left_over'],
  [
    'a byte too many after field 55',
    rawFrame('0100', STAN, [55, '003\x82\x01\x00\x00']),
    'field 55 at byte 24: bytes_left_over',
  ],
  ['bytes after an empty bitmap', latin1(`0800${'\0'.repeat(8)}00`), 'field 1 at byte 12: bytes_left_over'],
];

describe('refused', () => {
  test.each(REFUSED)('%s', (_what, bytes, words) => {
    const result = unpack(bytes);
    expect(result.ok ? 'accepted' : explainRefusal(result.error)).toBe(words);
  });
});

describe('taken', () => {
  const TAKEN: readonly (readonly [what: string, bytes: Uint8Array, fields: Message['fields']])[] = [
    ['an empty bitmap: which fields have to be there is not asked here', rawFrame('0800'), {}],
    ['29 February, the year being unknown', rawFrame('0100', [13, '0229']), { 13: '0229' }],
    ['an identification with trailing spaces', rawFrame('0110', [38, 'A1    ']), { 38: 'A1    ' }],
    ['a terminal of spaces', rawFrame('0100', [41, '        ']), { 41: '        ' }],
    ['a PAN of 8 digits', rawFrame('0100', [2, '0847617390']), { 2: '47617390' }],
    [
      'track 2 with a D',
      rawFrame('0100', [35, '244761739001010119D2712201']),
      { 35: '4761739001010119D2712201' },
    ],
    ['a negative fee', rawFrame('0100', [28, 'C00000001']), { 28: 'C00000001' }],
    [
      'a MAC of anything',
      rawFrame('0100', [64, '\0\xff\x80\x7f09\n\r']),
      { 64: latin1('\0\xff\x80\x7f09\n\r') },
    ],
    [
      'text on both sides of bytes',
      rawFrame('0100', [11, '000042'], [52, '\x80'.repeat(8)], [60, '003A 1'], [70, '301']),
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
      rawFrame('0100', [4, '0000000012X0'], [7, '1399999999'], STAN, [41, 'TERM0001'], [55, '001\x82']),
    );
    expect(result).toEqual({
      ok: false,
      error: { reason: 'character_not_allowed', field: 4, offset: 22 },
      partial: { mti: '0100', fields: { 11: '000042', 41: 'TERM0001', 55: Uint8Array.of(0x82) } },
    });
  });
  test('a bad length loses the place: what came before is read', () => {
    const result = unpack(rawFrame('0100', [2, '0847617390'], STAN, [35, 'XX'], [41, 'TERM0001']));
    expect(result).toEqual({
      ok: false,
      error: { reason: 'length_not_numeric', field: 35, offset: 28 },
      partial: { mti: '0100', fields: { 2: '47617390', 11: '000042' } },
    });
  });
  test('the first error is the one that is told', () => {
    const result = unpack(rawFrame('0100', [3, '00000X'], STAN, [35, '99']));
    expect(result).toEqual({
      ok: false,
      error: { reason: 'character_not_allowed', field: 3, offset: 17 },
      partial: { mti: '0100', fields: { 11: '000042' } },
    });
  });
  test('a value with bytes above 7F does not shift its neighbours', () => {
    const result = unpack(rawFrame('0100', [3, '\xc3\xa9\xe2\x82\xac0'], STAN, [37, 'ABCDEFGHIJKL']));
    expect(result.ok || result.partial.fields).toEqual({ 11: '000042', 37: 'ABCDEFGHIJKL' });
  });
});

test('a Node Buffer is read like any bytes, and gives plain ones', () => {
  const buffer = Buffer.concat([Buffer.from('junk'), rawFrame('0100', [52, '12345678'])]).subarray(4);
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
