// The authorisation decision as a table: one line a case, the expected answer last, in order of precedence.
import { describe, expect, test } from 'vitest';
import { decide, type Verified } from './decide.ts';
import { de39Of, REFUSALS, type RefusalName } from './refusals.ts';
import type { AuthorisationRequest } from './request.ts';
import type { StoredAnswer, StoredRows } from './stored.ts';

const NOW = new Date('2026-11-23T04:00:00Z'); // noon in Singapore

/** A tap of 25.00 SGD with the right PIN, by a customer in good standing: approved. */
const SCENE = {
  request: {
    psn: 1,
    amountMinor: 2500,
    currency: '702',
    transactionType: '00',
    entryMode: '07' as string | null,
  },
  chip: { atc: 7, transactionDate: '2026-11-23', terminalCountry: '702' },
  iad: {
    profile: 'open' as 'open' | 'tdes',
    dki: 1,
    keySetBinding: '01020304050607',
    threatResponse: 0,
    policyVersion: 4,
  },
  token: {
    tokenId: '7b1e9a50-0000-4000-8000-000000000001',
    psn: 1,
    profile: 'open' as 'open' | 'tdes',
    dki: 1,
    state: 'ACTIVE' as StoredRows['token']['state'],
    expiresOn: '2029-11-30',
    homeCurrency: '702',
    allowedCountries: null as string[] | null,
    lowValueTapMinor: 10000,
    lowValueCountMax: 5,
    lowValueSumMinor: 30000,
    tapLimitMinor: 50000,
    dayLimitMinor: 200000,
    pinTriesMax: 3,
  },
  state: {
    version: 11,
    pinTriesLeft: 3,
    lowValueCount: 0,
    lowValueSumMinor: 0,
    day: '2026-11-23' as string | null,
    daySumMinor: 0,
    recentSince: null as Date | null,
    recentCount: 0,
  },
  account: {
    accountId: '7b1e9a50-0000-4000-8000-000000000002',
    currency: '702',
    balanceMinor: 500_000,
    heldMinor: 0,
  },
  device: { state: 'ACTIVE' as StoredRows['device']['state'], minimumPolicyVersion: 0 },
  keySet: {
    keySetId: '01020304050607',
    idn: 'ABCD',
    expiresOn: '2026-12-23',
    revoked: false,
  } as StoredRows['keySet'],
  authorisation: null as StoredRows['authorisation'],
  message: null as StoredRows['message'],
  tombstone: false,
  known: true,
  verified: { md: 'valid', umd: 'valid' } as Verified | null,
};

type Scene = typeof SCENE;
type Change = {
  [K in keyof Scene]?: NonNullable<Scene[K]> extends object
    ? Partial<NonNullable<Scene[K]>> | null
    : Scene[K];
};

const APPROVED: StoredAnswer = {
  refusal: null,
  de39: '00',
  approvalCode: 'A1B2C3',
  issuerAuthentication: null,
};
const DECLINED: StoredAnswer = {
  refusal: 'tap_limit_exceeded',
  de39: '61',
  approvalCode: null,
  issuerAuthentication: null,
};
const NO_CDCVM: Verified = { md: 'valid', umd: 'absent' };
const WRONG_PIN: Verified = { md: 'valid', umd: 'mismatch' };

