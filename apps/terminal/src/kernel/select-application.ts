/**
 * Final application selection: EMV Contactless Book B 2.11, 3.3.3; EMV 4.4 Book 1 §12.
 */
import {
  accept,
  equalPublic,
  type Result,
  SW_6A81_FUNCTION_NOT_SUPPORTED,
  SW_6A82_NOT_FOUND,
  SW_6283_SELECTED_FILE_INVALIDATED,
  SW_9000_OK,
  select,
  TAG_6F_FILE_CONTROL_INFORMATION_TEMPLATE,
  TAG_9F38_PROCESSING_OPTIONS_DATA_OBJECT_LIST,
  TAG_50_APPLICATION_LABEL,
  TAG_84_DEDICATED_FILE_NAME,
  tagHex,
  toAscii,
} from '@tapseal/emv/data';
import { exchange, required, soleObject, stopOfStatus, type Transceive, valuesOf } from './exchange.ts';
import { type Stop, stop } from './outcome.ts';
import type { Candidate, Prepared, Selected } from './transaction.ts';

const NAME = 'SELECT AID';

/** Status words after which the next candidate gets its turn. */
const NOT_SELECTABLE: readonly number[] = [
  SW_6A82_NOT_FOUND,
  SW_6A81_FUNCTION_NOT_SUPPORTED,
  SW_6283_SELECTED_FILE_INVALIDATED,
];

/** Selects the first candidate that the card lets be selected. */
export async function selectApplication(
  state: Prepared,
  candidates: readonly Candidate[],
  transceive: Transceive,
): Promise<Result<Selected, Stop>> {
  let last: Result<Selected, Stop> = stop('no_common_application', NAME);
  for (const candidate of candidates) {
    const answer = await exchange(transceive, NAME, select(candidate.adfName));
    if (!answer.ok) return answer;
    if (answer.value.sw === SW_9000_OK) return selected(state, candidate, answer.value);
    last = stopOfStatus(answer.value);
    if (!NOT_SELECTABLE.includes(answer.value.sw)) return last;
  }
  return last;
}

function selected(
  state: Prepared,
  candidate: Candidate,
  answer: Parameters<typeof stopOfStatus>[0],
): Result<Selected, Stop> {
  const fci = soleObject(answer, [TAG_6F_FILE_CONTROL_INFORMATION_TEMPLATE]);
  if (!fci.ok) return fci;
  const values = valuesOf(answer, fci.value);
  if (!values.ok) return values;
  // Book 1 §11.3.4: 84 names what was selected.
  const name = required(NAME, values.value, TAG_84_DEDICATED_FILE_NAME, 5, 16);
  if (!name.ok) return name;
  if (!equalPublic(name.value, candidate.adfName)) {
    return stop(
      'data_inconsistent',
      `${NAME}: ${tagHex(TAG_84_DEDICATED_FILE_NAME)} is not what was selected`,
    );
  }
  return accept({
    ...state,
    profile: candidate.application.profile,
    aid: candidate.adfName,
    label: toAscii(values.value.get(TAG_50_APPLICATION_LABEL) ?? new Uint8Array(0)) ?? '',
    pdol: values.value.get(TAG_9F38_PROCESSING_OPTIONS_DATA_OBJECT_LIST) ?? new Uint8Array(0),
  });
}
