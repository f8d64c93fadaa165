import { describe, expect, it } from 'vitest';
import { activationCodeHash, decideActivation, makeActivationCode } from './activation-code.ts';

const now = new Date('2027-01-04T04:00:00Z');
const later = new Date(now.getTime() + 1);
const row = { customerId: 'c', expiresAt: later, usedAt: null, tries: 0 };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('activation code', () => {
  // In order of precedence.
  it.each([
    ['none such', undefined, 'activation_code_unknown'],
    ['used and expired', { ...row, usedAt: now, expiresAt: now }, 'activation_code_used'],
    ['used', { ...row, usedAt: now }, 'activation_code_used'],
    ['expired and tried out', { ...row, expiresAt: now, tries: 5 }, 'activation_code_expired'],
    ['expires now', { ...row, expiresAt: now }, 'activation_code_expired'],
    ['tried five times', { ...row, tries: 5 }, 'activation_code_tries_exceeded'],
    ['tried four times', { ...row, tries: 4 }, undefined],
    ['fresh', row, undefined],
  ])('%s', (_, found, refusal) => {
    const decision = decideActivation(found, now, 5);
    expect(decision.ok ? undefined : decision.refusal).toBe(refusal);
  });

  it('is 80 bits in 16 letters that can be read out', () => {
    expect(makeActivationCode(() => new Uint8Array(10))).toBe('0000-0000-0000-0000');
    expect(makeActivationCode(() => new Uint8Array(10).fill(0xff))).toBe('ZZZZ-ZZZZ-ZZZZ-ZZZZ');
    expect(makeActivationCode(() => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 32))).toBe(
      '0000-0000-0000-0010',
    );
  });

  it('is the same however it is typed', () => {
    const hash = hex(activationCodeHash('01AB-CDEF-GHJK-MNPQ'));
    for (const typed of [
      '01abcdefghjkmnpq',
      'OIAB-CDEF-GHJK-MNPQ',
      'olab cdef'.replace(' cdef', 'cdefghjkmnpq'),
    ]) {
      expect(hex(activationCodeHash(typed))).toBe(hash);
    }
    expect(hex(activationCodeHash('01AB-CDEF-GHJK-MNPR'))).not.toBe(hash);
  });
});