// biome-ignore format: a table
const CASES: [what: string, change: Change, expected: string][] = [
  // The token, and what it has been asked before.
  ['a token that nobody issued',                          { known: false },                                             '14 token_unknown'],
  ['the same message again',                              { message: { sameContent: true, reversed: false, answer: APPROVED } },         'repeat 00'],
  ['the same message again, declined before',             { message: { sameContent: true, reversed: false, answer: DECLINED } },         'repeat 61'],
  ['the same message again, token suspended meanwhile',   { message: { sameContent: true, reversed: false, answer: APPROVED }, token: { state: 'SUSPENDED' } }, 'repeat 00'],
  ['the same message again, reversed meanwhile',          { message: { sameContent: true, reversed: true, answer: APPROVED } },          '94 transaction_reversed'],
  ['the same STAN and time with other content',           { message: { sameContent: false, reversed: false, answer: APPROVED } },        '94 conflicting_duplicate'],
  ['the same cryptogram, terminal and amount, new STAN',  { authorisation: { samePresentment: true, reversed: false, answer: APPROVED } },  'same presentment 00'],
  ['the same, declined before',                           { authorisation: { samePresentment: true, reversed: false, answer: DECLINED } },  'same presentment 61'],
  ['the same, key set expired meanwhile',                 { authorisation: { samePresentment: true, reversed: false, answer: APPROVED }, keySet: { expiresOn: '2026-11-01' } }, 'same presentment 00'],
  // The key set of this ATC.
  ['an ATC that was never issued',                        { keySet: null },                                             '63 key_set_not_issued'],
  ['a key set that a PIN change has ended',               { keySet: { revoked: true } },                                '63 key_set_revoked'],
  ['the other profile in the IAD',                        { iad: { profile: 'tdes', keySetBinding: 'ABCD' } },          '63 key_set_mismatch'],
  ['a DKI that is not the token\'s',                      { iad: { dki: 2 } },                                          '63 key_set_mismatch'],
  ['another card sequence number',                        { request: { psn: 2 } },                                      '63 key_set_mismatch'],
  ['the id of another key set',                           { iad: { keySetBinding: '01020304050608' } },                 '63 key_set_mismatch'],
  ['tdes: the IDN of another key set',                    { iad: { profile: 'tdes', keySetBinding: 'ABCE' }, token: { profile: 'tdes' } }, '63 key_set_mismatch'],
  ['tdes: the IDN of this key set',                       { iad: { profile: 'tdes', keySetBinding: 'ABCD' }, token: { profile: 'tdes' } }, 'approve'],
  ['no card sequence number at all',                      { request: { psn: null as never } },                          'approve'],
  ['tapped on the key set\'s last day',                   { chip: { transactionDate: '2026-11-20' }, keySet: { expiresOn: '2026-11-20' } }, 'approve'],
  ['tapped a day after the key set\'s last day',          { chip: { transactionDate: '2026-11-21' }, keySet: { expiresOn: '2026-11-20' } }, '63 key_set_expired'],
  ['deferred by 7 days',                                  { chip: { transactionDate: '2026-11-16' } },                  'approve'],
  ['deferred by 8 days',                                  { chip: { transactionDate: '2026-11-15' } },                  '63 transaction_date_too_old'],
  ['a terminal whose date is tomorrow',                   { chip: { transactionDate: '2026-11-24' } },                  'approve'],
  ['a terminal two days ahead',                           { chip: { transactionDate: '2026-11-25' } },                  '63 transaction_date_ahead'],
  ['an ATC that has been used',                           { authorisation: { samePresentment: false, reversed: false, answer: APPROVED } }, '63 atc_already_used'],
  ['an ATC that has been used and reversed',              { authorisation: { samePresentment: true, reversed: true, answer: APPROVED } },  '63 atc_already_used'],
  ['nobody has looked at the cryptogram yet',             { verified: null },                                           'verify'],
  ['a cryptogram that is not ours',                       { verified: { md: 'mismatch' } },                             '63 cryptogram_mismatch'],
  // Consumed from here on.
  ['its reversal came first',                             { tombstone: true },                                          '94 transaction_reversed'],
  ['token not yet active',                                { token: { state: 'INACTIVE' } },                             '62 token_inactive'],
  ['token suspended',                                     { token: { state: 'SUSPENDED' } },                            '62 token_suspended'],
  ['token deactivated',                                   { token: { state: 'DEACTIVATED' } },                          '62 token_deactivated'],
  ['token on its last day',                               { token: { expiresOn: '2026-11-23' } },                       'approve'],
  ['token a day after its last day',                      { token: { expiresOn: '2026-11-22' } },                       '54 token_expired'],
  // The customer's verification.
  ['wrong PIN',                                           { verified: WRONG_PIN },                                      '55 pin_mismatch'],
  ['wrong PIN, last try',                                 { verified: WRONG_PIN, state: { pinTriesLeft: 1 } },          '55 pin_mismatch'],
  ['wrong PIN, no try left',                              { verified: WRONG_PIN, state: { pinTriesLeft: 0 } },          '75 pin_tries_exceeded'],
  ['right PIN, no try left: the answer is no oracle',     { state: { pinTriesLeft: 0 } },                               '75 pin_tries_exceeded'],
  ['no CDCVM, no PIN try left, low value',                { verified: NO_CDCVM, state: { pinTriesLeft: 0 } },           'approve'],
  ['no CDCVM up to the low-value limit',                  { verified: NO_CDCVM, request: { amountMinor: 10000 } },      'approve'],
  ['no CDCVM above the low-value limit',                  { verified: NO_CDCVM, request: { amountMinor: 10001 } },      '65 cdcvm_required'],
  ['no CDCVM, the fifth in a row',                        { verified: NO_CDCVM, state: { lowValueCount: 4 } },          'approve'],
  ['no CDCVM, the sixth in a row',                        { verified: NO_CDCVM, state: { lowValueCount: 5 } },          '65 cdcvm_required'],
  ['no CDCVM, sum just reached',                          { verified: NO_CDCVM, state: { lowValueSumMinor: 27500 } },   'approve'],
  ['no CDCVM, sum exceeded',                              { verified: NO_CDCVM, state: { lowValueSumMinor: 27501 } },   '65 cdcvm_required'],
  ['no CDCVM in another currency',                        { verified: NO_CDCVM, request: { currency: '840' } },         '65 cdcvm_required'],
  ['no CDCVM while the phone asks for step-up',           { verified: NO_CDCVM, iad: { threatResponse: 2 } },           '65 cdcvm_required'],
  ['no CDCVM while the phone only warns',                 { verified: NO_CDCVM, iad: { threatResponse: 1 } },           'approve'],
  // Domain controls.
  ['a cash withdrawal',                                   { request: { transactionType: '01' } },                       '57 transaction_type_not_allowed'],
  ['a refund by cryptogram',                              { request: { transactionType: '20' } },                       '57 transaction_type_not_allowed'],
  ['a contact chip entry mode',                           { request: { entryMode: '05' } },                             '57 channel_not_allowed'],
  ['keyed by hand',                                       { request: { entryMode: '01' } },                             '57 channel_not_allowed'],
  ['no entry mode in the message',                        { request: { entryMode: null } },                             'approve'],
  ['a country outside of the token\'s list',              { token: { allowedCountries: ['702', '458'] }, chip: { terminalCountry: '840' } }, '57 country_not_allowed'],
  ['a country on the token\'s list',                      { token: { allowedCountries: ['702', '458'] }, chip: { terminalCountry: '458' } }, 'approve'],
  ['another currency, with CDCVM',                        { request: { currency: '840' } },                             '57 currency_not_allowed'],
  ['an account in another currency',                      { account: { currency: '840' } },                             '57 currency_not_allowed'],
  // Amount limits.
  ['a tap of the token\'s limit',                         { request: { amountMinor: 50000 } },                          'approve'],
  ['a tap above the token\'s limit',                      { request: { amountMinor: 50001 } },                          '61 tap_limit_exceeded'],
  ['the day\'s limit just reached',                       { state: { daySumMinor: 197500 } },                           'approve'],
  ['the day\'s limit exceeded',                           { state: { daySumMinor: 197501 } },                           '61 day_limit_exceeded'],
  ['yesterday\'s sum does not count',                     { state: { day: '2026-11-22', daySumMinor: 200000 } },        'approve'],
  ['another process is a day ahead around midnight',      { state: { day: '2026-11-24', daySumMinor: 200000 } },        '61 day_limit_exceeded'],
  ['a day that only a wrong clock can have written',      { state: { day: '2027-11-24', daySumMinor: 200000 } },        'approve'],
  ['lower limits in force, with CDCVM',                   { iad: { threatResponse: 3 }, request: { amountMinor: 10001 } }, '61 tap_limit_exceeded'],
  ['lower limits in force, below them',                   { iad: { threatResponse: 3 }, request: { amountMinor: 10000 } }, 'approve'],
  // Threat state and policy.
  ['a device that the bank has suspended',                { device: { state: 'SUSPENDED' } },                           '59 device_not_trusted'],
  ['a device that was rolled back',                       { device: { state: 'ROLLED_BACK' } },                         '59 device_not_trusted'],
  ['a device that was cloned',                            { device: { state: 'CLONED' } },                              '59 device_not_trusted'],
  ['the phone says: block payment',                       { iad: { threatResponse: 4 } },                               '59 threat_response_in_force'],
  ['the phone says: wipe',                                { iad: { threatResponse: 6 } },                               '59 threat_response_in_force'],
  ['a policy older than the bank demands',                { device: { minimumPolicyVersion: 5 } },                      '59 policy_outdated'],
  ['the very policy that the bank demands',               { device: { minimumPolicyVersion: 4 } },                      'approve'],
  // Fraud rules.
  ['thirty approved taps within the minute',              { state: { recentSince: new Date(NOW.getTime() - 59_999), recentCount: 30 } }, '59 velocity_exceeded'],
  ['twenty-nine approved taps within the minute',         { state: { recentSince: new Date(NOW.getTime() - 59_999), recentCount: 29 } }, 'approve'],
  ['thirty approved taps, a minute ago',                  { state: { recentSince: new Date(NOW.getTime() - 60_000), recentCount: 30 } }, 'approve'],
  // Funds.
  ['the account\'s last cent',                            { account: { balanceMinor: 2500 } },                          'approve'],
  ['one cent short',                                      { account: { balanceMinor: 2499 } },                          '51 funds_insufficient'],
  ['enough, but for what is on hold',                     { account: { balanceMinor: 5000, heldMinor: 2501 } },         '51 funds_insufficient'],
  ['everything in order',                                 {},                                                           'approve'],
];

