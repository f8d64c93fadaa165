/**
 * DE 55 of an authorisation request: the data that the issuer needs to recompute the cryptogram and judge it, as BER-TLV
 * objects one after the other. EMV 4.4 Book 4 §12 (table 27, ICC system-related data), in our order.
 */
import {
  encodeTlv,
  packN,
  TAG_5F2A_TRANSACTION_CURRENCY_CODE,
  TAG_5F34_PAN_SEQUENCE_NUMBER,
  TAG_9A_TRANSACTION_DATE,
  TAG_9C_TRANSACTION_TYPE,
  TAG_9F1A_TERMINAL_COUNTRY_CODE,
  TAG_9F02_AMOUNT_AUTHORISED,
  TAG_9F03_AMOUNT_OTHER,
  TAG_9F10_ISSUER_APPLICATION_DATA,
  TAG_9F26_APPLICATION_CRYPTOGRAM,
  TAG_9F27_CRYPTOGRAM_INFORMATION_DATA,
  TAG_9F33_TERMINAL_CAPABILITIES,
  TAG_9F34_CARDHOLDER_VERIFICATION_METHOD_RESULTS,
  TAG_9F35_TERMINAL_TYPE,
  TAG_9F36_APPLICATION_TRANSACTION_COUNTER,
  TAG_9F37_UNPREDICTABLE_NUMBER,
  TAG_82_APPLICATION_INTERCHANGE_PROFILE,
  TAG_84_DEDICATED_FILE_NAME,
  TAG_95_TERMINAL_VERIFICATION_RESULTS,
  type Tag,
  tlv,
} from '@tapseal/emv/data';
import type { OnlineRequest } from '../kernel/index.ts';

const TERMINAL_TAGS: readonly Tag[] = [
  TAG_9F37_UNPREDICTABLE_NUMBER,
  TAG_95_TERMINAL_VERIFICATION_RESULTS,
  TAG_9A_TRANSACTION_DATE,
  TAG_9C_TRANSACTION_TYPE,
  TAG_9F02_AMOUNT_AUTHORISED,
  TAG_5F2A_TRANSACTION_CURRENCY_CODE,
  TAG_9F1A_TERMINAL_COUNTRY_CODE,
  TAG_9F03_AMOUNT_OTHER,
  TAG_9F33_TERMINAL_CAPABILITIES,
  TAG_9F34_CARDHOLDER_VERIFICATION_METHOD_RESULTS,
  TAG_9F35_TERMINAL_TYPE,
];

export function field55(online: OnlineRequest): Uint8Array {
  const { cryptogram } = online;
  const sequence = online.panSequenceNumber;
  return encodeTlv(
    tlv(TAG_9F26_APPLICATION_CRYPTOGRAM, cryptogram.cryptogram),
    tlv(TAG_9F27_CRYPTOGRAM_INFORMATION_DATA, cryptogram.informationData),
    tlv(TAG_9F10_ISSUER_APPLICATION_DATA, cryptogram.issuerApplicationData),
    tlv(TAG_9F36_APPLICATION_TRANSACTION_COUNTER, cryptogram.atc),
    tlv(TAG_82_APPLICATION_INTERCHANGE_PROFILE, online.aip),
    tlv(TAG_84_DEDICATED_FILE_NAME, online.aid),
    ...(sequence === undefined ? [] : [tlv(TAG_5F34_PAN_SEQUENCE_NUMBER, packN(sequence, 1))]),
    ...TERMINAL_TAGS.map((tag) => tlv(tag, online.terminalValues.get(tag)!)),
  );
}
