import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import {
  Base64,
  CardRequest,
  DigitisationRequest,
  hardestResponse,
  problemName,
  THREAT_BLOCKS,
  THREATS,
  threatBlock,
  Uuid,
  uuidBytes,
  uuidText,
} from '../src/index.ts';

describe('values of the API', () => {
  it.each([
    [Uuid, '7a5b1e60-5ea1-4c01-8001-544150534541', true],
    [Uuid, '7A5B1E60-5EA1-4C01-8001-544150534541', false],
    [Base64, '', true],
    [Base64, 'AAA=', true],
    [Base64, 'AAA', false],
    [Base64, 'AA-_', false],
    [CardRequest, card({}), true],
    [CardRequest, card({ pan: '4111-1111' }), false],
    [CardRequest, card({ expiry: '2913' }), false],
    [CardRequest, card({ balanceMinor: 0.5 }), false],
    [CardRequest, card({ balanceMinor: -1 }), false],
    [CardRequest, card({ limit: 1 }), false],
    [
      DigitisationRequest,
      { cardId: '7a5b1e60-5ea1-4c01-8001-544150534541', profile: 'luk', uplink: '' },
      false,
    ],
  ])('case %#', (schema, value, valid) => {
    expect(Value.Check(schema, value)).toBe(valid);
  });

  it('accepts exactly the base64 that Node writes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => Value.Check(Base64, Buffer.from(bytes).toString('base64'))),
    );
  });

  it('reads a UUID back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(uuidBytes(uuidText(bytes))).toEqual(bytes);
      }),
    );
    expect(uuidBytes('no uuid')).toBeUndefined();
  });

  it('names a problem', () => {
    expect(problemName({ type: 'urn:tapseal:problem:token_suspended' })).toBe('token_suspended');
    expect(problemName({ type: 'about:blank' })).toBeUndefined();
  });

  function card(other: object) {
    return {
      pan: '9702010000000000',
      expiry: '2912',
      label: 'Blue',
      currency: 'SGD',
      balanceMinor: 1,
      ...other,
    };
  }
});

describe('threats', () => {
  it('every code is unique, named once, and in a block', () => {
    expect(new Set(THREATS.map(({ code }) => code)).size).toBe(THREATS.length);
    expect(new Set(THREATS.map(({ name }) => name)).size).toBe(THREATS.length);
    for (const { code } of THREATS) expect(threatBlock(code)).toBeDefined();
    const used = new Set(THREATS.map(({ code }) => threatBlock(code)));
    expect([...used]).toEqual(Object.values(THREAT_BLOCKS));
    expect(threatBlock(9001)).toBeUndefined();
  });

  it.each([
    [[], 'observe'],
    [['warn', 'step_up'], 'step_up'],
    [['wipe', 'observe'], 'wipe'],
  ] as const)('the hardest of %j is %s', (responses, hardest) => {
    expect(hardestResponse(responses)).toBe(hardest);
  });
});
