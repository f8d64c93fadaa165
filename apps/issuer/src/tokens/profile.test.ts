/** What a token's profile says, byte for byte, as docs/profiles.md §2 has it. */

import { Pan } from '@tapseal/emv';
import { describe, expect, it } from 'vitest';
import { personalisation } from './profile.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const made = (token: string, profile: 'open' | 'tdes') =>
  personalisation(
    {
      tokenId: '6f1d2c3b-4a59-4687-8776-655443322110',
      profile,
      token: Pan.parse(token)!,
      psn: 1,
      expiresOn: '2031-12-31',
      dki: 1,
      par: 'TSELABCDEFGHIJKLMNOPQRSTUVWXY',
      homeCurrency: '702',
      issuerCountry: '702',
      lowValueTapMinor: 10_000,
      lowValueTapsMax: 5,
      lowValueSumMinor: 30_000,
    },
    { tokenRequestorId: '97029900001', cdcvmFreshSeconds: 45 },
  );

describe('personalisation', () => {
  it('record 1.1', () => {
    const [record] = made('9702990000000012', 'open').records;
    expect(hex(record!.template)).toBe(
      [
        '7038',
        '57139702990000000012D31122010000000000000F',
        '5A089702990000000012',
        '5F2403311231',
        '5F340101',
        '5F28020702',
        '9F42020702',
        '9F0702FF00',
      ].join(''),
    );
  });

  it('record 1.2', () => {
    const record = made('9702990000000012', 'open').records[1];
    expect(hex(record!.template)).toBe(
      [
        '707B',
        '8C279F02069F03069F1A0295055F2A029A039C019F37049F35019F34039F21039F1C089F160F9F4E14',
        '8E0A00000000000000001F00',
        '9F0D050000000000',
        '9F0E050000000000',
        '9F0F05FFFFFFFFFF',
        '9F08020002',
        `9F241D${Buffer.from('TSELABCDEFGHIJKLMNOPQRSTUVWXY').toString('hex').toUpperCase()}`,
        '9F1906097029900001',
      ].join(''),
    );
  });

  it('a token of 19 digits is filled to whole bytes', () => {
    const [record] = made('9702990000000000017', 'open').records;
    expect(hex(record!.template)).toContain(`57149702990000000000017D3112201${'0'.repeat(13)}`);
    expect(hex(record!.template)).toContain('5A0A9702990000000000017F');
  });

  it.each([
    ['open', 0xa6, 'F05441505345414C01', 'TAPSEAL OPEN'],
    ['tdes', 0x15, 'F05441505345414C02', 'TAPSEAL TDES'],
  ] as const)('%s', (profile, cvn, aid, label) => {
    const { records: _, ...head } = made('9702990000000012', profile);
    expect({
      ...head,
      aip: hex(head.aip),
      aid: hex(head.aid),
      label: Buffer.from(head.label).toString(),
    }).toMatchObject({
      profile,
      cvn,
      aid,
      label,
      aip: '1280',
      psn: '01',
      expiry: '311231',
      lowValueTapLimitMinor: 10_000n,
      lowValueTapsMax: 5,
      lowValueSumMinor: 30_000n,
      cdcvmFreshSeconds: 45,
    });
    expect(hex(head.afl)).toBe('08010200');
    expect(hex(head.pdol)).toBe('9F02065F2A029F1A02');
  });
});