describe('the decision', () => {
  test.each(CASES)('%s', (_what, change, expected) => {
    expect(decideScene(sceneWith(change))).toBe(expected);
  });

  test('the table has a line for every refusal that a decision can give', () => {
    const decided = REFUSALS.slice(REFUSALS.indexOf('token_unknown'), REFUSALS.indexOf('unavailable'));
    const lines = new Set(CASES.map(([, , expected]) => expected));
    expect(decided.filter((name) => !lines.has(`${de39Of(name)} ${name}`))).toEqual([]);
  });
});

/** One fault a refusal. With any two of them at once, the earlier name is the answer. */
const FAULTS: [RefusalName, Change][] = CASES.filter(
  ([, , expected]) => / /.test(expected) && !/^(repeat|same)/.test(expected),
).map(([, change, expected]) => [expected.slice(3) as RefusalName, change]);

test('of two reasons the one with precedence is given', () => {
  let pairs = 0;
  for (const [first, one] of FAULTS) {
    for (const [second, other] of FAULTS) {
      if (REFUSALS.indexOf(first) >= REFUSALS.indexOf(second) || collide(one, other)) continue;
      // A reversed message is a repeat, and an exhausted PIN hides whether it was wrong: both stand in the table.
      if (one.message || other.message || second === 'pin_tries_exceeded') continue;
      // One is about a PIN that was given, the other about one that was not.
      if (first === 'pin_tries_exceeded' && second === 'cdcvm_required') continue;
      pairs += 1;
      const decided = decideScene(sceneWith(one, other));
      expect(`${first} before ${second}: ${decided}`).toBe(
        `${first} before ${second}: ${de39Of(first)} ${first}`,
      );
    }
  }
  expect(pairs).toBeGreaterThan(500);
});

