/** What cannot be packed, and where it is wrong in the value. */
import { describe, expect, test } from 'vitest';
import { type Fields, type Message, type Mti, pack, unpack } from '../src/index.ts';

const REFUSED: readonly (readonly [
  what: string,
  fields: Record<string, unknown>,
  reason: string,
  field: number,
  offset: number,
])[] = [
  ['a field we do not have', { 34: '12' }, 'field_unknown', 34, 0],
  ['the bitmap as a field', { 1: new Uint8Array(8) }, 'field_unknown', 1, 0],
  ['text for bytes', { 52: '12345678' }, 'value_type_wrong', 52, 0],
  ['bytes for text', { 11: new Uint8Array(6) }, 'value_type_wrong', 11, 0],
  ['a number for text', { 11: 42 }, 'value_type_wrong', 11, 0],
  ['an array for bytes', { 52: [1, 2, 3, 4, 5, 6, 7, 8] }, 'value_type_wrong', 52, 0],
  ['null', { 11: null }, 'value_type_wrong', 11, 0],
  ['a trace number of 5', { 11: '00042' }, 'length_wrong', 11, 0],
  ['a PIN block of 9', { 52: new Uint8Array(9) }, 'length_wrong', 52, 0],
  ['an empty PAN', { 2: '' }, 'length_zero', 2, 0],
  ['empty card data', { 55: new Uint8Array(0) }, 'length_zero', 55, 0],
  ['a PAN of 20', { 2: '4'.repeat(20) }, 'length_over_maximum', 2, 0],
  ['card data of 1000', { 55: new Uint8Array(1000) }, 'length_over_maximum', 55, 0],
  ['a letter among digits', { 11: '00A042' }, 'character_not_allowed', 11, 2],
  ['a digit of another script', { 11: '00\u0661042' }, 'character_not_allowed', 11, 2],
  ['a character whose low byte is a digit', { 11: '00\u0130042' }, 'character_not_allowed', 11, 2],
  ['half of a surrogate pair', { 48: 'A\ud83d' }, 'character_not_allowed', 48, 1],
  ['30 February', { 13: '0230' }, 'value_implausible', 13, 2],
];

describe('refused', () => {
  test.each(REFUSED)('%s', (_what, fields, reason, field, offset) => {
    expect(pack({ mti: '0100', fields: fields as Fields })).toEqual({
      ok: false,
      error: { reason, field, offset },
    });
  });
  test('a message type that we do not have', () => {
    const error = { reason: 'mti_unknown', field: 0, offset: 0 };
    expect(pack({ mti: '0500' as Mti, fields: {} })).toEqual({ ok: false, error });
  });
});

test('a refused message leaves nothing behind in the next one', () => {
  const good: Message = { mti: '0800', fields: { 11: '000001', 70: '301' } };
  const before = pack(good);
  pack({
    mti: '0200',
    fields: {
      2: '4761739001010119',
      11: '000042',
      48: 'A'.repeat(900),
      64: new Uint8Array(8).fill(255),
      90: 'x'.repeat(42),
    },
  });
  expect(pack(good)).toEqual(before);
});

test('a value that throws when read leaves nothing behind either', () => {
  const good: Message = { mti: '0800', fields: { 11: '000001', 70: '301' } };
  const before = pack(good);
  const fields = {
    2: '4761739001010119',
    get 11(): string {
      throw new Error('no');
    },
  };
  expect(() => pack({ mti: '0100', fields })).toThrow('no');
  expect(pack(good)).toEqual(before);
});

test('what is packed stays as it is when more is packed, slab after slab', () => {
  const first = pack({ mti: '0800', fields: { 11: '000001' } });
  const kept = first.ok ? Uint8Array.from(first.bytes) : null;
  for (let stan = 2; stan < 200; stan++) {
    const message: Message = {
      mti: '0100',
      fields: { 11: String(stan).padStart(6, '0'), 48: 'X'.repeat(999) },
    };
    const packed = pack(message);
    expect(packed.ok && unpack(packed.bytes)).toEqual({ ok: true, message });
  }
  expect(first.ok && first.bytes).toEqual(kept);
});

test('an absent field may also be undefined', () => {
  const fields = { 11: '000001', 37: undefined } as unknown as Fields;
  expect(pack({ mti: '0800', fields })).toEqual(pack({ mti: '0800', fields: { 11: '000001' } }));
});
