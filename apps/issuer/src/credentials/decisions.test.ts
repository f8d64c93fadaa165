/** What a device's signed words show: tables in order of precedence. */

import type { Receipt } from '@tapseal/protocol';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from './outcomes.ts';
import { decideReceipt } from './receipts.ts';
import { decideUplink, type UplinkFacts } from './uplinks.ts';

const deviceId = new Uint8Array(16).fill(1);
const other = new Uint8Array(16).fill(2);
const HUGE = 1n << 60n;

describe('uplink', () => {
  const facts: UplinkFacts = { deviceId, highestNumber: 5, highestGeneration: 20, seen: 'never' };
  const uplink = { deviceId, uplinkNumber: 6n, generation: 21n };

  it.each([
    [
      'of another device, forked',
      { ...facts, seen: 'different' },
      { ...uplink, deviceId: other },
      'uplink_wrong_device',
    ],
    ['a number that nobody counted to', facts, { ...uplink, uplinkNumber: HUGE }, 'uplink_malformed'],
    ['a generation that nobody counted to', facts, { ...uplink, generation: HUGE }, 'uplink_malformed'],
    [
      'other bytes, the highest number',
      { ...facts, seen: 'different' },
      { ...uplink, uplinkNumber: 5n },
      'uplink_forked',
    ],
    [
      'other bytes, an older number and generation',
      { ...facts, seen: 'different' },
      { ...uplink, uplinkNumber: 2n, generation: 3n },
      'uplink_forked',
    ],
    ['the same bytes', { ...facts, seen: 'same' }, { ...uplink, uplinkNumber: 5n }, 'uplink_repeated'],
    [
      'a number that was left out, late',
      facts,
      { ...uplink, uplinkNumber: 4n, generation: 15n },
      'uplink_repeated',
    ],
    ['the next number, an older generation', facts, { ...uplink, generation: 19n }, 'generation_rolled_back'],
    ['the next number, the same generation', facts, { ...uplink, generation: 20n }, 6],
    ['the next number', facts, uplink, 6],
    ['a number further on', facts, { ...uplink, uplinkNumber: 9n }, 9],
  ] as const)('%s', (_, known, said, expected) => {
    const decision = decideUplink(known, said);
    expect(decision.ok ? decision.value.number : decision.refusal).toBe(expected);
  });
});

describe('receipt', () => {
  const hash = new Uint8Array(32).fill(3);
  const bytes = new Uint8Array(178).fill(4);
  const receipt: Receipt = {
    deviceId,
    bundleNumber: 2n,
    bundleHash: hash,
    generation: 8n,
    status: 0,
    nextOneTimePublicKey: new Uint8Array(32),
  };
  const facts = { deviceId, bundle: { hash, receipt: null as Uint8Array | null }, generationBefore: 7 };
  const answered = { ...facts, bundle: { hash, receipt: bytes } };

  it.each([
    ['of another device', facts, { ...receipt, deviceId: other }, 'receipt_wrong_device'],
    ['a generation that nobody counted to', facts, { ...receipt, generation: HUGE }, 'receipt_malformed'],
    ['no such bundle', { ...facts, bundle: undefined }, receipt, 'receipt_unknown_bundle'],
    [
      'other bytes, answered before',
      answered,
      { ...receipt, bundleHash: bytes.subarray(0, 32) },
      'receipt_hash_mismatch',
    ],
    [
      'another receipt was there',
      { ...answered, bundle: { hash, receipt: new Uint8Array(178) } },
      receipt,
      'receipt_forked',
    ],
    [
      'the same receipt, of an older generation by now',
      { ...answered, generationBefore: 90 },
      receipt,
      'repeat',
    ],
    ['an older generation', facts, { ...receipt, generation: 6n }, 'generation_rolled_back'],
    ['the generation of the receipt before', facts, { ...receipt, generation: 7n }, 'generation_rolled_back'],
    ['a new generation', facts, receipt, 'new'],
    ['the first', { ...facts, generationBefore: 0 }, { ...receipt, generation: 1n }, 'new'],
  ] as const)('%s', (_, known, said, expected) => {
    const decision = decideReceipt(known, said, bytes);
    expect(decision.ok ? (decision.value.repeat ? 'repeat' : 'new') : decision.refusal).toBe(expected);
  });
});

it.each([
  [
    { atc: 1, de39: '00', refusal: null },
    { atc: 1, outcome: 'approved', de39: '00' },
  ],
  [
    { atc: 2, de39: '55', refusal: 'pin_mismatch' },
    { atc: 2, outcome: 'declined', de39: '55' },
  ],
  [
    { atc: 3, de39: null, refusal: null },
    { atc: 3, outcome: 'not_seen', de39: '  ' },
  ],
])('outcome %#', (row, outcome) => {
  expect(outcomeOf(row)).toEqual(outcome);
});