describe('what a decision leaves behind', () => {
  // biome-ignore format: a table
  const NEXT: [what: string, change: Change, expected: object][] = [
    ['an approval with PIN',     { state: { pinTriesLeft: 1, lowValueCount: 4, lowValueSumMinor: 20000, daySumMinor: 100 } },
      { pinTriesLeft: 3, lowValueCount: 0, lowValueSumMinor: 0, day: '2026-11-23', daySumMinor: 2600, recentCount: 1 }],
    ['an approval without PIN',  { verified: NO_CDCVM, state: { pinTriesLeft: 1, lowValueCount: 2, lowValueSumMinor: 5000 } },
      { pinTriesLeft: 1, lowValueCount: 3, lowValueSumMinor: 7500, daySumMinor: 2500 }],
    ['a wrong PIN',              { verified: WRONG_PIN, state: { lowValueCount: 2, daySumMinor: 100 } },
      { pinTriesLeft: 2, lowValueCount: 2, daySumMinor: 100, recentCount: 0 }],
    ['a right PIN, no funds',    { account: { balanceMinor: 0 }, state: { pinTriesLeft: 1, lowValueCount: 4, daySumMinor: 100 } },
      { pinTriesLeft: 3, lowValueCount: 0, daySumMinor: 100, recentCount: 0 }],
    ['a right PIN, no try left', { state: { pinTriesLeft: 0, lowValueCount: 4 } }, { pinTriesLeft: 0, lowValueCount: 4 }],
    ['a wrong PIN, suspended',   { verified: WRONG_PIN, token: { state: 'SUSPENDED' } }, { pinTriesLeft: 3 }],
    ['around midnight, after a process that is ahead', { state: { day: '2026-11-24', daySumMinor: 100 } }, { day: '2026-11-24', daySumMinor: 2600 }],
    ['the first of a new day',   { state: { day: '2026-11-22', daySumMinor: 150000 } }, { day: '2026-11-23', daySumMinor: 2500 }],
  ];
  test.each(NEXT)('%s', (_what, change, expected) => {
    const decision = decideIn(sceneWith(change));
    expect(decision.kind).toBe('consume');
    expect((decision as Extract<typeof decision, { kind: 'consume' }>).next).toMatchObject(expected);
  });
});

