import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asSource,
  encodeTlv,
  findTlv,
  fromHex,
  isConstructed,
  parseTlv,
  TLV_DEPTH_MAX,
  TLV_OBJECTS_MAX,
  type TlvSource,
  tagBytes,
  tagHex,
  tlv,
  tlvRefusalText,
  tlvValues,
  toHex,
} from '../src/data/index.ts';

function parsed(hex: string) {
  const result = parseTlv(fromHex(hex));
  if (!result.ok) throw new Error(tlvRefusalText(result.refusal));
  return result.value;
}

describe('EMV 4.4 Book 3 Annex B: reading', () => {
  it('reads a GENERATE AC response with all its places', () => {
    const [template, ...rest] = parsed('770E9F2701809F360200019F2602ABCD');
    expect(rest).toEqual([]);
    expect(template?.tag).toBe(0x77);
    expect(template?.children?.map(({ tag, value, offset }) => [tagHex(tag), toHex(value), offset])).toEqual([
      ['9F27', '80', 2],
      ['9F36', '0001', 6],
      ['9F26', 'ABCD', 11],
    ]);
  });

  it('keeps the bytes of each object as received, padded lengths too', () => {
    expect(parsed('9F368200020001').map(({ encoded }) => toHex(encoded))).toEqual(['9F368200020001']);
  });

  // biome-ignore format: one refusal a line
  const refused: readonly [hex: string, text: string, why: string][] = [
    ['00',               'at 0: tag_missing',            'padding is not a data object'],
    ['950100' + '00',    'at 3: tag_missing',            'a byte is left over'],
    ['9F',               '9F at 0: tag_cut',             'the second tag byte is missing'],
    ['DF83',             'DF83 at 0: tag_cut',           'the third tag byte is missing'],
    ['DF83838301',       'DF8383 at 0: tag_too_long',    'no tag of EMV has four bytes'],
    ['9F800100',         '9F80 at 0: tag_not_minimal',   'leading zeros in the tag number'],
    ['95',               '95 at 0: length_cut',          'no length'],
    ['9581',             '95 at 0: length_cut',          'half a length'],
    ['9580',             '95 at 0: length_indefinite',   'indefinite lengths are not EMV'],
    ['95830000',         '95 at 0: length_too_long',     'more than two further length bytes'],
    ['9505000000',       '95 at 0: value_cut',           'the value is shorter than announced'],
    ['770595050000',     '77 at 0: value_cut',           'the template is shorter than announced'],
    ['77049F260811',     '77.9F26 at 2: value_cut',      'a child reaches beyond its template'],
    ['7703950101' + '95','95 at 5: length_cut',          'the place counts from the start'],
  ];
  it.each(refused)('%s → %s (%s)', (hex, text) => {
    const result = parseTlv(fromHex(hex));
    expect(result.ok ? 'accepted' : tlvRefusalText(result.refusal)).toBe(text);
  });

  it('takes padded lengths from cards, and refuses them where one content must have one encoding', () => {
    for (const hex of ['95810100', '9582000100', `95820080${'00'.repeat(128)}`]) {
      expect(parseTlv(fromHex(hex)).ok).toBe(true);
      const strict = parseTlv(fromHex(hex), { nonMinimalLength: 'refuse' });
      expect(strict.ok ? 'accepted' : strict.refusal.reason).toBe('length_not_minimal');
    }
  });

  it('stops at its limits of depth and number', () => {
    const nested = (depth: number): Uint8Array =>
      depth === 0 ? encodeTlv(tlv(0x95, new Uint8Array(1))) : encodeTlv(tlv(0x77, nested(depth - 1)));
    expect(parseTlv(nested(TLV_DEPTH_MAX - 1)).ok).toBe(true);
    const tooDeep = parseTlv(nested(TLV_DEPTH_MAX));
    expect(tooDeep.ok ? '' : tooDeep.refusal.reason).toBe('too_deep');

    const many = (count: number) =>
      encodeTlv(...Array.from({ length: count }, () => tlv(0x9a, new Uint8Array(0))));
    expect(parseTlv(many(TLV_OBJECTS_MAX)).ok).toBe(true);
    const tooMany = parseTlv(many(TLV_OBJECTS_MAX + 1));
    expect(tooMany.ok ? '' : tooMany.refusal.reason).toBe('too_many');
  });
});

