/** What an uplink carries: kind 1, body. docs/layouts.md §4 */

import { encode, type Field, octets, type Parsed, parse, struct, u16, uuid, type ValueOf } from './fields.ts';
import { LOG_RECORD_LENGTH } from './log-record.ts';

/** `boundId` is the card to digitise, or the token for a change; the field is ISO 9564-1 format 4, in clear. */
const pin = { boundId: uuid, plainTextPinField: octets(16) } as const;
const KIND_PIN = 0x01;
const KIND_LOG = 0x02;

/** Records of one upload: more than a wallet can hold (an upload holds at most 255 of them). */
export const LOG_RECORDS_PER_UPLINK_MAX = 255;

const rawRecords: Field<Uint8Array[]> = {
  read(source, name) {
    const start = source.position;
    const count = u16.read(source, name);
    if (count > LOG_RECORDS_PER_UPLINK_MAX) source.refuse('too_long', name, start);
    return Array.from({ length: count }, (_, index) => source.take(LOG_RECORD_LENGTH, `${name}[${index}]`));
  },
  write(target, records, name) {
    if (records.length > LOG_RECORDS_PER_UPLINK_MAX)
      throw new RangeError(`${name}: ${records.length} records`);
    u16.write(target, records.length, name);
    for (const record of records) octets(LOG_RECORD_LENGTH).write(target, record, name);
  },
};
const log = { tokenId: uuid, records: rawRecords } as const;

export type UplinkBody =
  | ({ readonly kind: 'pin' } & Readonly<ValueOf<typeof pin>>)
  | ({ readonly kind: 'log' } & Readonly<ValueOf<typeof log>>);

/** The plaintext of an uplink. */
export function encodeUplinkBody(body: UplinkBody): Uint8Array<ArrayBuffer> {
  return body.kind === 'pin'
    ? Uint8Array.from([KIND_PIN, ...encode(struct(pin), body, 'pin')])
    : Uint8Array.from([KIND_LOG, ...encode(struct(log), body, 'log')]);
}

/** Reads the plaintext of an uplink. */
export function parseUplinkBody(plaintext: Uint8Array): Parsed<UplinkBody> {
  const rest = plaintext.subarray(1);
  if (plaintext[0] === KIND_PIN) {
    const parsed = parse(struct(pin), rest, 'pin');
    return parsed.ok ? { ok: true, value: { kind: 'pin', ...parsed.value } } : parsed;
  }
  if (plaintext[0] === KIND_LOG) {
    const parsed = parse(struct(log), rest, 'log');
    return parsed.ok ? { ok: true, value: { kind: 'log', ...parsed.value } } : parsed;
  }
  return { ok: false, refusal: plaintext.length === 0 ? 'too_short' : 'unknown_value', at: 'kind at 0' };
}
