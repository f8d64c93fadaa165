/** Amounts, fees, fields 39, 90 and 95: what they say, one line a case. */
import { describe, expect, test } from 'vitest';
import {
  decodeAmount,
  decodeFee,
  decodeOriginalData,
  decodeReplacementAmounts,
  encodeAmount,
  encodeFee,
  encodeOriginalData,
  encodeReplacementAmounts,
  isApproval,
  RESPONSE_CODE_TABLE,
  responseCodeName,
  sameInstitution,
} from '../src/index.ts';

describe('amounts, n 12', () => {
  test.each([
    ['000000000000', 0],
    ['000000001250', 1250],
    ['999999999999', 999_999_999_999],
  ])('%s', (text, amountMinor) => {
    expect(decodeAmount(text)).toBe(amountMinor);
    expect(encodeAmount(amountMinor)).toBe(text);
  });
  test.each([
    '',
    '1250',
    '00000000125',
    '0000000012500',
    '00000000125A',
    '-00000001250',
    '000000012.50',
    '00000000125\n',
  ])('not %j', (text) => {
    expect(decodeAmount(text)).toBeUndefined();
  });
  test.each([-1, 12.5, 1e12, Number.NaN])('never %d', (amountMinor) => {
    expect(() => encodeAmount(amountMinor)).toThrow(RangeError);
  });
});

describe('fees, x + n 8', () => {
  test.each([
    ['D00000150', 'debit', 150],
    ['C99999999', 'credit', 99_999_999],
  ] as const)('%s', (text, direction, amountMinor) => {
    expect(decodeFee(text)).toEqual({ direction, amountMinor });
    expect(encodeFee({ direction, amountMinor })).toBe(text);
  });
  test.each(['000000150', 'X00000150', 'D0000150', 'd00000150'])('not %j', (text) => {
    expect(decodeFee(text)).toBeUndefined();
  });
  test('never more than 8 digits', () => {
    expect(() => encodeFee({ direction: 'debit', amountMinor: 1e8 })).toThrow(RangeError);
  });
});

describe('field 90, original data elements', () => {
  const TEXT = '0100' + '000042' + '1123121500' + '00000423935' + '00000000000';
  const PARTS = {
    mti: '0100',
    systemsTraceAuditNumber: '000042',
    transmissionDateTime: '1123121500',
    acquirer: '00000423935',
    forwarder: undefined,
  };
  test('its parts', () => {
    expect(decodeOriginalData(TEXT)).toEqual(PARTS);
    expect(encodeOriginalData(PARTS)).toBe(TEXT);
  });
  test('institutions as fields 32 and 33 have them', () => {
    const text = encodeOriginalData({ ...PARTS, acquirer: '423935', forwarder: '1' });
    expect(decodeOriginalData(text)).toEqual({ ...PARTS, forwarder: '00000000001' });
    expect(sameInstitution('423935', '00000423935')).toBe(true);
    expect(sameInstitution('423935', '00000423936')).toBe(false);
  });
  test.each(['', TEXT.slice(1), `${TEXT}0`, TEXT.replace('0100', '01 0')])('not %j', (text) => {
    expect(decodeOriginalData(text)).toBeUndefined();
  });
  test.each([
    { ...PARTS, mti: '100' },
    { ...PARTS, systemsTraceAuditNumber: '42' },
    { ...PARTS, transmissionDateTime: '11231215' },
    { ...PARTS, acquirer: '123456789012' },
    { ...PARTS, forwarder: 'BANK' },
  ])('never %j', (parts) => {
    expect(() => encodeOriginalData(parts)).toThrow(RangeError);
  });
});

describe('field 95, replacement amounts', () => {
  const NONE = {
    transactionMinor: 0,
    settlementMinor: 0,
    transactionFee: undefined,
    settlementFee: undefined,
  };
  test.each([
    ['000000000000000000000000000000000000000000', NONE],
    ['000000001000000000000740000000000000000000', { ...NONE, transactionMinor: 1000, settlementMinor: 740 }],
    [
      '000000001000000000000000D00000150C00000001',
      {
        ...NONE,
        transactionMinor: 1000,
        transactionFee: { direction: 'debit', amountMinor: 150 },
        settlementFee: { direction: 'credit', amountMinor: 1 },
      },
    ],
  ] as const)('%s', (text, amounts) => {
    expect(decodeReplacementAmounts(text)).toEqual(amounts);
    expect(encodeReplacementAmounts(amounts)).toBe(text);
  });
  test.each([
    ['a part too short', '00000000100000000000000000000000000000000'],
    ['a letter in an amount', '00000000100X000000000000000000000000000000'],
    ['a letter in the other', '00000000100000000000000X000000000000000000'],
    ['a fee without a sign', '000000001000000000000000000000150000000000'],
    ['the other without one', '000000001000000000000000000000000000000150'],
  ])('not %s', (_what, text) => {
    expect(decodeReplacementAmounts(text)).toBeUndefined();
  });
});

describe('field 39, response codes', () => {
  test('what approves', () => {
    expect(RESPONSE_CODE_TABLE.map(([code]) => code).filter(isApproval)).toEqual([
      '00',
      '08',
      '10',
      '11',
      '16',
    ]);
  });
  test.each([undefined, '', '0', '000', '99', 'Z0', '__proto__'])('%j approves nothing', (code) => {
    expect(isApproval(code)).toBe(false);
  });
  test('names', () => {
    expect(['30', '55', '75', '94', '99'].map(responseCodeName)).toEqual([
      'Format error',
      'Incorrect personal identification number',
      'Allowable number of PIN tries exceeded',
      'Duplicate transmission',
      undefined,
    ]);
  });
  test('each code once, in order', () => {
    const codes = RESPONSE_CODE_TABLE.map(([code]) => code);
    expect(codes).toEqual([...new Set(codes)].sort());
  });
});
