/** What a log may show. The cards are test numbers; none of their middle digits may come out. */
import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import {
  describe,
  describeIccData,
  describeText,
  FIELD_TABLE,
  type Fields,
  type Message,
  maskAccount,
  maskPan,
} from '../src/index.ts';
import { anyMessage } from './arbitrary.ts';

const PAN = '4761739001010119';

test('a message in lines', () => {
  const message: Message = {
    mti: '0110',
    fields: {
      2: PAN,
      4: '000000001250',
      14: '2712',
      35: `${PAN}=27122010000`,
      39: '55',
      43: 'TAPSEAL COFFEE         SINGAPORE      SG',
      52: new Uint8Array(8),
      55: Uint8Array.of(0x9f, 0x36, 2, 0, 7, 0x5a, 2, 0x47, 0x61),
      102: '0123456789',
    },
  };
  expect(describeText(message)).toBe(
    [
      '0110 Authorisation request response',
      '      2  Primary account number: 476173******0119',
      '      4  Amount, transaction: 000000001250',
      '     14  Date, expiration: (4 characters)',
      '     35  Track 2 data: (28 characters)',
      '     39  Response code: 55 (Incorrect personal identification number)',
      '     43  Card acceptor name and location: TAPSEAL COFFEE         SINGAPORE      SG',
      '     52  Personal identification number data: (8 bytes)',
      '     55  Integrated circuit card data: (9 bytes)',
      '55.9F36  Application Transaction Counter: 0007',
      '  55.5A  Not on the list: (2 bytes)',
      '    102  Account identification 1: ******6789',
    ].join('\n'),
  );
});

group('a value that cannot be masked is not shown', () => {
  const CASES: readonly (readonly [what: string, field: number, value: unknown, shown: string])[] = [
    ['a card number of 13', 2, '4761739001016', '476173***1016'],
    ['one of 12', 2, '476173900101', '(12 characters)'],
    ['one with a letter', 2, '47617390010101X9', '(16 characters)'],
    ['one with spaces', 2, '4761 7390 0101 0119', '(19 characters)'],
    ['one as bytes', 2, new TextEncoder().encode(PAN), '(16 bytes)'],
    ['one as a number', 2, 4761739001010119, '(not shown)'],
    ['one in an object', 2, { pan: PAN }, '(not shown)'],
    ['a short account', 102, '12345678', '(8 characters)'],
    ['an account with a space', 102, '0123456789 ', '(11 characters)'],
    ['a card number for an account', 102, PAN, '************0119'],
    ['a card number for a merchant', 42, '371449635398431', '***********8431'],
    ['a merchant of 12 digits', 42, '371449635398   ', '371449635398   '],
    ['a card number in a name', 43, `CARD ${PAN}`.padEnd(40), `CARD ************0119${' '.repeat(19)}`],
    [
      'half of one and its length',
      43,
      `${'A'.repeat(25)}164761739001010`,
      `${'A'.repeat(25)}***********1010`,
    ],
    [
      'a card number in groups',
      43,
      'REF 4761 7390-0101 0119'.padEnd(40),
      `REF ***************0119${' '.repeat(17)}`,
    ],
    ['a name that is cut', 43, 'TAPSEAL', '(7 characters)'],
    ['a line break in a name', 43, 'A\n0100 Authorisation request'.padEnd(40), '(40 characters)'],
    ['a trace number of letters', 11, 'ABCDEF', '(6 characters)'],
    ['amounts that are none', 95, `A${PAN}${'0'.repeat(25)}`, '(42 characters)'],
    ['amounts', 95, `000000001000${'0'.repeat(30)}`, '000000001000 (30 characters)'],
    ['an original', 90, `0100000042${PAN}${'0'.repeat(16)}`, '0100 000042 (32 characters)'],
    ['an original of no known type', 90, `${PAN}${'0'.repeat(26)}`, '(42 characters)'],
    ['card data that is none', 55, Uint8Array.of(0x9f, 0x36, 9, 0, 7), '(5 bytes)'],
    ['card data as text', 55, '9F36020007', '(10 characters)'],
    ['private data', 60, 'CVC2 123', '(8 characters)'],
    ['a field that is none', 34, PAN, '(16 characters)'],
    ['a key that is a card number', 4761739001010119, 'x', '(1 characters)'],
  ];
  test.each(CASES)('%s', (_what, field, value, shown) => {
    const { fields } = describe({ mti: '0100', fields: { [field]: value } as Fields });
    expect(fields.map((line) => line.value)).toEqual([shown]);
    expect(JSON.stringify(fields)).not.toContain(PAN);
  });
  test('nor a type that is none', () => {
    expect(describeText({ mti: PAN as '0100', fields: {} })).toBe('???? Unknown message type');
  });
});

