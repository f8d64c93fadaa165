// The payment trusted application: entry points (GPD_SPE_010 4.3) and its command table. ../contract.ts is shared with the host.
import {
  TEE_MemMove,
  TEE_PARAM_SIZE,
  TEE_PARAM_TYPE_MEMREF_INPUT,
  TEE_PARAM_TYPE_MEMREF_OUTPUT,
  TEE_PARAM_TYPE_NONE,
  TEE_PARAM_TYPES,
  TEE_SUCCESS,
} from '../../../packages/vse/assembly/tee';
import * as arming from './arming';
import { read32, write16 } from './bytes';
import * as card from './card';
import * as keySets from './key-sets';
import * as log from './log';
import { COMMAND_UNKNOWN, MESSAGE_MALFORMED, STORAGE_EXHAUSTED, UNKNOWN_TOKEN } from './refusals';
import * as tokens from './tokens';
import * as uplinks from './uplinks';

const TOKENS: u32 = 0x01;
const SELECT: u32 = 0x02;
const UNLOCK: u32 = 0x03;
const LOCK: u32 = 0x04;
const ARM: u32 = 0x05;
const ENTER_PIN: u32 = 0x06;
const APDU: u32 = 0x07;
const FINISH: u32 = 0x08;
const PIN_UPLINK: u32 = 0x09;
const LOG_UPLINK: u32 = 0x0a;
const HISTORY: u32 = 0x0b;
const FIELD_RESET: u32 = 0x0c;

const PERSONALISE: u32 = 0x8001;
const KEY_SETS: u32 = 0x8002;
const TOKEN_STATE: u32 = 0x8003;
const LOG_ACKNOWLEDGED: u32 = 0x8004;
const OUTCOMES: u32 = 0x8005;
const PIN_CHANGED: u32 = 0x8006;

const ID: usize = memory.data(16, 16);

const EXPECTED: u32 = TEE_PARAM_TYPES(
  TEE_PARAM_TYPE_MEMREF_INPUT,
  TEE_PARAM_TYPE_MEMREF_OUTPUT,
  TEE_PARAM_TYPE_NONE,
  TEE_PARAM_TYPE_NONE,
);

/** Parameter 0: input; parameter 1: answer (its size is set). */
export function TA_InvokeCommandEntryPoint(
  _session: usize,
  commandID: u32,
  paramTypes: u32,
  params: usize,
): u32 {
  if (paramTypes != EXPECTED) return MESSAGE_MALFORMED;
  const status = run(commandID, params);
  tokens.forgetProfile();
  keySets.forgetSets();
  return status;
}

function run(commandID: u32, params: usize): u32 {
  const input = <usize>load<u32>(params);
  const len = load<i32>(params + 4);
  const out = <usize>load<u32>(params + TEE_PARAM_SIZE);
  const outLen = params + TEE_PARAM_SIZE + 4;

  if (commandID == APDU) {
    store<i32>(outLen, card.process(input, len, out));
    return TEE_SUCCESS;
  }
  if (commandID == PIN_UPLINK) return uplinks.pin(input, len, out, outLen);
  if (commandID == LOG_UPLINK) return len == 16 ? uplinks.logOf(input, out, outLen) : MESSAGE_MALFORMED;

  store<i32>(outLen, 0);
  if (commandID == UNLOCK) return arming.unlock();
  if (commandID == LOCK) return arming.lock();
  if (commandID == FIELD_RESET) {
    card.reset();
    return TEE_SUCCESS;
  }
  if (commandID == ENTER_PIN) return arming.enterPin(input, len);
  if (commandID == ARM) {
    const status = arming.arm(out);
    if (status == TEE_SUCCESS) store<i32>(outLen, 3);
    return status;
  }
  if (commandID == FINISH) return finish(out, outLen);
  if (commandID == TOKENS) {
    store<i32>(outLen, list(out));
    return TEE_SUCCESS;
  }
  if (commandID == SELECT) return len == 16 ? select(input) : MESSAGE_MALFORMED;
  if (commandID == HISTORY) {
    if (len != 16) return MESSAGE_MALFORMED;
    if (tokens.placeOf(input) < 0) return UNKNOWN_TOKEN;
    store<i32>(outLen, uplinks.history(input, out));
    return TEE_SUCCESS;
  }
  return fromIssuer(commandID, input, len);
}

/** The kernel lets these through from a bundle only. */
function fromIssuer(commandID: u32, input: usize, len: i32): u32 {
  if (commandID == PERSONALISE) {
    const status = tokens.personalise(input, len, vacantPlace());
    return status == TEE_SUCCESS ? disarm(input + tokens.P_TOKEN_ID) : status;
  }
  if (commandID == KEY_SETS) return keySets.add(input, len);
  if (commandID == TOKEN_STATE) {
    if (len != 17) return MESSAGE_MALFORMED;
    const status = tokens.setState(input, load<u8>(input + 16));
    return status == TEE_SUCCESS && load<u8>(input + 16) != tokens.ACTIVE ? disarm(input) : status;
  }
  if (commandID == LOG_ACKNOWLEDGED) return len == 20 ? acknowledge(input) : MESSAGE_MALFORMED;
  if (commandID == OUTCOMES) return noteOutcomes(input, len);
  if (commandID == PIN_CHANGED) {
    if (len != 16) return MESSAGE_MALFORMED;
    const status = keySets.eraseAll(input);
    return status == TEE_SUCCESS ? disarm(input) : status;
  }
  return COMMAND_UNKNOWN;
}

