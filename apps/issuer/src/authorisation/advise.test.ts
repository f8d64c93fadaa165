// What an advice is found to be, as a table: one line a case, the expected finding last, in order of precedence.
import { describe, expect, test } from 'vitest';
import { type AdviceFacts, type AdviceFinding, type AdviceRequest, findingOf } from './advise.ts';

const ARQC = { atc: 7, declined: false };
const AAC = { atc: 7, declined: true };
const APPROVED = { amountMinor: 2500, currency: '702', approved: true };
const REFUSED = { ...APPROVED, approved: false };

type Chip = AdviceRequest['chip'];
type Bank = AdviceFacts['authorisation'];

describe('an advice of 25.00 SGD', () => {
  // biome-ignore format: a table
  const CASES: [what: string, chip: Chip, keySetIssued: boolean, bank: Bank, expected: AdviceFinding][] = [
    ['without readable chip data',                        null, true,  APPROVED,                          'chip_data_missing'],
    ['of an ATC that was never issued',                   ARQC, false, null,                              'key_set_not_issued'],
    ['declined by the phone, never seen here',            AAC,  true,  null,                              'declined_offline'],
    ['declined by the phone, refused here',               AAC,  true,  REFUSED,                           'declined_offline'],
    ['declined by the phone, approved here',              AAC,  true,  APPROVED,                          'approved_online'],
    ['that nobody asked about',                           ARQC, true,  null,                              'unseen_online'],
    ['that was refused',                                  ARQC, true,  REFUSED,                           'refused_online'],
    ['approved for another amount',                       ARQC, true,  { ...APPROVED, amountMinor: 2499 }, 'amount_differs'],
    ['approved for the same number in another currency',  ARQC, true,  { ...APPROVED, currency: '392' },   'amount_differs'],
    ['approved',                                          ARQC, true,  APPROVED,                          'consistent'],
  ];
  test.each(CASES)('%s', (_, chip, keySetIssued, authorisation, expected) => {
    const request = { chip, amountMinor: 2500, currency: '702' } as AdviceRequest;
    expect(findingOf(request, { keySetIssued, authorisation })).toBe(expected);
  });
});
