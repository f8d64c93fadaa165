import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from '../src/request-body.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) =>
  value === undefined ? undefined : new TextDecoder().decode(value);

describe('a body', () => {
  const accepted: [body: string, members: object, pin: string | undefined][] = [
    ['{}', {}, undefined],
    ['{"pin":"4929"}', {}, '4929'],
    [' { "pin" : "4929" , "profile" : "open" } ', { profile: 'open' }, '4929'],
    [
      '{"profile":"tdes","cardId":"x","pin":"123456789012"}',
      { profile: 'tdes', cardId: 'x' },
      '123456789012',
    ],
    ['{"profile":"\\"pin\\":\\"1111\\"","pin":"4929"}', { profile: '"pin":"1111"' }, '4929'],
    ['{"a":"pin","pin":"4929"}', { a: 'pin' }, '4929'],
    ['{"pin":""}', {}, ''],
  ];
  it.each(accepted)('%s', (body, members, pin) => {
    const read = readBody(bytes(body));
    expect(read.members).toEqual(members);
    expect(text(read.pin)).toBe(pin);
  });

  it.each([
    ['', 'nothing'],
    ['[]', 'a list'],
    ['"pin"', 'a string'],
    ['{"pin":4929}', 'a number: digits would have been lost (0123)'],
    ['{"pin":"49a9"}', 'not only digits'],
    ['{"pin":"49\\u0032\\u0039"}', 'escapes'],
    ['{"pin":"4929}', 'no end'],
    ['{"p\\u0069n":"4929"}', 'the name in another spelling'],
    ['{"pin":"4929","pin":"1111"}', 'twice'],
    ['{"pin":"4929","p\\u0069n":"1111"}', 'twice, in another spelling'],
    ['{"deeper":{"pin":"4929"}}', 'in another object'],
    ['{"pin":"4929","deeper":{"pin":"1111"}}', 'there and deeper'],
    ['{"pin":null}', 'null'],
    ['{"a":"\xff', 'cut'],
  ])('%s is refused: %s', (body) => {
    const buffer = bytes(body);
    expect(() => readBody(buffer)).toThrow('body_malformed');
    expect(buffer.every((byte) => byte === 0)).toBe(true);
  });

  it('quotes nothing of what it refused', () => {
    for (const body of ['{"pin":"4929', '{"pin":"4929"', '{"pin":"4929"} 4929', '4929']) {
      const error = (() => {
        try {
          readBody(bytes(body));
        } catch (caught) {
          return caught as Error;
        }
        throw new Error('was accepted');
      })();
      expect(`${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toContain('4929');
    }
  });

  it('is overwritten, and holds the PIN in no member, whatever it is', () => {
    const digits = fc.stringMatching(/^[0-9]{4,12}$/);
    const member = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
      maxKeys: 4,
    });
    const property = fc.property(member, digits, fc.nat({ max: 3 }), (others, pin, place) => {
      const { pin: _, ...rest } = others;
      const entries = Object.entries(rest).filter(([name]) => name !== '__proto__');
      entries.splice(place, 0, ['pin', pin]);
      const buffer = bytes(
        `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)}}`,
      );
      const body = readBody(buffer);
      expect(text(body.pin)).toBe(pin);
      expect(body.members).toEqual(Object.fromEntries(entries.filter(([name]) => name !== 'pin')));
      expect(buffer.every((byte) => byte === 0)).toBe(true);
    });
    fc.assert(property, { numRuns: 300, seed: 20 });
  });
});
