/**
 * Initiate application processing: EMV 4.4 Book 3 §10.1, EMV Contactless Book C-2 2.11, S3 (GET PROCESSING OPTIONS).
 */
import {
  accept,
  fillDol,
  getProcessingOptions,
  parseDol,
  type Result,
  TAG_9F38_PROCESSING_OPTIONS_DATA_OBJECT_LIST,
  TAG_77_RESPONSE_MESSAGE_TEMPLATE_FORMAT_2,
  TAG_80_RESPONSE_MESSAGE_TEMPLATE_FORMAT_1,
  TAG_82_APPLICATION_INTERCHANGE_PROFILE,
  TAG_94_APPLICATION_FILE_LOCATOR,
  tagHex,
} from '@tapseal/emv/data';
import { type Answer, exchangeOk, required, soleObject, type Transceive, valuesOf } from './exchange.ts';
import { type Stop, stop } from './outcome.ts';
import { type Initiated, type Selected, terminalValues } from './transaction.ts';

const NAME = 'GET PROCESSING OPTIONS';

/** 83 and its length stand before the values in the command's 255 bytes. */
const PDOL_VALUE_BYTES_MAX = 252;

/** AIP byte 2 bit 8, Book C-2 A.1.16: EMV mode is supported. */
const AIP_2_EMV_MODE = 0x80;

export async function initiateProcessing(
  state: Selected,
  transceive: Transceive,
): Promise<Result<Initiated, Stop>> {
  const pdol = parseDol(state.pdol);
  const tag = tagHex(TAG_9F38_PROCESSING_OPTIONS_DATA_OBJECT_LIST);
  if (!pdol.ok)
    return stop('data_invalid', `SELECT AID: ${tag}: ${pdol.refusal.reason} at ${pdol.refusal.offset}`);
  const known = terminalValues(state);
  const values = fillDol(pdol.value, (wanted) => known.get(wanted));
  if (values.length > PDOL_VALUE_BYTES_MAX)
    return stop('data_invalid', `SELECT AID: ${tag} asks for too much`);

  const answer = await exchangeOk(transceive, NAME, getProcessingOptions(values));
  if (!answer.ok) return answer;
  const options = aipAndAfl(answer.value);
  if (!options.ok) return options;
  if ((options.value.aip[1]! & AIP_2_EMV_MODE) === 0) return stop('mag_stripe_mode_only', NAME);
  return accept({ ...state, ...options.value });
}

/** Book 3 §6.5.8.4: format 1 is AIP and AFL joined, format 2 is data objects. */
function aipAndAfl(answer: Answer): Result<{ aip: Uint8Array; afl: Uint8Array }, Stop> {
  const object = soleObject(answer, [
    TAG_77_RESPONSE_MESSAGE_TEMPLATE_FORMAT_2,
    TAG_80_RESPONSE_MESSAGE_TEMPLATE_FORMAT_1,
  ]);
  if (!object.ok) return object;
  if (object.value.tag === TAG_80_RESPONSE_MESSAGE_TEMPLATE_FORMAT_1) {
    const value = object.value.value;
    if (value.length < 6) return stop('data_invalid', `${NAME}: 80 has ${value.length} bytes`);
    return accept({ aip: value.subarray(0, 2), afl: value.subarray(2) });
  }
  const values = valuesOf(answer, object.value);
  if (!values.ok) return values;
  const aip = required(NAME, values.value, TAG_82_APPLICATION_INTERCHANGE_PROFILE, 2);
  if (!aip.ok) return aip;
  const afl = required(NAME, values.value, TAG_94_APPLICATION_FILE_LOCATOR, 4, 252);
  if (!afl.ok) return afl;
  return accept({ aip: aip.value, afl: afl.value });
}
