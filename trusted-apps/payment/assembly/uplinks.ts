// What the payment TA says to the issuer: a PIN, a log (docs/layouts.md §4). Sealed by the kernel, never in clear outside.
import {
  TEE_GenerateRandom,
  TEE_MemFill,
  TEE_MemMove,
  TEE_SUCCESS,
  TEEX_SealToIssuer,
  TEEX_Wipe,
} from '../../../packages/vse/assembly/tee';
import * as arming from './arming';
import { write16 } from './bytes';
import * as log from './log';
import {
  NOTHING_TO_UPLOAD,
  PIN_MALFORMED,
  STORAGE_EXHAUSTED,
  UNKNOWN_TOKEN,
  UPLINK_REFUSED,
} from './refusals';
import * as tokens from './tokens';

const KIND_PIN: u8 = 0x01;
const KIND_LOG: u8 = 0x02;
const PAYLOAD: usize = memory.data(10304, 16);

/** Input: card or token id 16 · one lane of 8 bytes a digit (wiped). ISO 9564-1:2017 9.4.2, plain-text PIN field of format 4. */
export function pin(input: usize, len: i32, out: usize, outLen: usize): u32 {
  const count = (len - 16) >> 3;
  if (len < 16 || ((len - 16) & 7) != 0 || count < 4 || count > 12) {
    TEEX_Wipe(input, len);
    return PIN_MALFORMED;
  }
  store<u8>(PAYLOAD, KIND_PIN);
  TEE_MemMove(PAYLOAD + 1, input, 16);
  const field = PAYLOAD + 17;
  TEE_MemFill(field, 0xaa, 8);
  TEE_GenerateRandom(field + 8, 8);
  store<u8>(field, <u8>(0x40 | count));
  let wellFormed = true;
  for (let i = 0; i < count; i++) {
    const d = load<u64>(input + 16 + ((<usize>i) << 3));
    if (d > 9) wellFormed = false;
    const p = field + 1 + <usize>(i >> 1);
    const b: u32 = load<u8>(p);
    store<u8>(p, i & 1 ? <u8>((b & 0xf0) | (<u32>d & 15)) : <u8>((b & 0x0f) | ((<u32>d & 15) << 4)));
  }
  TEEX_Wipe(input, len);
  let status = PIN_MALFORMED;
  if (wellFormed)
    status = TEEX_SealToIssuer(PAYLOAD, 33, out, outLen) == TEE_SUCCESS ? TEE_SUCCESS : UPLINK_REFUSED;
  TEEX_Wipe(PAYLOAD, 33);
  return status;
}

/** Final records that the issuer has not acknowledged, oldest first. */
export function logOf(tokenId: usize, out: usize, outLen: usize): u32 {
  if (tokens.placeOf(tokenId) < 0 || !tokens.loadToken(tokenId)) return UNKNOWN_TOKEN;
  log.loadLog(tokenId);
  const live = arming.armed || arming.recordPending;
  if (log.hasOpenSlot() && !(live && memory.compare(arming.TOKEN_ID, tokenId, 16) == 0)) {
    log.closeSlot(0, log.UNKNOWN); // armed before a restart
    if (!log.saveLog(tokenId)) return STORAGE_EXHAUSTED;
  }
  const first = log.firstUnacknowledged();
  const count = log.finalCount() - first;
  if (count == 0) return NOTHING_TO_UPLOAD;
  store<u8>(PAYLOAD, KIND_LOG);
  TEE_MemMove(PAYLOAD + 1, tokenId, 16);
  write16(PAYLOAD + 17, count);
  for (let i = 0; i < count; i++)
    TEE_MemMove(PAYLOAD + 19 + <usize>(i * log.RECORD_SIZE), log.entryAt(first + i), log.RECORD_SIZE);
  const sealed = TEEX_SealToIssuer(PAYLOAD, 19 + count * log.RECORD_SIZE, out, outLen);
  return sealed == TEE_SUCCESS ? TEE_SUCCESS : UPLINK_REFUSED;
}

/** For the app's history: count 2, then per slot record 160 · outcome 1 · DE 39 2. */
export function history(tokenId: usize, out: usize): i32 {
  log.loadLog(tokenId);
  const n = log.count();
  write16(out, n);
  for (let i = 0; i < n; i++) TEE_MemMove(out + 2 + <usize>(i * 163), log.entryAt(i), 163);
  return 2 + n * 163;
}
