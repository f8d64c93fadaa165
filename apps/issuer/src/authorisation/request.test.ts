// What a request must be before anything is looked up: one line a case, what is changed, and the refusal with its place.
import { encodeTlv, fromHex, packN, parseTlv, type TlvSource, tlv } from '@tapseal/emv/data';
import type { Message, MutableFields } from '@tapseal/iso8583';
import { describe, expect, test } from 'vitest';
import { parseRequest } from './request.ts';
import { authorisationMessage, testCard } from './test-bank.ts';

const OPEN = authorisationMessage(testCard('open'), { atc: 7 });
const TDES = authorisationMessage(testCard('tdes'), { atc: 7 });
const TOKEN = OPEN.fields[2]!;

type Change = (message: Message) => Message;

const field =
  (number: keyof MutableFields, value: string | Uint8Array | undefined): Change =>
  (message) => ({ ...message, fields: { ...message.fields, [number]: value } });

/** DE 55 with one data object changed, added, or (undefined) taken out. */
const tag =
  (number: number, hex: string | undefined): Change =>
  (message) => {
    const parsed = parseTlv(message.fields[55]!);
    if (!parsed.ok) throw new Error(parsed.refusal.reason);
    const objects: TlvSource[] = parsed.value.filter((object) => object.tag !== number);
    if (hex !== undefined) objects.push(tlv(number, fromHex(hex)));
    return field(55, encodeTlv(...objects))(message);
  };

const iad =
  (byte: number, value: number): Change =>
  (message) => {
    const parsed = parseTlv(message.fields[55]!);
    const bytes = parsed.ok
      ? parsed.value.find((object) => object.tag === 0x9f10)!.value.slice()
      : new Uint8Array();
    bytes[byte - 1] = value;
    return tag(0x9f10, Buffer.from(bytes).toString('hex'))(message);
  };

const cut: Change = (message) => field(55, message.fields[55]!.slice(0, -1))(message);
const twice: Change = (message) =>
  field(55, Buffer.concat([message.fields[55]!, encodeTlv(tlv(0x9f02, packN(1, 6)))]))(message);

