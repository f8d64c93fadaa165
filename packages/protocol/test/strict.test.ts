import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeBundleRecords,
  LOG_RECORD_LENGTH,
  parseBundle,
  parseBundleRecords,
  parseIssuerCertificate,
  parseLogRecord,
  parsePaymentMessage,
  parseUplink,
  parseUplinkBody,
  paymentRecord,
} from '../src/index.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('bundle records', () => {
  it.each([
    ['nothing', '', true, ''],
    ['a time', '01 0008 0000000000000001', true, ''],
    ['a time that is short', '01 0007 00000000000001', false, 'too_short'],
    ['a time that is long', '01 0009 000000000000000100', false, 'leftover_bytes'],
    ['a length beyond the end', '01 0009 0000000000000001', false, 'too_short'],
    ['an unknown type', '03 0000', false, 'unknown_value'],
    ['a response that does not exist', '02 0007 0001 00000000 07', false, 'unknown_value'],
    ['half a head', '01 00', false, 'too_short'],
  ])('%s', (_, text, ok, refusal) => {
    expect(parseBundleRecords(bytes(text))).toMatchObject(ok ? { ok } : { ok, refusal });
  });
});

describe('payment messages', () => {
  const tokenId = '6f1d2c3b-4a59-4687-8776-655443322110';

  it.each([
    ['no key set', { command: 'key_sets', tokenId, keySets: [] }],
    ['a UUID that is none', { command: 'pin_changed', tokenId: 'x' }],
    ['DE 39 of three characters', outcome('000')],
    [
      'an ATC beyond two bytes',
      { ...outcome('00'), outcomes: [{ atc: 65_536, outcome: 'approved', de39: '00' }] },
    ],
  ])('%s is a bug, not a message', (_, message) => {
    expect(() => paymentRecord(message as Parameters<typeof paymentRecord>[0])).toThrow(RangeError);
  });

  it('an unknown command is refused', () => {
    expect(parsePaymentMessage(0x8007, new Uint8Array(16))).toMatchObject({ refusal: 'unknown_value' });
  });

  it('says where', () => {
    const { payload, command } = paymentRecord({ command: 'token_state', tokenId, state: 'active' });
    payload[16] = 9;
    expect(parsePaymentMessage(command, payload)).toEqual({
      ok: false,
      refusal: 'unknown_value',
      at: 'token_state.state at 16',
    });
  });

  function outcome(de39: string) {
    return { command: 'outcomes', tokenId, outcomes: [{ atc: 1, outcome: 'approved', de39 }] };
  }
});

describe('whatever bytes come', () => {
  const parsers = [
    parseBundle,
    parseBundleRecords,
    parseIssuerCertificate,
    parseLogRecord,
    parseUplink,
    parseUplinkBody,
    ...[1, 2, 3, 4, 5, 6].map((n) => (input: Uint8Array) => parsePaymentMessage(0x8000 + n, input)),
  ];

  it('a parser answers, it does not throw', () => {
    const input = fc.uint8Array({ maxLength: 2 * LOG_RECORD_LENGTH });
    fc.assert(
      fc.property(
        input,
        fc.constantFrom(...parsers),
        (garbage, parser) => typeof parser(garbage).ok === 'boolean',
      ),
      { numRuns: 2_000 },
    );
  });

  it('records that are accepted are the bytes that they were read from', () => {
    const time = fc
      .bigInt({ min: 0n, max: (1n << 64n) - 1n })
      .map((unixSeconds) => ({ type: 'time', unixSeconds }) as const);
    const policy = fc
      .tuple(fc.nat(65_535), fc.nat(0xffffffff), fc.nat(6))
      .map(([version, validUntil, response]) => ({ type: 'policy', version, validUntil, response }) as const);
    fc.assert(
      fc.property(fc.array(fc.oneof(time, policy), { maxLength: 10 }), (records) => {
        const encoded = encodeBundleRecords(records);
        expect(parseBundleRecords(encoded)).toEqual({ ok: true, value: records });
      }),
    );
  });
});
