// Wallet log × authorisations as a table: one line a case, one ATC unless the line says otherwise.
import { describe, expect, test } from 'vitest';
import { casesOf } from './cases.ts';
import { type BankRecord, reconcile, type WalletRecord } from './reconcile.ts';

const wallet = (change: Partial<WalletRecord> = {}): WalletRecord => ({
  seq: 1,
  atc: 1,
  status: 'answered_arqc',
  amountMinor: 2500,
  currency: '702',
  cryptogram: '1122334455667788',
  recordHash: `${change.seq ?? 1} ${change.atc ?? 1} ${change.cryptogram ?? ''}`,
  ...change,
});
const bank = (change: Partial<BankRecord> = {}): BankRecord => ({
  atc: 1,
  amountMinor: 2500,
  currency: '702',
  cryptogram: '1122334455667788',
  refusal: null,
  de39: '00',
  terminalId: 'TERM0001',
  decidedAt: new Date(0),
  ...change,
});
const NONE = '0000000000000000';

// biome-ignore format: a table
const CASES: [what: string, wallet: WalletRecord[], bank: BankRecord[], results: string[], cases: string[]][] = [
  ['nothing on either side',               [], [],                                                              [], []],
  ['both saw it',                          [wallet()], [bank()],                                                ['matched'], []],
  ['both saw it, the bank declined',       [wallet()], [bank({ refusal: 'pin_mismatch', de39: '55' })],         ['matched'], []],
  ['it never came online',                 [wallet()], [],                                                      ['unseen_by_acquirer'], []],
  ['the phone has not come home yet',      [], [bank()],                                                        ['unseen_by_wallet'], []],
  ['the log goes on without it',           [wallet({ atc: 2 })], [bank(), bank({ atc: 2 })],                    ['unseen_by_wallet', 'matched'], ['unseen_by_wallet atc 1']],
  ['another amount',                       [wallet({ amountMinor: 2600 })], [bank()],                           ['amount_differs'], ['amount_differs atc 1']],
  ['another currency',                     [wallet({ currency: '840' })], [bank()],                             ['amount_differs'], ['amount_differs atc 1']],
  ['armed, then a restart; never came',    [wallet({ status: 'outcome_unknown', cryptogram: NONE })], [],       ['outcome_unknown'], []],
  ['armed, then a restart; the bank saw',  [wallet({ status: 'outcome_unknown', cryptogram: NONE })], [bank()], ['outcome_unknown'], []],
  ['armed, never tapped',                  [wallet({ status: 'burnt', cryptogram: NONE })], [],         ['burnt'], []],
  ['declined offline',                     [wallet({ status: 'answered_aac' })], [],                            ['declined_offline'], []],
  ['never tapped, but the bank saw it',    [wallet({ status: 'burnt', cryptogram: NONE })], [bank()],   ['fork'], ['fork atc 1']],
  ['answered AAC, but the bank saw ARQC',  [wallet({ status: 'answered_aac' })], [bank()],                      ['fork'], ['fork atc 1']],
  ['one key set, two cryptograms',         [wallet({ cryptogram: '8877665544332211' })], [bank()],              ['fork'], ['fork atc 1']],
  ['one key set, two records',             [wallet(), wallet({ seq: 2 })], [bank()],                            ['fork'], ['fork atc 1']],
  ['one number, two records',              [wallet(), wallet({ atc: 2 })], [bank()],                            ['fork', 'fork'], ['fork atc 1', 'fork atc 2']],
  ['the same record twice',                [wallet(), wallet()], [bank()],                                      ['matched'], []],
  ['a number is missing',                  [wallet(), wallet({ seq: 3, atc: 3 })], [bank(), bank({ atc: 3 })],  ['matched', 'matched', 'gap'], ['gap seq 2–2']],
  ['the first numbers are missing',        [wallet({ seq: 4, atc: 9 })], [bank({ atc: 9 })],                    ['matched', 'gap'], ['gap seq 1–3']],
  ['deferred, out of order',               [wallet({ seq: 1 }), wallet({ seq: 2, atc: 2 })], [bank({ atc: 2 }), bank()], ['matched', 'matched'], []],
];

describe('wallet log × authorisations', () => {
  test.each(CASES)('%s', (_what, records, decided, results, cases) => {
    const rows = reconcile(records, decided);
    expect(rows.map(({ result }) => result)).toEqual(results);
    expect(casesOf(rows).map(({ kind, subject }) => `${kind} ${subject}`)).toEqual(cases);
  });

  test('no record of either side is dropped', () => {
    for (const [what, records, decided] of CASES) {
      const atcs = new Set(reconcile(records, decided).map(({ atc }) => atc));
      for (const { atc } of [...records, ...decided]) expect(atcs.has(atc), what).toBe(true);
    }
  });
});
