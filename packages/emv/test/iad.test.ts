import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatIad,
  fromHex,
  type Iad,
  PROFILES,
  type ProfileName,
  parseIad,
  profileById,
  THREAT_RESPONSES,
  toHex,
  UMD_OFFSET,
} from '../src/data/index.ts';

const OPEN =
  '0FA601A008010000' + '0007' + '03' + '09' + '00000102' + '0F' + '1122334455667788' + 'AABBCCDDEEFF00';
const TDES = '0115AC03000709025C7E1122334455667788';
const LUK = `1F220101020304050661234007${'00'.repeat(19)}`;

describe('docs/profiles.md §3.3 to §3.5, byte by byte', () => {
  it('open', () => {
    expect(parseIad('open', fromHex(OPEN))).toEqual({
      ok: true,
      value: {
        profile: 'open',
        dki: 1,
        cryptogramType: 'ARQC',
        cdcvm: 'biometric',
        threatResponse: 'lower limits',
        policyVersion: 7,
        keySetsLeft: 9,
        logSequence: 258,
        umd: fromHex('1122334455667788'),
        keySetId: fromHex('AABBCCDDEEFF00'),
      },
    });
  });

  it('tdes', () => {
    expect(parseIad('tdes', fromHex(TDES))).toEqual({
      ok: true,
      value: {
        profile: 'tdes',
        dki: 1,
        cryptogramType: 'ARQC',
        cdcvm: 'biometric',
        threatResponse: 'lower limits',
        policyVersion: 7,
        keySetsLeft: 9,
        tapsSinceBundle: 2,
        idn: fromHex('5C7E'),
        umd: fromHex('1122334455667788'),
      },
    });
  });

  it('luk', () => {
    expect(parseIad('luk', fromHex(LUK))).toEqual({
      ok: true,
      value: {
        profile: 'luk',
        dki: 1,
        cvr: fromHex('0102030405'),
        option: 6,
        keyIndex: { yearInDecade: 6, hourOfYear: 1234, renewal: 7 },
      },
    });
  });

  it('the UMD field lies where the table says', () => {
    expect(toHex(fromHex(OPEN).subarray(UMD_OFFSET.open, UMD_OFFSET.open + 8))).toBe('1122334455667788');
    expect(toHex(fromHex(TDES).subarray(UMD_OFFSET.tdes, UMD_OFFSET.tdes + 8))).toBe('1122334455667788');
  });
});

describe('refusals, in order of precedence', () => {
  /** Replaces one byte, counted from 1. */
  const put = (hex: string, byte: number, value: string): string =>
    hex.slice(0, 2 * byte - 2) + value + hex.slice(2 * byte);

  // biome-ignore format: one refusal a line
  const cases: readonly [profile: ProfileName, iad: string, reason: string, byte: number][] = [
    ['open', '',                  'iad_length',          0],
    ['open', OPEN.slice(2),       'iad_length',          31],
    ['open', `${OPEN}00`,         'iad_length',          32],
    ['tdes', OPEN,                'iad_length',          18],
    ['tdes', TDES.slice(0, -2),   'iad_length',          17],
    ['open', put(OPEN, 1, '1F'),  'iad_format',          1],
    ['open', put(OPEN, 17, '0E'), 'iad_format',          17],
    ['luk',  OPEN,                'iad_format',          1],
    ['open', put(OPEN, 2, 'A5'),  'iad_version',         2],
    ['tdes', put(TDES, 2, '14'),  'iad_version',         2],
    ['open', put(OPEN, 4, 'A1'),  'iad_reserved_bits',   4],
    ['open', put(OPEN, 5, '18'),  'iad_reserved_bits',   5],
    ['open', put(OPEN, 6, '81'),  'iad_reserved_bits',   6],
    ['open', put(OPEN, 7, '01'),  'iad_reserved_bits',   7],
    ['open', put(OPEN, 8, '80'),  'iad_reserved_bits',   8],
    ['tdes', put(TDES, 3, 'AD'),  'iad_reserved_bits',   3],
    ['tdes', put(TDES, 4, '13'),  'iad_reserved_bits',   4],
    ['luk',  put(LUK, 32, '01'),  'iad_reserved_bits',   32],
    ['open', put(OPEN, 4, '90'),  'iad_cryptogram_type', 4],
    ['open', put(OPEN, 4, '20'),  'iad_cryptogram_type', 4],
    ['tdes', put(TDES, 3, 'B8'),  'iad_cryptogram_type', 3],
    ['open', put(OPEN, 5, '00'),  'iad_cdcvm',           6],
    ['tdes', put(TDES, 3, 'A4'),  'iad_cdcvm',           3],
    ['open', put(OPEN, 11, '07'), 'iad_threat_response', 11],
    ['tdes', put(TDES, 4, '07'),  'iad_threat_response', 4],
    ['luk',  put(LUK, 10, '6A'),  'iad_key_index',       10],
  ];
  it.each(cases)('%s %s → %s', (profile, iad, reason, byte) => {
    const result = parseIad(profile, fromHex(iad));
    expect(result.ok ? 'accepted' : result.refusal).toEqual({ reason, byte });
  });
});

describe('properties', () => {
  const sized = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const byte = fc.nat({ max: 255 });
  const common = {
    dki: byte,
    cryptogramType: fc.constantFrom('ARQC' as const, 'AAC' as const),
    cdcvm: fc.constantFrom('none' as const, 'pin' as const, 'biometric' as const),
    threatResponse: fc.constantFrom(...THREAT_RESPONSES),
    policyVersion: fc.nat({ max: 0xffff }),
    keySetsLeft: byte,
    umd: sized(8),
  };
  const iads: fc.Arbitrary<Iad> = fc.oneof(
    fc.record({
      profile: fc.constant('open' as const),
      ...common,
      logSequence: fc.nat({ max: 0xffffffff }),
      keySetId: sized(7),
    }),
    fc.record({ profile: fc.constant('tdes' as const), ...common, idn: sized(2), tapsSinceBundle: byte }),
    fc.record({
      profile: fc.constant('luk' as const),
      dki: byte,
      cvr: sized(5),
      option: byte,
      keyIndex: fc.record({
        yearInDecade: fc.nat({ max: 9 }),
        hourOfYear: fc.nat({ max: 8783 }),
        renewal: fc.nat({ max: 999 }),
      }),
    }),
  );

  it('what is formatted is parsed back', () => {
    fc.assert(
      fc.property(iads, (iad) => {
        const bytes = formatIad(iad);
        expect(bytes.length).toBe(PROFILES[iad.profile].iadLength);
        expect(parseIad(iad.profile, bytes)).toEqual({ ok: true, value: iad });
      }),
    );
  });

  it('what is parsed formats to the same bytes: no byte is dropped', () => {
    let accepted = 0;
    fc.assert(
      fc.property(iads, sized(1), fc.nat({ max: 31 }), (iad, [noise], at) => {
        const bytes = formatIad(iad);
        if (at < bytes.length) bytes[at] = noise!;
        const result = parseIad(iad.profile, bytes);
        if (!result.ok) return;
        accepted++;
        expect(toHex(formatIad(result.value))).toBe(toHex(bytes));
      }),
      { seed: 7 },
    );
    expect(accepted).toBeGreaterThan(10);
  });
});

it('a profile is known by its id', () => {
  expect(profileById(1)?.name).toBe('open');
  expect(profileById(2)?.name).toBe('tdes');
  expect(profileById(0)).toBeUndefined();
});
