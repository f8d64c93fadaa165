import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keySetsMissing } from '../credentials/key-sets.ts';
import { decideDigitisation, lastDayOfMonth } from './digitisation-decision.ts';
import { makeTokenNumber } from './token-number.ts';
import { decideTokenState, type TokenStateName } from './token-state-decision.ts';
import { checkCardPan } from './vault.ts';

describe('digitisation', () => {
  const card = { customerId: 'mei', state: 'ACTIVE', expiry: '2801' } as const;
  const facts = { card, deviceCustomerId: 'mei', digitisedHere: false, today: '2027-01-04' } as const;

  // In order of precedence.
  it.each([
    ['no such card', { ...facts, card: undefined }, 'card_unknown'],
    [
      "another customer's, blocked",
      { ...facts, card: { ...card, state: 'BLOCKED' }, deviceCustomerId: 'arun' },
      'card_unknown',
    ],
    [
      'blocked and expired',
      { ...facts, card: { ...card, state: 'BLOCKED', expiry: '2612' } },
      'card_not_active',
    ],
    ['closed', { ...facts, card: { ...card, state: 'CLOSED' } }, 'card_not_active'],
    [
      'expired, here already',
      { ...facts, card: { ...card, expiry: '2612' }, digitisedHere: true },
      'card_expired',
    ],
    ['expired', { ...facts, card: { ...card, expiry: '2612' } }, 'card_expired'],
    ['here already', { ...facts, digitisedHere: true }, 'already_digitised'],
    ['in its last month', { ...facts, card: { ...card, expiry: '2701' } }, '2027-01-31'],
    ['good', facts, '2028-01-31'],
  ] as const)('%s', (_, case_, expected) => {
    const decision = decideDigitisation(case_);
    expect(decision.ok ? decision.value.expiresOn : decision.refusal).toBe(expected);
  });

  it.each([
    ['2802', '2028-02-29'],
    ['2702', '2027-02-28'],
    ['3012', '2030-12-31'],
  ])('%s ends on %s', (yymm, day) => {
    expect(lastDayOfMonth(yymm)).toBe(day);
  });
});

describe('token state', () => {
  // from → to: changed, the same, or refused
  const table: [TokenStateName, TokenStateName, boolean | 'refused'][] = [
    ['INACTIVE', 'INACTIVE', false],
    ['INACTIVE', 'ACTIVE', true],
    ['INACTIVE', 'SUSPENDED', 'refused'],
    ['INACTIVE', 'DEACTIVATED', true],
    ['ACTIVE', 'INACTIVE', 'refused'],
    ['ACTIVE', 'ACTIVE', false],
    ['ACTIVE', 'SUSPENDED', true],
    ['ACTIVE', 'DEACTIVATED', true],
    ['SUSPENDED', 'INACTIVE', 'refused'],
    ['SUSPENDED', 'ACTIVE', true],
    ['SUSPENDED', 'SUSPENDED', false],
    ['SUSPENDED', 'DEACTIVATED', true],
    ['DEACTIVATED', 'INACTIVE', 'refused'],
    ['DEACTIVATED', 'ACTIVE', 'refused'],
    ['DEACTIVATED', 'SUSPENDED', 'refused'],
    ['DEACTIVATED', 'DEACTIVATED', false],
  ];
  it.each(table)('%s → %s: %s', (from, to, expected) => {
    const decision = decideTokenState(from, to);
    expect(decision.ok ? decision.value.changed : 'refused').toBe(expected);
  });
});

describe('key sets', () => {
  // live, target, next ATC → to issue
  it.each([
    [0, 10, 1, 10],
    [5, 10, 11, 5],
    [10, 10, 11, 0],
    [12, 10, 13, 0],
    [0, 10, 65_530, 6],
    [0, 10, 65_535, 1],
    [0, 10, 65_536, 'atc_exhausted'],
    [10, 10, 65_536, 0],
  ])('%i live of %i, next ATC %i: %s', (live, target, nextAtc, expected) => {
    const missing = keySetsMissing(live, target, nextAtc);
    expect(missing.ok ? missing.value : missing.refusal).toBe(expected);
  });
});

describe('numbers', () => {
  it.each([
    ['9702010000000001', undefined],
    ['9702010000000002', 'pan_invalid'],
    ['970201000000', 'pan_invalid'],
    ['9702990000000012', 'pan_in_token_range'],
    ['97020100000000000000', 'pan_invalid'],
    ['abc', 'pan_invalid'],
  ])('a card %s: %s', (digits, refusal) => {
    const pan = checkCardPan(digits, '970299');
    expect(pan.ok ? undefined : pan.refusal).toBe(refusal);
  });

  it('a token lies in its range, passes Luhn, and no digit is likelier than another', () => {
    const random = (length: number) => new Uint8Array(randomBytes(length));
    const seen = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const token = makeTokenNumber('970299', random);
      expect(token.luhnValid()).toBe(true);
      expect(token.reveal()).toMatch(/^970299\d{10}$/);
      seen.add(token.reveal());
    }
    expect(seen.size).toBe(200);
    // Bytes from 250 on are passed over: they would favour the digits 0 to 5.
    const bytes = Uint8Array.of(250, 255, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    expect(
      makeTokenNumber('970299', () => bytes)
        .reveal()
        .slice(6, 15),
    ).toBe('987654321');
  });
});