/** The token is no longer what was armed, or what a reader has selected. */
function disarm(tokenId: usize): u32 {
  if (arming.armed && memory.compare(arming.TOKEN_ID, tokenId, 16) == 0) {
    card.reset();
    arming.burn();
  }
  return TEE_SUCCESS;
}

/** What is armed belongs to the card that was selected: another choice burns it, and ends a tap that was under way. */
function select(tokenId: usize): u32 {
  const place = tokens.placeOf(tokenId);
  if (place < 0) return UNKNOWN_TOKEN;
  if (place != tokens.selectedPlace()) {
    card.reset();
    arming.burn();
  }
  const status = tokens.select(tokenId);
  return status == TEE_SUCCESS ? arming.finish() : status;
}

/** The place of a deleted token all of whose records the issuer has acknowledged, or −1. */
function vacantPlace(): i32 {
  for (let i = 0; i < tokens.tokenCount(); i++) {
    TEE_MemMove(ID, tokens.tokenIdAt(i), 16);
    if (!tokens.loadToken(ID) || load<u8>(tokens.STATE + tokens.S_STATE) != tokens.DELETED) continue;
    log.loadLog(ID);
    if (!log.hasOpenSlot() && log.unacknowledged() == 0) return i;
  }
  return -1;
}

function acknowledge(message: usize): u32 {
  if (tokens.placeOf(message) < 0) return UNKNOWN_TOKEN;
  log.loadLog(message);
  log.acknowledge(read32(message + 16));
  return log.saveLog(message) ? TEE_SUCCESS : STORAGE_EXHAUSTED;
}

/** tokenId 16 · count 1 · per outcome 5. */
function noteOutcomes(message: usize, len: i32): u32 {
  if (len < 17 || len != 17 + 5 * <i32>load<u8>(message + 16)) return MESSAGE_MALFORMED;
  if (tokens.placeOf(message) < 0) return UNKNOWN_TOKEN;
  log.loadLog(message);
  for (let p = message + 17; p < message + <usize>len; p += 5) {
    if (load<u8>(p + 2) < 1 || load<u8>(p + 2) > 3) return MESSAGE_MALFORMED;
    log.noteOutcome(p);
  }
  return log.saveLog(message) ? TEE_SUCCESS : STORAGE_EXHAUSTED;
}

/** Answer when a record was made durable: status 1 · ATC 2 · amount 6 (n 12) · currency 2 · verification 1. */
function finish(out: usize, outLen: usize): u32 {
  if (!arming.recordPending) return TEE_SUCCESS;
  const r = arming.RECORD;
  const status = arming.finish();
  if (status != TEE_SUCCESS) return status;
  log.loadLog(arming.TOKEN_ID);
  store<u8>(out, load<u8>(log.entryAt(log.count() - 1) + log.R_STATUS));
  TEE_MemMove(out + 1, r + log.R_ATC, 2);
  TEE_MemMove(out + 3, r + log.R_AMOUNT, 6);
  TEE_MemMove(out + 9, r + log.R_CURRENCY, 2);
  store<u8>(out + 11, load<u8>(r + log.R_VERIFICATION));
  store<i32>(outLen, 12);
  return TEE_SUCCESS;
}

/** Per token: tokenId 16 · profile 1 · state 1 · last four digits 2 · live sets 1 · selected 1 · unacknowledged 1 · label length 1 · label. */
function list(out: usize): i32 {
  const count = tokens.tokenCount();
  const selected = tokens.selectedPlace();
  let p = out + 1;
  store<u8>(out, <u8>count);
  for (let i = 0; i < count; i++) {
    TEE_MemMove(ID, tokens.tokenIdAt(i), 16);
    tokens.loadToken(ID);
    TEE_MemMove(p, ID, 16);
    store<u8>(p + 16, load<u8>(tokens.PROFILE + tokens.P_PROFILE));
    store<u8>(p + 17, load<u8>(tokens.STATE + tokens.S_STATE));
    lastFour(p + 18);
    store<u8>(p + 20, <u8>keySets.liveCount(ID));
    store<u8>(p + 21, i == selected ? 1 : 0);
    log.loadLog(ID);
    store<u8>(p + 22, <u8>log.unacknowledged());
    store<u8>(p + 23, <u8>tokens.labelLen);
    TEE_MemMove(p + 24, tokens.label, tokens.labelLen);
    p += 24 + <usize>tokens.labelLen;
  }
  return <i32>(p - out);
}

/** The token's last four digits, packed. */
function lastFour(out: usize): void {
  const digits: u32 = load<u8>(tokens.PROFILE + tokens.P_DIGITS);
  let value: u32 = 0;
  for (let i = digits - 4; i < digits; i++) {
    const b: u32 = load<u8>(tokens.PROFILE + tokens.P_TOKEN + <usize>(i >> 1));
    value = (value << 4) | (i & 1 ? b & 15 : b >> 4);
  }
  write16(out, value);
}
