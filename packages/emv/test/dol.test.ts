import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DolEntry,
  dolLength,
  fillDol,
  fromHex,
  PROFILE_CDOL1,
  PROFILE_PDOL,
  parseDol,
  splitByDol,
  TAGS,
  tagBytes,
  tagHex,
  toHex,
} from '../src/data/index.ts';

function entries(hex: string): readonly DolEntry[] {
  const result = parseDol(fromHex(hex));
  if (!result.ok) throw new Error(result.refusal.reason);
  return result.value;
}

describe('EMV 4.4 Book 3 §5.4: reading a list', () => {
  it('reads the lists of our profiles to the lengths that docs/profiles.md gives', () => {
    expect(entries(toHex(PROFILE_PDOL)).map(({ tag, length }) => [tagHex(tag), length])).toEqual([
      ['9F02', 6],
      ['5F2A', 2],
      ['9F1A', 2],
    ]);
    expect(dolLength(entries(toHex(PROFILE_PDOL)))).toBe(10);
    expect(dolLength(entries(toHex(PROFILE_CDOL1)))).toBe(79);
    expect(entries(toHex(PROFILE_CDOL1))).toHaveLength(14);
  });

  // biome-ignore format: one refusal a line
  const refused: readonly [hex: string, reason: string, path: string, offset: number][] = [
    ['00',                    'tag_missing',     '',       0],
    ['950500',                'tag_missing',     '',       2],
    ['9F',                    'tag_cut',         '9F',     0],
    ['95059F02',              'length_cut',      '9F02',   2],
    ['DF83838301',            'tag_too_long',    'DF8383', 0],
    ['95FF9A01',              'values_too_long', '9A',     2],
    ['9500'.repeat(65),       'too_many',        '95',     128],
  ];
  it.each(refused)('%s → %s', (hex, reason, path, offset) => {
    const result = parseDol(fromHex(hex));
    expect(result.ok ? 'accepted' : result.refusal).toEqual({ reason, path, offset });
  });
});

describe('EMV 4.4 Book 3 §5.4: filling', () => {
  // biome-ignore format: a table
  const cases: readonly [why: string, dol: string, tag: number, value: string | undefined, filled: string][] = [
    ['the value as it is',                           '9F3704', 0x9f37, '01020304',       '01020304'],
    ['absent: zeros',                                '9F3704', 0x9f37, undefined,        '00000000'],
    ['absent cn: zeros too',                         '5A0A',   0x5a,   undefined,        '00'.repeat(10)],
    ['constructed: zeros, even if somebody has one', '7003',   0x70,   '950100',         '000000'],
    ['longer n loses leftmost bytes',                '9F0204', 0x9f02, '000012345678',   '12345678'],
    ['longer b loses rightmost bytes',               '9F3702', 0x9f37, '01020304',       '0102'],
    ['longer cn loses rightmost bytes',              '5A04',   0x5a,   '5350990012345671', '53509900'],
    ['longer ans loses rightmost bytes',             '9F4E02', 0x9f4e, '414243',         '4142'],
    ['shorter n gets leading zeros',                 '9F0208', 0x9f02, '000012345678',   '0000000012345678'],
    ['shorter cn gets trailing F',                   '5A0A',   0x5a,   '5350990012345671', '5350990012345671FFFF'],
    ['shorter b gets trailing zeros',                '9F1004', 0x9f10, '0102',           '01020000'],
    ['shorter an gets trailing zeros',               '9F1C08', 0x9f1c, '3132',           '3132000000000000'],
    ['not in the dictionary: as binary',             'DF0103', 0xdf01, '01',             '010000'],
    ['length zero asks for nothing',                 '9F3700', 0x9f37, '01020304',       ''],
  ];
  it.each(cases)('%s', (_why, dol, tag, value, filled) => {
    const got = fillDol(entries(dol), (asked) =>
      asked === tag && value !== undefined ? fromHex(value) : undefined,
    );
    expect(toHex(got)).toBe(filled);
  });
});

describe('properties', () => {
  const anyEntries = fc.array(
    fc.record({ tag: fc.constantFrom(...TAGS.map((row) => row.tag)), length: fc.nat({ max: 20 }) }),
    { maxLength: 12 },
  );

  it('a filled list is as long as it announces, and splits back to the values', () => {
    fc.assert(
      fc.property(anyEntries, fc.uint8Array({ maxLength: 30 }), (list, value) => {
        const dol = list.flatMap(({ tag, length }) => [...tagBytes(tag), length]);
        const read = parseDol(Uint8Array.from(dol));
        expect(read.ok && read.value).toEqual(list);
        const filled = fillDol(list, () => value);
        expect(filled.length).toBe(dolLength(list));
        const split = splitByDol(list, filled);
        expect(split.ok).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('command data of another length are refused', () => {
    const list = entries('9F02069F3704');
    expect(splitByDol(list, new Uint8Array(10)).ok).toBe(true);
    for (const length of [0, 9, 11]) {
      const result = splitByDol(list, new Uint8Array(length));
      expect(result.ok ? 'accepted' : result.refusal.reason).toBe('values_length');
    }
  });
});
