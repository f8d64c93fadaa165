/**
 * CVM selection: EMV Contactless Book C-2 2.11, 7.5 (procedure CVM selection), docs/profiles.md §6; for cards without
 * on-device verification the CVM list of EMV 4.4 Book 3 §10.5.
 */
import {
  equalPublic,
  packN,
  TAG_8E_CARDHOLDER_VERIFICATION_METHOD_LIST,
  TAG_9F42_APPLICATION_CURRENCY_CODE,
} from '@tapseal/emv/data';
import type { CardRead } from './transaction.ts';
import { type TvrBit, withTvrBits } from './tvr.ts';

/** AIP byte 1. */
const AIP_1_CARDHOLDER_VERIFICATION = 0x10;
const AIP_1_ON_DEVICE_VERIFICATION = 0x02;

/** CVM results byte 3, Book 3 Annex C3 and Book 4 A4. */
const RESULT_UNKNOWN = 0x00;
const RESULT_FAILED = 0x01;
const RESULT_SUCCESSFUL = 0x02;

/** CVM codes, Book 3 Annex C3. */
const CVM_FAIL = 0x00;
const CVM_PLAINTEXT_PIN_BY_ICC = 0x01;
const CVM_ENCIPHERED_PIN_ONLINE = 0x02;
const CVM_SIGNATURE = 0x1e;
const CVM_NONE_REQUIRED = 0x1f;
const CVM_NOT_PERFORMED = 0x3f;

/** Terminal capabilities byte 2, Book 4 A2: which methods this terminal can carry out. */
const CAPABILITY_OF_METHOD: ReadonlyMap<number, number> = new Map([
  [CVM_ENCIPHERED_PIN_ONLINE, 0x40],
  [CVM_SIGNATURE, 0x20],
  [CVM_NONE_REQUIRED, 0x08],
]);

/** Methods with a meaning in Book 3 table 39; all others are "unrecognised". */
const RECOGNISED: readonly number[] = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, CVM_SIGNATURE, CVM_NONE_REQUIRED];

export function cardholderVerification(state: CardRead): CardRead {
  // C-2 CVM.1 to CVM.4: the phone verifies, the terminal only says whether it wants it.
  if ((state.aip[0]! & AIP_1_ON_DEVICE_VERIFICATION) !== 0 && state.terminal.onDeviceVerification) {
    const wanted = state.presentation.amountMinor > state.limits.cvmRequiredLimitMinor;
    return withResults(state, wanted ? CVM_PLAINTEXT_PIN_BY_ICC : CVM_NOT_PERFORMED, 0x00, RESULT_SUCCESSFUL);
  }
  // C-2 CVM.5 to CVM.6
  if ((state.aip[0]! & AIP_1_CARDHOLDER_VERIFICATION) === 0) {
    return withResults(state, CVM_NOT_PERFORMED, 0x00, RESULT_UNKNOWN);
  }
  const list = state.card.get(TAG_8E_CARDHOLDER_VERIFICATION_METHOD_LIST);
  // C-2 CVM.7 to CVM.8: no list, or a list without rules.
  if (list === undefined || list.length < 10 || list.length % 2 !== 0) {
    return withResults(state, CVM_NOT_PERFORMED, 0x00, RESULT_UNKNOWN, ['icc_data_missing']);
  }
  return byList(state, list);
}

/** Book 3 §10.5: amounts X and Y (4 bytes each), then rules of a method and a condition. */
function byList(state: CardRead, list: Uint8Array): CardRead {
  const bits: TvrBit[] = [];
  for (let at = 8; at < list.length; at += 2) {
    const rule = list[at]!;
    const condition = list[at + 1]!;
    const method = rule & 0x3f;
    if (!conditionHolds(state, method, condition, list)) continue;
    if (!RECOGNISED.includes(method)) bits.push('unrecognised_cvm');
    if (method !== CVM_FAIL && terminalCan(state, method)) {
      if (method === CVM_ENCIPHERED_PIN_ONLINE) bits.push('online_cvm_captured');
      const result = method === CVM_NONE_REQUIRED ? RESULT_SUCCESSFUL : RESULT_UNKNOWN;
      return withResults(state, rule, condition, result, bits);
    }
    // Bit 7: apply the succeeding rule if this one is unsuccessful.
    if (method === CVM_FAIL || (rule & 0x40) === 0) {
      const shown = method === CVM_FAIL ? rule : CVM_NOT_PERFORMED;
      const shownCondition = method === CVM_FAIL ? condition : 0x00;
      return withResults(state, shown, shownCondition, RESULT_FAILED, [
        ...bits,
        'cardholder_verification_not_successful',
      ]);
    }
  }
  return withResults(state, CVM_NOT_PERFORMED, 0x00, RESULT_FAILED, [
    ...bits,
    'cardholder_verification_not_successful',
  ]);
}

function terminalCan(state: CardRead, method: number): boolean {
  const capability = CAPABILITY_OF_METHOD.get(method);
  return capability !== undefined && (state.terminal.capabilities[1]! & capability) !== 0;
}

/** Condition codes of Book 3 table 40, for an attended purchase without cashback. */
function conditionHolds(state: CardRead, method: number, condition: number, list: Uint8Array): boolean {
  const amount = state.presentation.amountMinor;
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const x = BigInt(view.getUint32(0));
  const y = BigInt(view.getUint32(4));
  switch (condition) {
    case 0x00: // always
    case 0x02: // not unattended cash, not manual cash, not cashback
      return true;
    case 0x03: // the terminal supports the method
      return terminalCan(state, method);
    case 0x06:
      return inCardCurrency(state) && amount < x;
    case 0x07:
      return inCardCurrency(state) && amount > x;
    case 0x08:
      return inCardCurrency(state) && amount < y;
    case 0x09:
      return inCardCurrency(state) && amount > y;
    default: // 01, 04, 05: unattended cash, manual cash, cashback; the rest is not in the table
      return false;
  }
}

function inCardCurrency(state: CardRead): boolean {
  const currency = state.card.get(TAG_9F42_APPLICATION_CURRENCY_CODE);
  return currency !== undefined && equalPublic(currency, packN(state.limits.numericCode, 2));
}

function withResults(
  state: CardRead,
  method: number,
  condition: number,
  result: number,
  bits: readonly TvrBit[] = [],
): CardRead {
  return {
    ...state,
    cvmResults: Uint8Array.of(method, condition, result),
    tvr: withTvrBits(state.tvr, bits),
  };
}
