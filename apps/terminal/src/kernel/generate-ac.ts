/**
 * Card action analysis: GENERATE AC and what its answer means. EMV 4.4 Book 3 §6.5.5 and §10.8, EMV Contactless
 * Book C-2 2.11, S9.
 */
import {
  accept,
  CRYPTOGRAM_TYPE_BITS,
  type CryptogramType,
  fillDol,
  generateAc,
  parseDol,
  type Result,
  TAG_8C_CARD_RISK_MANAGEMENT_DATA_OBJECT_LIST_1,
  TAG_9F10_ISSUER_APPLICATION_DATA,
  TAG_9F26_APPLICATION_CRYPTOGRAM,
  TAG_9F27_CRYPTOGRAM_INFORMATION_DATA,
  TAG_9F36_APPLICATION_TRANSACTION_COUNTER,
  TAG_77_RESPONSE_MESSAGE_TEMPLATE_FORMAT_2,
  TAG_80_RESPONSE_MESSAGE_TEMPLATE_FORMAT_1,
  type Tag,
} from '@tapseal/emv/data';
import { type Answer, exchangeOk, required, soleObject, type Transceive, valuesOf } from './exchange.ts';
import { type Stop, stop } from './outcome.ts';
import { type CardRead, terminalValues } from './transaction.ts';

const NAME = 'GENERATE AC';

/** The card's answer, each value with its length checked. */
export interface Cryptogram {
  readonly type: CryptogramType;
  /** 9F27, 1 byte. */
  readonly informationData: Uint8Array;
  /** 9F36, 2 bytes. */
  readonly atc: Uint8Array;
  /** 9F26, 8 bytes. */
  readonly cryptogram: Uint8Array;
  /** 9F10, at most 32 bytes. */
  readonly issuerApplicationData: Uint8Array;
}

export async function generateCryptogram(
  state: CardRead,
  requested: CryptogramType,
  transceive: Transceive,
): Promise<Result<Cryptogram, Stop>> {
  const cdol = parseDol(state.card.get(TAG_8C_CARD_RISK_MANAGEMENT_DATA_OBJECT_LIST_1)!);
  if (!cdol.ok) return stop('data_invalid', `records: 8C: ${cdol.refusal.reason} at ${cdol.refusal.offset}`);
  const known = terminalValues(state);
  // §5.4: a DOL may ask for card data too; what the terminal knows always comes from the terminal.
  const values = fillDol(cdol.value, (tag) => known.get(tag) ?? state.card.get(tag));

  const answer = await exchangeOk(transceive, NAME, generateAc(requested, values));
  if (!answer.ok) return answer;
  const cryptogram = parseCryptogram(answer.value);
  if (!cryptogram.ok) return cryptogram;
  // §10.8: a card may answer with less than it was asked for (TC, ARQC, AAC in falling order), never with more.
  if (RANK[cryptogram.value.type] > RANK[requested]) {
    return stop('cryptogram_not_requested', `${NAME}: ${cryptogram.value.type} for ${requested}`);
  }
  return cryptogram;
}

const RANK: Readonly<Record<CryptogramType, number>> = { AAC: 0, ARQC: 1, TC: 2 };

/** Book 3 §6.5.5.4: format 1 is CID, ATC, cryptogram and IAD joined, format 2 is data objects. */
function parseCryptogram(answer: Answer): Result<Cryptogram, Stop> {
  const object = soleObject(answer, [
    TAG_77_RESPONSE_MESSAGE_TEMPLATE_FORMAT_2,
    TAG_80_RESPONSE_MESSAGE_TEMPLATE_FORMAT_1,
  ]);
  if (!object.ok) return object;
  const joined = object.value.tag === TAG_80_RESPONSE_MESSAGE_TEMPLATE_FORMAT_1;
  const values = joined ? splitFormat1(object.value.value) : valuesOf(answer, object.value);
  if (!values.ok) return values;

  const informationData = required(NAME, values.value, TAG_9F27_CRYPTOGRAM_INFORMATION_DATA, 1);
  if (!informationData.ok) return informationData;
  const atc = required(NAME, values.value, TAG_9F36_APPLICATION_TRANSACTION_COUNTER, 2);
  if (!atc.ok) return atc;
  const cryptogram = required(NAME, values.value, TAG_9F26_APPLICATION_CRYPTOGRAM, 8);
  if (!cryptogram.ok) return cryptogram;
  const iad = required(NAME, values.value, TAG_9F10_ISSUER_APPLICATION_DATA, 1, 32);
  if (!iad.ok) return iad;

  const bits = informationData.value[0]! & 0xc0;
  const type = (Object.keys(CRYPTOGRAM_TYPE_BITS) as CryptogramType[]).find(
    (one) => CRYPTOGRAM_TYPE_BITS[one] === bits,
  );
  if (type === undefined) return stop('data_invalid', `${NAME}: 9F27 is of no type`);
  return accept({
    type,
    informationData: informationData.value,
    atc: atc.value,
    cryptogram: cryptogram.value,
    issuerApplicationData: iad.value,
  });
}

function splitFormat1(value: Uint8Array): Result<ReadonlyMap<Tag, Uint8Array>, Stop> {
  return accept(
    new Map<Tag, Uint8Array>([
      [TAG_9F27_CRYPTOGRAM_INFORMATION_DATA, value.subarray(0, 1)],
      [TAG_9F36_APPLICATION_TRANSACTION_COUNTER, value.subarray(1, 3)],
      [TAG_9F26_APPLICATION_CRYPTOGRAM, value.subarray(3, 11)],
      [TAG_9F10_ISSUER_APPLICATION_DATA, value.subarray(11)],
    ]),
  );
}