describe('finding', () => {
  it('finds the first object, depth first', () => {
    const list = parsed('7705950100' + '9A00' + '9A0102');
    expect(toHex(findTlv(list, 0x9a)!.value)).toBe('');
    expect(findTlv(list, 0x9f26)).toBeUndefined();
  });

  it('refuses a tag that occurs twice, wherever, so that nobody reads the other one', () => {
    const flat = tlvValues(parsed('7703950100' + '9A0102'));
    expect(flat.ok && [...flat.value].map(([tag, value]) => [tagHex(tag), toHex(value)])).toEqual([
      ['95', '00'],
      ['9A', '02'],
    ]);
    const twice = tlvValues(parsed('7703950100' + '950101'));
    expect(twice.ok ? '' : tlvRefusalText(twice.refusal)).toBe('95 at 5: tag_repeated');
  });
});

describe('writing', () => {
  // Length fields change form at 128 and 256 bytes.
  it.each([
    [0, '00'],
    [127, '7F'],
    [128, '8180'],
    [255, '81FF'],
    [256, '820100'],
    [65_535, '82FFFF'],
  ])('%i bytes have the length field %s', (bytes, field) => {
    expect(toHex(encodeTlv(tlv(0x95, new Uint8Array(bytes)))).slice(2, 2 + field.length)).toBe(field);
  });

  it('refuses to write what no length field holds', () => {
    expect(() => encodeTlv(tlv(0x95, new Uint8Array(65_536)))).toThrow(RangeError);
  });
});

const primitiveTag = fc.constantFrom(0x57, 0x5a, 0x82, 0x95, 0x9f26, 0x9f10, 0x5f34, 0xdf8301, 0x9f02);
const constructedTag = fc.constantFrom(0x70, 0x77, 0x6f, 0xa5, 0x61, 0xbf0c);
const tree: fc.Arbitrary<TlvSource> = fc.letrec<{ node: TlvSource }>((tie) => ({
  node: fc.oneof(
    { maxDepth: TLV_DEPTH_MAX - 1, depthIdentifier: 'tlv' },
    fc.record({ tag: primitiveTag, value: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({
      tag: constructedTag,
      value: fc.array(tie('node'), { maxLength: 4, depthIdentifier: 'tlv' }),
    }),
  ),
})).node;

describe('properties', () => {
  it('what is written is read back, and written again to the same bytes', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), (sources) => {
        const bytes = encodeTlv(...sources);
        const result = parseTlv(bytes, { nonMinimalLength: 'refuse' });
        if (!result.ok) throw new Error(tlvRefusalText(result.refusal));
        expect(toHex(encodeTlv(...result.value.map(asSource)))).toBe(toHex(bytes));
        for (const object of result.value) {
          expect(object.children !== undefined).toBe(isConstructed(object.tag));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('any bytes are read to the end or refused inside their bounds; nothing throws', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const result = parseTlv(bytes);
        seen.add(result.ok ? 'accepted' : result.refusal.reason);
        if (!result.ok) expect(result.refusal.offset).toBeLessThan(Math.max(bytes.length, 1));
        else expect(result.value.reduce((sum, object) => sum + object.encoded.length, 0)).toBe(bytes.length);
      }),
      { numRuns: 2_000, seed: 1 },
    );
    expect([...seen].sort()).toContain('value_cut');
    expect(seen).toContain('accepted');
  });

  it('every cut of a message is refused, at every length', () => {
    const whole = encodeTlv(
      tlv(0x77, [tlv(0x9f27, fromHex('80')), tlv(0x9f26, fromHex('1122334455667788'))]),
    );
    for (let length = 1; length < whole.length; length++) {
      expect(parseTlv(whole.subarray(0, length)).ok).toBe(false);
    }
  });

  it('a tag is its bytes', () => {
    for (const hex of ['82', '9F26', 'DF8301', '5F2A', 'BF0C']) {
      expect(toHex(tagBytes(Number.parseInt(hex, 16)))).toBe(hex);
      expect(tagHex(Number.parseInt(hex, 16))).toBe(hex);
    }
  });
});