// biome-ignore format: a table
const CASES: [what: string, message: Message, changes: Change[], expected: string][] = [
  ['as the terminal made it, open',          OPEN, [],                                               'accepted'],
  ['as the terminal made it, tdes',          TDES, [],                                               'accepted'],
  ['no DE 55',                               OPEN, [field(55, undefined)],                           'chip_data_missing 55'],
  ['DE 55 cut by a byte',                    OPEN, [cut],                                            'chip_data_malformed 55.5F34'],
  ['DE 55 with a byte left over',            OPEN, [(m) => field(55, Buffer.concat([m.fields[55]!, Buffer.from([0x9f])]))(m)], 'chip_data_malformed 55.9F'],
  ['an amount twice: which one counts?',     OPEN, [twice],                                          'chip_data_malformed 55.9F02'],
  ['no 9F02',                                OPEN, [tag(0x9f02, undefined)],                         'chip_data_missing 55.9F02'],
  ['no 9F03',                                OPEN, [tag(0x9f03, undefined)],                         'chip_data_missing 55.9F03'],
  ['no 9F1A',                                OPEN, [tag(0x9f1a, undefined)],                         'chip_data_missing 55.9F1A'],
  ['no 95',                                  OPEN, [tag(0x95, undefined)],                           'chip_data_missing 55.95'],
  ['no 5F2A',                                OPEN, [tag(0x5f2a, undefined)],                         'chip_data_missing 55.5F2A'],
  ['no 9A',                                  OPEN, [tag(0x9a, undefined)],                           'chip_data_missing 55.9A'],
  ['no 9C',                                  OPEN, [tag(0x9c, undefined)],                           'chip_data_missing 55.9C'],
  ['no 9F37',                                OPEN, [tag(0x9f37, undefined)],                         'chip_data_missing 55.9F37'],
  ['no 82',                                  OPEN, [tag(0x82, undefined)],                           'chip_data_missing 55.82'],
  ['no 9F36',                                OPEN, [tag(0x9f36, undefined)],                         'chip_data_missing 55.9F36'],
  ['no 9F10',                                OPEN, [tag(0x9f10, undefined)],                         'chip_data_missing 55.9F10'],
  ['no 9F26',                                OPEN, [tag(0x9f26, undefined)],                         'chip_data_missing 55.9F26'],
  ['no 9F27',                                OPEN, [tag(0x9f27, undefined)],                         'chip_data_missing 55.9F27'],
  ['an ATC of three bytes',                  OPEN, [tag(0x9f36, '000007')],                          'chip_data_malformed 55.9F36'],
  ['a cryptogram of seven bytes',            OPEN, [tag(0x9f26, '11223344556677')],                  'chip_data_malformed 55.9F26'],
  ['a day that does not exist',              OPEN, [tag(0x9a, '260230')],                            'chip_data_malformed 55.9A'],
  ['a date that is no digits',               OPEN, [tag(0x9a, '26112F')],                            'chip_data_malformed 55.9A'],
  ['a sequence number that is no digits',    OPEN, [tag(0x5f34, '0A')],                              'chip_data_malformed 55.5F34'],
  ['the token again in 5A',                  OPEN, [tag(0x5a, `${TOKEN}`)],                          'accepted'],
  ['another token in 5A',                    OPEN, [tag(0x5a, '9702990000000011')],                  'token_mismatch 2'],
  ['another token in 57',                    OPEN, [tag(0x57, '9702990000000011D29112010000000000000F')], 'token_mismatch 2'],
  ['a 57 that is no track 2',                OPEN, [tag(0x57, '97')],                                'token_mismatch 2'],
  ['the token again in DE 35',               OPEN, [field(35, `${TOKEN}=2911201`)],                  'accepted'],
  ['the token in DE 35 alone',               OPEN, [field(2, undefined), field(35, `${TOKEN}=2911201`)], 'accepted'],
  ['another token in DE 35',                 OPEN, [field(35, '9702990000000011=2911201')],          'token_mismatch 2'],
  ['DE 4 is not what the card signed',       OPEN, [field(4, '000000000001')],                       'amount_mismatch 4.9F02'],
  ['DE 49 is not what the card signed',      OPEN, [field(49, '840')],                               'currency_mismatch 49.5F2A'],
  ['DE 23 is not 5F34',                      OPEN, [field(23, '002')],                               'sequence_number_mismatch 23.5F34'],
  ['no 5F34, DE 23 speaks',                  OPEN, [tag(0x5f34, undefined)],                         'accepted'],
  ['no DE 23, 5F34 speaks',                  OPEN, [field(23, undefined)],                           'accepted'],
  ['DE 3 is not 9C',                         OPEN, [field(3, '200000')],                             'transaction_type_mismatch 3.9C'],
  ['9F27 says AAC',                          OPEN, [tag(0x9f27, '00')],                              'cryptogram_type_mismatch 55.9F27'],
  ['9F27 says TC',                           OPEN, [tag(0x9f27, '40')],                              'cryptogram_type_mismatch 55.9F27'],
  ['9F27 says ARQC, the signed CVR AAC',     OPEN, [iad(4, 0x80)],                                   'cryptogram_type_mismatch 55.9F10'],
  ['tdes: the signed CVR says AAC',          TDES, [iad(3, 0x80)],                                   'cryptogram_type_mismatch 55.9F10'],
  ['an IAD of no length of ours',            OPEN, [tag(0x9f10, '0FA601')],                          'issuer_application_data_malformed 55.9F10'],
  ['an IAD of another version',              OPEN, [iad(2, 0xa5)],                                   'issuer_application_data_malformed 55.9F10'],
  ['tdes: an IAD of another version',        TDES, [iad(2, 0x14)],                                   'issuer_application_data_malformed 55.9F10'],
  ['a reserved bit of the CVR',              OPEN, [iad(8, 0x01)],                                   'issuer_application_data_malformed 55.9F10'],
  ['a threat response that is none',         OPEN, [iad(11, 7)],                                     'issuer_application_data_malformed 55.9F10'],
  // Of two reasons, the earlier.
  ['wrong token and wrong amount',           OPEN, [tag(0x5a, '9702990000000011'), field(4, '000000000001')], 'token_mismatch 2'],
  ['wrong amount and wrong currency',        OPEN, [field(4, '000000000001'), field(49, '840')],     'amount_mismatch 4.9F02'],
  ['wrong amount and no cryptogram',         OPEN, [field(4, '000000000001'), tag(0x9f26, undefined)], 'chip_data_missing 55.9F26'],
];

describe('a request against itself', () => {
  test.each(CASES)('%s', (_what, message, changes, expected) => {
    const parsed = parseRequest(changes.reduce((changed, change) => change(changed), message));
    const place = parsed.ok ? '' : ` ${parsed.field}${parsed.tag === undefined ? '' : `.${parsed.tag}`}`;
    expect(parsed.ok ? 'accepted' : `${parsed.refusal}${place}`).toBe(expected);
  });
});

test('a request is read into what the decision needs', () => {
  for (const [profile, message] of [['open', OPEN] as const, ['tdes', TDES] as const]) {
    const parsed = parseRequest(message);
    expect(parsed).toMatchObject({
      ok: true,
      request: {
        financial: false,
        psn: 1,
        amountMinor: 2500,
        currency: '702',
        transactionType: '00',
        entryMode: '07',
        terminalId: 'TERM0001',
        chip: {
          atc: 7,
          transactionDate: '2026-11-23',
          terminalCountry: '702',
          iad: { profile, dki: 1, policyVersion: 1 },
        },
      },
    });
  }
});

test('a parsed request prints no token', () => {
  const parsed = parseRequest(OPEN);
  if (!parsed.ok) throw new Error(parsed.refusal);
  const { chip: _bytes, ...request } = parsed.request;
  expect(JSON.stringify(request)).not.toContain(TOKEN);
  expect(`${request.token}`).not.toContain(TOKEN);
});
