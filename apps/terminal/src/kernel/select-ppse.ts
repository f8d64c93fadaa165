/**
 * Combination selection: the card's directory, EMV Contactless Book B 2.11, 3.3.2.
 */
import {
  accept,
  PPSE_NAME,
  type Result,
  SW_6A82_NOT_FOUND,
  SW_9000_OK,
  select,
  TAG_4F_APPLICATION_DEDICATED_FILE_NAME,
  TAG_6F_FILE_CONTROL_INFORMATION_TEMPLATE,
  TAG_61_APPLICATION_TEMPLATE,
  TAG_87_APPLICATION_PRIORITY_INDICATOR,
  TAG_A5_FILE_CONTROL_INFORMATION_PROPRIETARY_TEMPLATE,
  TAG_BF0C_FILE_CONTROL_INFORMATION_ISSUER_DISCRETIONARY_DATA,
  type Tag,
  type Tlv,
} from '@tapseal/emv/data';
import { exchange, required, soleObject, stopOfStatus, type Transceive, valuesOf } from './exchange.ts';
import { type Stop, stop } from './outcome.ts';
import type { TerminalApplication } from './terminal-data.ts';
import type { Candidate, Prepared } from './transaction.ts';

const NAME = 'SELECT PPSE';

/** The applications that card and terminal have in common, the card's favourite first. Never empty. */
export async function selectPpse(
  state: Prepared,
  transceive: Transceive,
): Promise<Result<readonly Candidate[], Stop>> {
  const answer = await exchange(transceive, NAME, select(PPSE_NAME));
  if (!answer.ok) return answer;
  if (answer.value.sw === SW_6A82_NOT_FOUND) return stop('no_payment_application', `${NAME}: 6A82`);
  if (answer.value.sw !== SW_9000_OK) return stopOfStatus(answer.value);
  const fci = soleObject(answer.value, [TAG_6F_FILE_CONTROL_INFORMATION_TEMPLATE]);
  if (!fci.ok) return fci;

  const candidates: Candidate[] = [];
  for (const entry of directoryEntries(fci.value)) {
    const values = valuesOf(answer.value, entry);
    if (!values.ok) return values;
    const adfName = required(NAME, values.value, TAG_4F_APPLICATION_DEDICATED_FILE_NAME, 5, 16);
    if (!adfName.ok) return adfName;
    const application = state.terminal.applications.find((one) => beginsWith(adfName.value, one.aid));
    if (application === undefined) continue;
    const priority = (values.value.get(TAG_87_APPLICATION_PRIORITY_INDICATOR)?.[0] ?? 0) & 0x0f;
    candidates.push({ application, adfName: adfName.value, priority });
  }
  if (candidates.length === 0) return stop('no_common_application', NAME);
  return accept(candidates.sort((a, b) => rank(a) - rank(b)));
}

/** Template 61 inside BF0C inside A5, Book B table 3-2. */
function directoryEntries(fci: Tlv): readonly Tlv[] {
  const into = (list: readonly Tlv[], tag: Tag): readonly Tlv[] =>
    list.filter((object) => object.tag === tag).flatMap((object) => object.children ?? []);
  const proprietary = into(fci.children ?? [], TAG_A5_FILE_CONTROL_INFORMATION_PROPRIETARY_TEMPLATE);
  const discretionary = into(proprietary, TAG_BF0C_FILE_CONTROL_INFORMATION_ISSUER_DISCRETIONARY_DATA);
  return discretionary.filter((object) => object.tag === TAG_61_APPLICATION_TEMPLATE);
}

/** Book B 3.3.2.5: the ADF name equals the terminal's AID or begins with it. */
function beginsWith(adfName: Uint8Array, aid: TerminalApplication['aid']): boolean {
  return aid.every((byte, index) => adfName[index] === byte);
}

/** 1 is the highest priority; none given comes last, in the card's order (the sort is stable). Book B 3.3.2.6. */
function rank(candidate: Candidate): number {
  return candidate.priority === 0 ? 16 : candidate.priority;
}