test('nothing but a genuine cryptogram consumes an ATC', () => {
  for (const [what, change] of CASES) {
    const scene = sceneWith(change);
    const { kind } = decideIn(scene);
    if (kind === 'consume') expect(scene.verified, what).toMatchObject({ md: 'valid' });
    expect(decideIn({ ...scene, verified: { md: 'mismatch' } }).kind, what).not.toBe('consume');
    expect(decideIn({ ...scene, verified: null }).kind, what).not.toBe('consume');
  }
});

function sceneWith(...changes: Change[]): Scene {
  const scene = { ...SCENE } as Record<string, unknown>;
  for (const change of changes) {
    for (const [part, value] of Object.entries(change)) {
      const plain =
        typeof value === 'object' && value !== null && part !== 'verified' && scene[part] !== null;
      scene[part] = plain ? { ...(scene[part] as object), ...value } : value;
    }
  }
  return scene as Scene;
}

/** True when two changes touch the same thing, so that one would undo the other. */
function collide(one: Change, other: Change): boolean {
  return Object.entries(one).some(([part, value]) => {
    const theirs = other[part as keyof Change];
    if (theirs === undefined) return false;
    if (typeof value !== 'object' || typeof theirs !== 'object' || value === null || theirs === null)
      return true;
    return part === 'verified' || Object.keys(value).some((key) => key in theirs);
  });
}

function decideIn(scene: Scene) {
  const { token, state, account, device, keySet, authorisation, message, tombstone } = scene;
  const request = {
    ...scene.request,
    chip: { ...scene.chip, iad: scene.iad },
  } as unknown as AuthorisationRequest;
  const stored: StoredRows = { token, state, account, device, keySet, authorisation, message, tombstone };
  return decide(request, scene.known ? stored : null, scene.verified, NOW);
}

function decideScene(scene: Scene): string {
  const decision = decideIn(scene);
  switch (decision.kind) {
    case 'repeat':
      return `repeat ${decision.answer.de39}`;
    case 'same_presentment':
      return `same presentment ${decision.answer.de39}`;
    case 'verify':
      return 'verify';
    case 'refuse':
      return `${de39Of(decision.refusal)} ${decision.refusal}`;
    case 'consume':
      return decision.refusal === null ? 'approve' : `${de39Of(decision.refusal)} ${decision.refusal}`;
  }
}
