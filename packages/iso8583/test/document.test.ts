/** `docs/iso8583.md` says what the code does. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { explainRefusal, MESSAGE_BYTES_MAX, unpack } from '../src/index.ts';
import { DOCUMENT, withTables } from '../tools/document.ts';

const document = readFileSync(DOCUMENT, 'utf8');

test('its tables are those of the code (made by tools/document.ts)', () => {
  expect(document).toBe(withTables(document));
});

test('a table without a place in it is an error, not left out', () => {
  expect(() => withTables('')).toThrow('no place for the table "fields"');
});

test('its example is a message, byte for byte', () => {
  const example = /```hex\n([^`]*)```/.exec(document)![1]!;
  const hex = example.replaceAll(/#.*/g, '').replaceAll(/\s/g, '');
  const bytes = Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  expect(bytes[0]! * 256 + bytes[1]!).toBe(bytes.length - 2);
  const result = unpack(bytes.subarray(2));
  expect(result.ok ? result.message : explainRefusal(result.error)).toEqual({
    mti: '0800',
    fields: { 7: '1123121500', 11: '000001', 70: '301' },
  });
});

test('its limit is the limit', () => {
  expect(document).toContain(`${MESSAGE_BYTES_MAX} bytes`);
});
