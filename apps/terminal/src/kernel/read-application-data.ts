/**
 * Read application data: EMV 4.4 Book 3 §10.2, EMV Contactless Book C-2 2.11, S4 (READ RECORD).
 */
import {
  accept,
  Pan,
  parseTrack2,
  type Result,
  readRecord,
  TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER,
  TAG_5F24_APPLICATION_EXPIRATION_DATE,
  TAG_5F25_APPLICATION_EFFECTIVE_DATE,
  TAG_5F28_ISSUER_COUNTRY_CODE,
  TAG_5F34_PAN_SEQUENCE_NUMBER,
  TAG_8C_CARD_RISK_MANAGEMENT_DATA_OBJECT_LIST_1,
  TAG_8E_CARDHOLDER_VERIFICATION_METHOD_LIST,
  TAG_9F0D_ISSUER_ACTION_CODE_DEFAULT,
  TAG_9F0E_ISSUER_ACTION_CODE_DENIAL,
  TAG_9F0F_ISSUER_ACTION_CODE_ONLINE,
  TAG_9F07_APPLICATION_USAGE_CONTROL,
  TAG_9F08_APPLICATION_VERSION_NUMBER,
  TAG_9F42_APPLICATION_CURRENCY_CODE,
  TAG_57_TRACK_2_EQUIVALENT_DATA,
  TAG_70_READ_RECORD_RESPONSE_MESSAGE_TEMPLATE,
  type Tag,
  tagHex,
  unpackN,
} from '@tapseal/emv/data';
import { exchangeOk, required, soleObject, type Transceive, valuesOf } from './exchange.ts';
import { type Stop, stop } from './outcome.ts';
import type { CardRead, Initiated } from './transaction.ts';

/** More than any card has; a card cannot keep the terminal reading. */
export const RECORDS_MAX = 32;

export async function readApplicationData(
  state: Initiated,
  transceive: Transceive,
): Promise<Result<CardRead, Stop>> {
  const records = parseAfl(state.afl);
  if (!records.ok) return records;
  const card = new Map<Tag, Uint8Array>();
  for (const { sfi, record } of records.value) {
    const name = `READ RECORD ${sfi}.${record}`;
    const answer = await exchangeOk(transceive, name, readRecord(sfi, record));
    if (!answer.ok) return answer;
    const template = soleObject(answer.value, [TAG_70_READ_RECORD_RESPONSE_MESSAGE_TEMPLATE]);
    if (!template.ok) return template;
    const values = valuesOf(answer.value, template.value);
    if (!values.ok) return values;
    for (const [tag, value] of values.value) {
      // Book 3 §10.2: a data object that is there twice ends the transaction, also across records.
      if (card.has(tag)) return stop('data_repeated', `${name}: ${tagHex(tag)}`);
      card.set(tag, value);
    }
  }
  return checked({ ...state, card });
}

/** Book 3 §10.2: SFI in bits 8–4, first and last record, how many of them enter offline data authentication. */
export function parseAfl(afl: Uint8Array): Result<readonly { sfi: number; record: number }[], Stop> {
  const records: { sfi: number; record: number }[] = [];
  const invalid = (at: number) => stop('data_invalid', `GET PROCESSING OPTIONS: 94 at ${at}`);
  if (afl.length === 0 || afl.length % 4 !== 0) return invalid(0);
  for (let at = 0; at < afl.length; at += 4) {
    const [location, first, last, authenticated] = afl.subarray(at, at + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const sfi = location >> 3;
    if ((location & 0x07) !== 0 || sfi < 1 || sfi > 10) return invalid(at);
    if (first === 0 || last < first || authenticated > last - first + 1) return invalid(at);
    for (let record = first; record <= last; record++) {
      if (records.length === RECORDS_MAX) return invalid(at);
      records.push({ sfi, record });
    }
  }
  return accept(records);
}

/** What these profiles need from the records, and how long it may be: [tag, shortest, longest, must be there]. */
const DATA: readonly (readonly [Tag, number, number, boolean])[] = [
  [TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER, 4, 10, true],
  [TAG_5F24_APPLICATION_EXPIRATION_DATE, 3, 3, true],
  [TAG_8C_CARD_RISK_MANAGEMENT_DATA_OBJECT_LIST_1, 2, 252, true],
  [TAG_57_TRACK_2_EQUIVALENT_DATA, 8, 19, false],
  [TAG_5F25_APPLICATION_EFFECTIVE_DATE, 3, 3, false],
  [TAG_5F28_ISSUER_COUNTRY_CODE, 2, 2, false],
  [TAG_5F34_PAN_SEQUENCE_NUMBER, 1, 1, false],
  [TAG_8E_CARDHOLDER_VERIFICATION_METHOD_LIST, 10, 252, false],
  [TAG_9F07_APPLICATION_USAGE_CONTROL, 2, 2, false],
  [TAG_9F08_APPLICATION_VERSION_NUMBER, 2, 2, false],
  [TAG_9F0D_ISSUER_ACTION_CODE_DEFAULT, 5, 5, false],
  [TAG_9F0E_ISSUER_ACTION_CODE_DENIAL, 5, 5, false],
  [TAG_9F0F_ISSUER_ACTION_CODE_ONLINE, 5, 5, false],
  [TAG_9F42_APPLICATION_CURRENCY_CODE, 2, 2, false],
];

/** Dates and the sequence number are decimal: format n. */
const DECIMAL: readonly Tag[] = [
  TAG_5F24_APPLICATION_EXPIRATION_DATE,
  TAG_5F25_APPLICATION_EFFECTIVE_DATE,
  TAG_5F34_PAN_SEQUENCE_NUMBER,
];

const NAME = 'records';

function checked(state: CardRead): Result<CardRead, Stop> {
  for (const [tag, shortest, longest, mandatory] of DATA) {
    if (!mandatory && !state.card.has(tag)) continue;
    const value = required(NAME, state.card, tag, shortest, longest);
    if (!value.ok) return value;
    if (DECIMAL.includes(tag) && unpackN(value.value) === undefined) {
      return stop('data_invalid', `${NAME}: ${tagHex(tag)} is not decimal`);
    }
  }
  const pan = Pan.fromCn(state.card.get(TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER)!);
  if (pan === undefined) return stop('data_invalid', `${NAME}: 5A is no account number`);
  const track = state.card.get(TAG_57_TRACK_2_EQUIVALENT_DATA);
  if (track === undefined) return accept(state);
  const track2 = parseTrack2(track);
  if (track2 === undefined) return stop('data_invalid', `${NAME}: 57 is no track 2`);
  // The bank compares these again; a card that contradicts itself need not bother it.
  const expiry = unpackN(state.card.get(TAG_5F24_APPLICATION_EXPIRATION_DATE)!)!;
  if (!track2.pan.equals(pan)) return stop('data_inconsistent', `${NAME}: 57 and 5A`);
  if (track2.expiry !== expiry.slice(0, 4)) return stop('data_inconsistent', `${NAME}: 57 and 5F24`);
  return accept(state);
}
