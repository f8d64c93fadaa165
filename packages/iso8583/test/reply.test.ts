/** Answers: what they repeat, and what gets none. */
import { describe, expect, test } from 'vitest';
import {
  describeMti,
  formatErrorReply,
  isQuestion,
  type Message,
  MTI_TABLE,
  pack,
  respond,
  responseMti,
  unpack,
  validate,
  withoutRepeat,
} from '../src/index.ts';
import { rawFrame } from './frame.ts';

const TAP: Message = {
  mti: '0100',
  fields: {
    2: '4761739001010119',
    3: '000000',
    4: '000000001250',
    7: '1123121500',
    11: '000042',
    12: '201500',
    13: '1123',
    14: '2712',
    22: '071',
    32: '423935',
    35: '4761739001010119=27122010000',
    41: 'TERM0001',
    42: 'MERCHANT0000001',
    49: '702',
    52: new Uint8Array(8),
    55: Uint8Array.of(0x82, 2, 0x19, 0x80),
    60: 'PRIVATE',
  },
};

test('which type answers which', () => {
  const answers = MTI_TABLE.map(([mti]) => `${mti} ${responseMti(mti) ?? '-'}`);
  expect(answers).toEqual([
    ...['0100 0110', '0101 0110', '0110 -', '0120 0130', '0121 0130', '0130 -'],
    ...['0200 0210', '0201 0210', '0210 -', '0220 0230', '0221 0230', '0230 -'],
    ...['0400 0410', '0401 0410', '0410 -', '0420 0430', '0421 0430', '0430 -'],
    ...['0800 0810', '0810 -'],
  ]);
  expect(responseMti('0500')).toBeNull();
  expect(describeMti('0121')).toEqual({
    mti: '0121',
    name: 'Authorisation advice repeat',
    messageClass: 'authorisation',
    kind: 'advice',
    repeat: true,
    response: '0130',
  });
  expect([withoutRepeat('0121'), withoutRepeat('0120'), withoutRepeat('0110')]).toEqual([
    '0120',
    '0120',
    '0110',
  ]);
});

test('an answer repeats what it is found by, and neither track nor PIN nor private data', () => {
  if (!isQuestion(TAP)) throw new Error('a 0100 is a question');
  const answer = respond(TAP, { 38: 'A1B2C3', 39: '00', 4: '000000001000' });
  expect(answer).toEqual({
    mti: '0110',
    fields: {
      2: '4761739001010119',
      3: '000000',
      4: '000000001000',
      7: '1123121500',
      11: '000042',
      12: '201500',
      13: '1123',
      32: '423935',
      38: 'A1B2C3',
      39: '00',
      41: 'TERM0001',
      42: 'MERCHANT0000001',
      49: '702',
    },
  });
  expect(validate(answer)).toEqual({ ok: true });
});

test('the answer to an echo test carries no card', () => {
  const answer = respond({ mti: '0800', fields: { ...TAP.fields, 70: '301' } }, { 39: '00' });
  expect(Object.keys(answer.fields)).toEqual(['7', '11', '12', '13', '32', '39', '41', '42', '70']);
});

describe('a format error', () => {
  const CASES: readonly (readonly [what: string, bytes: Uint8Array, reply: Message | null])[] = [
    [
      'in a value',
      rawFrame('0100', [4, '0000000012X0'], [11, '000042'], [41, 'TERM0001']),
      { mti: '0110', fields: { 11: '000042', 39: '30', 41: 'TERM0001' } },
    ],
    [
      'in a length, after field 11',
      rawFrame('0421', [11, '000042'], [55, 'ABC']),
      { mti: '0430', fields: { 11: '000042', 39: '30' } },
    ],
    [
      'at the end',
      rawFrame('0800', [11, '000001'], [70, '3010']),
      { mti: '0810', fields: { 11: '000001', 39: '30', 70: '301' } },
    ],
    ['before field 11', rawFrame('0100', [2, 'AB'], [11, '000042']), null],
    ['in field 11', rawFrame('0100', [11, '00004X'], [41, 'TERM0001']), null],
    ['in an answer', rawFrame('0110', [11, '000042'], [39, '\0\0']), null],
    ['in the type', rawFrame('9999', [11, '000042']), null],
  ];
  test.each(CASES)('%s', (_what, bytes, reply) => {
    const result = unpack(bytes);
    expect(result.ok || formatErrorReply(result.partial)).toEqual(reply);
    if (reply === null) return;
    expect(pack(reply).ok).toBe(true);
    expect(validate(reply)).toEqual({ ok: true });
  });
});
