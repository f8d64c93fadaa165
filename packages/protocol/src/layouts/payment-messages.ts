/** Messages to the payment trusted application (bundle records of type message). docs/layouts.md §3 */

import { PROFILE_ID } from '../profiles.ts';
import type { BundleRecord } from './bundle-record.ts';
import {
  ascii,
  bcd,
  compressedNumeric,
  counted,
  encode,
  type Field,
  list,
  named,
  noFlags,
  octets,
  type Parsed,
  parse,
  struct,
  u8,
  u16,
  u32,
  u64,
  uuid,
  type ValueOf,
  version,
  zeros,
} from './fields.ts';

export const PAYMENT_TA_UUID = '7a5b1e60-5ea1-4c01-8001-544150534541';
/** At most this many live sets on a token; the TA refuses more. */
export const KEY_SETS_PER_TOKEN_MAX = 30;
export const OUTCOMES_PER_MESSAGE_MAX = 255;

const cardRecord = struct({ sfi: u8, recordNumber: u8, template: counted(u16, 254) } as const);

/** The token as 10 bytes of cn behind its number of digits. */
const countedToken: Field<string> = {
  read(source, name) {
    const start = source.position;
    const digits = u8.read(source, name);
    const token = compressedNumeric(10).read(source, name);
    if (token.length !== digits) source.refuse('not_decimal_digits', name, start);
    return token;
  },
  write(target, token, name) {
    u8.write(target, token.length, name);
    compressedNumeric(10).write(target, token, name);
  },
};

const personaliseToken = {
  version: version(1),
  profile: named(PROFILE_ID),
  tokenId: uuid,
  token: countedToken,
  psn: bcd(2),
  expiry: bcd(6),
  dki: u8,
  cvn: u8,
  aip: octets(2),
  homeCurrency: bcd(3),
  issuerCountry: bcd(3),
  lowValueTapLimitMinor: u64,
  lowValueTapsMax: u8,
  lowValueSumMinor: u64,
  cdcvmFreshSeconds: u16,
  logKey: octets(16),
  aid: counted(u8, 16),
  label: counted(u8, 16),
  pdol: counted(u8, 255),
  afl: counted(u8, 252),
  cdol1: counted(u16, 252),
  records: list(u8, cardRecord, 1, 16),
} as const;

const keySet = {
  keySetId: octets(7),
  atc: u16,
  idn: octets(2),
  mdKey: octets(16),
  umdKeyMaskedByPin: octets(16),
  flags: noFlags,
  umdKeyMaskedByBiometricKey: zeros(16),
  salt: octets(16),
  expiry: bcd(6),
} as const;

const keySets = { tokenId: uuid, keySets: list(u8, struct(keySet), 1, KEY_SETS_PER_TOKEN_MAX) } as const;
const tokenState = { tokenId: uuid, state: named({ active: 1, suspended: 2, deleted: 3 }) } as const;
const logAcknowledged = { tokenId: uuid, seq: u32 } as const;
const outcome = {
  atc: u16,
  outcome: named({ approved: 1, declined: 2, not_seen: 3 }),
  de39: ascii(2),
} as const;
const outcomes = { tokenId: uuid, outcomes: list(u8, struct(outcome), 1, OUTCOMES_PER_MESSAGE_MAX) } as const;
const pinChanged = { tokenId: uuid } as const;

export type PersonaliseToken = ValueOf<typeof personaliseToken>;
export type KeySet = ValueOf<typeof keySet>;
export type Outcome = ValueOf<typeof outcome>;

/** A message to the payment TA. */
export type PaymentMessage =
  | ({ readonly command: 'personalise_token' } & Readonly<PersonaliseToken>)
  | ({ readonly command: 'key_sets' } & Readonly<ValueOf<typeof keySets>>)
  | ({ readonly command: 'token_state' } & Readonly<ValueOf<typeof tokenState>>)
  | ({ readonly command: 'log_acknowledged' } & Readonly<ValueOf<typeof logAcknowledged>>)
  | ({ readonly command: 'outcomes' } & Readonly<ValueOf<typeof outcomes>>)
  | ({ readonly command: 'pin_changed' } & Readonly<ValueOf<typeof pinChanged>>);

const COMMANDS = [
  { command: 'personalise_token', code: 0x8001, layout: struct(personaliseToken) },
  { command: 'key_sets', code: 0x8002, layout: struct(keySets) },
  { command: 'token_state', code: 0x8003, layout: struct(tokenState) },
  { command: 'log_acknowledged', code: 0x8004, layout: struct(logAcknowledged) },
  { command: 'outcomes', code: 0x8005, layout: struct(outcomes) },
  { command: 'pin_changed', code: 0x8006, layout: struct(pinChanged) },
] as const;

/** The bundle record that carries a message. Its payload may hold keys: whoever asks for it wipes it. */
export function paymentRecord(message: PaymentMessage): BundleRecord & { readonly type: 'message' } {
  const { code, layout } = COMMANDS.find(({ command }) => command === message.command)!;
  const payload = encode(layout as unknown as Field<PaymentMessage>, message, message.command);
  return { type: 'message', trustedApplication: PAYMENT_TA_UUID, command: code, payload };
}

/** Reads a message back from its command code and payload. */
export function parsePaymentMessage(code: number, payload: Uint8Array): Parsed<PaymentMessage> {
  const entry = COMMANDS.find((candidate) => candidate.code === code);
  if (!entry) return { ok: false, refusal: 'unknown_value', at: 'command at 0' };
  const parsed = parse(entry.layout as unknown as Field<object>, payload, entry.command);
  return parsed.ok
    ? { ok: true, value: { command: entry.command, ...parsed.value } as PaymentMessage }
    : parsed;
}
