/** Whatever is packed is unpacked to the same, and the other way round. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIELD_TABLE, LONGEST_MESSAGE_BYTES, type Message, pack, unpack } from '../src/index.ts';
import { anyMessage, anyValue } from './arbitrary.ts';

const RUNS = { numRuns: 300, seed: 8583 };

test('any message comes back whole', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const packed = pack(message);
      expect(packed.ok && unpack(packed.bytes)).toEqual({ ok: true, message });
    }),
    RUNS,
  );
});

test('the secondary bitmap is there exactly if a field above 64 is', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const packed = pack(message);
      const above64 = Object.keys(message.fields).some((field) => Number(field) > 64);
      expect(packed.ok && (packed.bytes[4]! & 0x80) !== 0).toBe(above64);
    }),
    RUNS,
  );
});

test.each(FIELD_TABLE.map((row) => [row[0], row[1], row] as const))(
  'field %d alone: %s',
  (field, _name, row) => {
    fc.assert(
      fc.property(anyValue(row), (value) => {
        const message = { mti: '0100', fields: { [field]: value } } as Message;
        const packed = pack(message);
        expect(packed.ok && unpack(packed.bytes)).toEqual({ ok: true, message });
      }),
      { numRuns: 20, seed: 8583 },
    );
  },
);

test('every field at its longest is the longest message', () => {
  const longest = FIELD_TABLE.map((row) => {
    const values = fc.sample(anyValue(row), { numRuns: 400, seed: 8583 });
    return [row[0], values.reduce((best, value) => (value.length > best.length ? value : best))];
  });
  const packed = pack({ mti: '0100', fields: Object.fromEntries(longest) });
  expect(packed.ok).toBe(true);
  expect(packed.ok && packed.bytes.length).toBeLessThanOrEqual(LONGEST_MESSAGE_BYTES);
  expect(LONGEST_MESSAGE_BYTES).toBe(6851);
});
