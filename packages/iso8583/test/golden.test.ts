/** Frames written out byte by byte from the standard, not by this code: both directions have to meet them. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Message, type Mti, pack, unpack, validate } from '../src/index.ts';

const FOLDER = new URL('./golden/', import.meta.url);

describe('golden frames', () => {
  for (const file of readdirSync(FOLDER)) {
    const { bytes, message } = readGolden(readFileSync(new URL(file, FOLDER), 'utf8'));

    test(`${file}: unpacks to what its comments say`, () => {
      expect(unpack(bytes)).toEqual({ ok: true, message });
    });
    test(`${file}: packs to the same bytes`, () => {
      expect(pack(message)).toEqual({ ok: true, bytes });
    });
    test(`${file}: is complete for its type`, () => {
      expect(validate(message)).toEqual({ ok: true });
    });
  }
});

/** Lines of hex, and above each what it holds: `# 3 = "000000"` for text, `# 52 = 7434…` for bytes. */
function readGolden(text: string): { bytes: Uint8Array; message: Message } {
  const fields: Record<number, string | Uint8Array> = {};
  let mti = '';
  let hex = '';
  for (const line of text.split('\n')) {
    const type = /^# MTI "(....)"$/.exec(line);
    const field = /^# ([0-9]+) = (?:"(.*)"|([0-9A-F]+))$/.exec(line);
    if (type !== null) mti = type[1]!;
    else if (field !== null) fields[Number(field[1])] = field[2] ?? fromHex(field[3]!);
    else if (!line.startsWith('#')) hex += line.replaceAll(' ', '');
  }
  return { bytes: fromHex(hex), message: { mti: mti as Mti, fields } };
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