test("the message's own card number is found in any field", () => {
  const fields = { 2: '47617390', 37: '476173900000', 41: '4761 739', 43: 'A47617390'.padEnd(40) };
  expect(describe({ mti: '0100', fields }).fields.map((line) => line.value)).toEqual([
    '(8 characters)',
    '(12 characters)',
    '4761 739',
    '(40 characters)',
  ]);
});

group('card data', () => {
  const CASES: readonly (readonly [what: string, hex: string, lines: string])[] = [
    ['a counter', '9F36020007', '9F36=0007'],
    ['a card number and track 2', '5A0847617390010101195702ABCD', '5A=(8 bytes) 57=(2 bytes)'],
    ['issuer application data, that a PIN could be tested against', '9F1003060102', '9F10=(3 bytes)'],
    ['a shown tag of another length', '9F360847617390010101199F3600', '9F36=(8 bytes) 9F36=(0 bytes)'],
    ['a script', '7206860484DA0000', '72=(6 bytes)'],
    ['a length in two bytes', '9F36810200079F3682000200079C0100', '9F36=0007 9F36=0007 9C=00'],
    ['nothing', '', ''],
    ['a tag without its second byte', '9F', 'hidden'],
    ['a tag of three bytes', 'DF810101FF', 'hidden'],
    ['a tag without a length', '9C', 'hidden'],
    ['a length of no end', '5A80476173900101011900', 'hidden'],
    ['a length in three bytes', '5A83000001FF', 'hidden'],
    ['a length cut short', '5A8200', 'hidden'],
    ['a value cut short', '9F370400', 'hidden'],
    ['a good object before a bad one', '9C01009F370400', 'hidden'],
  ];
  test.each(CASES)('%s', (_what, hex, lines) => {
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const described = describeIccData(bytes);
    expect(described?.map(({ tag, value }) => `${tag}=${value}`).join(' ') ?? 'hidden').toBe(lines);
  });
});

test('no field that is shown as it is has room for a card number', () => {
  const clear = FIELD_TABLE.filter((row) => row[6] === 'clear');
  expect(clear.filter((row) => row[4] > 12)).toEqual([]);
});

test('masks', () => {
  expect(maskPan(PAN)).toBe('476173******0119');
  expect(maskPan('4761739001010119222')).toBe('476173*********9222');
  expect(maskPan(`${PAN}\n`)).toBe('(17 characters)');
  expect(maskAccount('SG99887766')).toBe('******7766');
});

test('no card number comes out of any message, wherever it was put', () => {
  const spots = fc.subarray([35, 37, 41, 42, 43, 44, 45, 48, 60, 61, 62, 63, 102, 103]);
  fc.assert(
    fc.property(anyMessage, spots, fc.string(), (message, places, noise) => {
      const fields: Record<number, unknown> = { ...message.fields, 2: PAN };
      for (const place of places) fields[place] = noise + PAN + noise;
      fields[43] = `${noise}${PAN}`.slice(-40).padEnd(40);
      fields[42] = PAN.slice(0, 15);
      const text = describeText({ mti: message.mti, fields } as Message);
      expect(text).toContain('476173******0119');
      expect(text.replaceAll(/[ -]/g, '')).not.toContain(PAN);
    }),
    { numRuns: 300, seed: 8583 },
  );
});

test('every line is printable ASCII, whatever the message holds', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array(), fc.integer(), fc.constant(null));
  const fields = fc.dictionary(fc.integer({ min: 0, max: 130 }).map(String), anything);
  fc.assert(
    fc.property(fields, (values) => {
      for (const line of describeText({ mti: '0100', fields: values as Fields }).split('\n')) {
        expect(line).toMatch(/^[ -~]+$/);
      }
    }),
    { numRuns: 300, seed: 8583 },
  );
});
