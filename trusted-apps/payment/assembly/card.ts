// The card that a reader sees: SELECT PPSE, SELECT AID, GET PROCESSING OPTIONS, READ RECORD, GENERATE AC.
// EMV Contactless Book B 3.3, EMV 4.4 Book 1 section 11 and Book 3 6.5; status words: docs/profiles.md §2.
import {
  TEE_MemCompare,
  TEE_MemFill,
  TEE_MemMove,
  TEEX_GetProperty,
  TEEX_PROPERTY_POLICY_VERSION,
  TEEX_PROPERTY_RESPONSE_IN_FORCE,
} from '../../../packages/vse/assembly/tee';
import * as arming from './arming';
import { bcd6, write16 } from './bytes';
import * as cryptogram from './cryptogram';
import { dolOffset, dolTotal, tlv, wrap } from './dol';
import * as log from './log';
import * as tokens from './tokens';

const SW_OK: u32 = 0x9000;
const SW_WRONG_LENGTH: u32 = 0x6700;
const SW_LOCKED: u32 = 0x6982;
const SW_CONDITIONS: u32 = 0x6985;
const SW_SEE_PHONE: u32 = 0x6986;
const SW_WRONG_DATA: u32 = 0x6a80;
const SW_BLOCKED: u32 = 0x6a81;
const SW_NOT_FOUND: u32 = 0x6a82;
const SW_RECORD_NOT_FOUND: u32 = 0x6a83;
const SW_WRONG_P1P2: u32 = 0x6a86;
const SW_INSTRUCTION: u32 = 0x6d00;
const SW_CLASS: u32 = 0x6e00;

// How far this tap has come.
const IDLE: i32 = 0;
const SELECTED: i32 = 1;
const INITIATED: i32 = 2;
let phase: i32 = IDLE;

/** "2PAY.SYS.DDF01" */
const PPSE: usize = memory.data<u8>([
  0x32, 0x50, 0x41, 0x59, 0x2e, 0x53, 0x59, 0x53, 0x2e, 0x44, 0x44, 0x46, 0x30, 0x31,
]);
const LANGUAGE: usize = memory.data<u8>([0x65, 0x6e]);
const PRIORITY: usize = memory.data<u8>([0x01]);
/** Amount and currency that GPO was told: GENERATE AC must not name others. */
const GPO_AMOUNT: usize = memory.data(8, 8);
const WORK: usize = memory.data(32, 16);

const COMMAND_MAX: i32 = 261;

/** Field off or on: whatever was under way is over, and a reserved set is burnt. */
export function reset(): void {
  if (arming.reserved) arming.burn();
  phase = IDLE;
}

/** Answers a C-APDU of `len` bytes into `out` (at least 258 bytes); the answer's length. */
export function process(apdu: usize, len: i32, out: usize): i32 {
  return <i32>(dispatch(apdu, len, out) - out);
}

function sw(p: usize, status: u32): usize {
  write16(p, status);
  return p + 2;
}

function dispatch(apdu: usize, len: i32, out: usize): usize {
  if (len < 4 || len > COMMAND_MAX) return sw(out, SW_WRONG_LENGTH);
  const lc = dataLength(len, apdu);
  if (lc < 0) return sw(out, SW_WRONG_LENGTH);
  const instruction: u32 = load<u16>(apdu); // class, then instruction, little-endian
  if (instruction == 0xa400) return selectFile(apdu, lc, out);
  if (instruction == 0xa880) return getProcessingOptions(apdu, lc, out);
  if (instruction == 0xb200) return readRecord(apdu, lc, out);
  if (instruction == 0xae80) return generateAc(apdu, lc, out);
  const cla: u32 = load<u8>(apdu);
  return sw(out, cla == 0x00 || cla == 0x80 ? SW_INSTRUCTION : SW_CLASS);
}

/** Lc of a short APDU, 0 without data, −1 when the lengths do not fit (ISO/IEC 7816-4, 5.2). */
function dataLength(len: i32, apdu: usize): i32 {
  if (len <= 5) return 0;
  const lc: i32 = load<u8>(apdu + 4);
  return lc > 0 && (len == 5 + lc || len == 6 + lc) ? lc : -1;
}

function selectFile(apdu: usize, lc: i32, out: usize): usize {
  if (arming.reserved) arming.burn(); // the tap before this one broke off
  phase = IDLE;
  if (load<u8>(apdu + 2) != 0x04 || load<u8>(apdu + 3) != 0x00) return sw(out, SW_WRONG_P1P2);
  const name = apdu + 5;
  const isPpse = lc == 14 && TEE_MemCompare(name, PPSE, 14) == 0;
  const place = tokens.selectedPlace();
  if (place < 0) return sw(out, isPpse ? SW_BLOCKED : SW_NOT_FOUND);
  if (!tokens.loadToken(tokens.tokenIdAt(place))) return sw(out, SW_NOT_FOUND);
  const active = load<u8>(tokens.STATE + tokens.S_STATE) == tokens.ACTIVE;
  if (isPpse) return active ? ppse(out) : sw(out, SW_BLOCKED);
  if (lc != tokens.aidLen || TEE_MemCompare(name, tokens.aid, tokens.aidLen) != 0)
    return sw(out, SW_NOT_FOUND);
  if (!active) return sw(out, SW_BLOCKED);
  phase = SELECTED;
  return application(out);
}

/** 6F{ 84, A5{ BF0C{ 61{ 4F, 50, 87 } } } } */
function ppse(out: usize): usize {
  let p = tlv(out, 0x84, PPSE, 14);
  const proprietary = p;
  p = tlv(p, 0x4f, tokens.aid, tokens.aidLen);
  p = tlv(p, 0x50, tokens.label, tokens.labelLen);
  p = tlv(p, 0x87, PRIORITY, 1);
  p = wrap(proprietary, p, 0x61);
  p = wrap(proprietary, p, 0xbf0c);
  p = wrap(proprietary, p, 0xa5);
  return sw(wrap(out, p, 0x6f), SW_OK);
}

/** 6F{ 84, A5{ 50, 87, 5F2D, 9F38 } } */
function application(out: usize): usize {
  let p = tlv(out, 0x84, tokens.aid, tokens.aidLen);
  const proprietary = p;
  p = tlv(p, 0x50, tokens.label, tokens.labelLen);
  p = tlv(p, 0x87, PRIORITY, 1);
  p = tlv(p, 0x5f2d, LANGUAGE, 2);
  p = tlv(p, 0x9f38, tokens.pdol, tokens.pdolLen);
  p = wrap(proprietary, p, 0xa5);
  return sw(wrap(out, p, 0x6f), SW_OK);
}

function getProcessingOptions(apdu: usize, lc: i32, out: usize): usize {
  if (phase != SELECTED) return sw(out, SW_CONDITIONS);
  if (load<u16>(apdu + 2) != 0) return sw(out, SW_WRONG_P1P2);
  if (!loadSelected()) return sw(out, SW_NOT_FOUND);
  const total = dolTotal(tokens.pdol, tokens.pdolLen);
  if (lc != total + 2 || load<u8>(apdu + 5) != 0x83 || <i32>load<u8>(apdu + 6) != total)
    return sw(out, SW_WRONG_DATA);
  const data = apdu + 7;
  const amountAt = data + <usize>dolOffset(tokens.pdol, tokens.pdolLen, 0x9f02, 6);
  const currencyAt = data + <usize>dolOffset(tokens.pdol, tokens.pdolLen, 0x5f2a, 2);
  const amount = bcd6(amountAt);
  if (amount < 0) return sw(out, SW_WRONG_DATA);
  if (arming.isBlocked()) return sw(out, SW_BLOCKED);
  if (!arming.isUnlocked()) return sw(out, SW_LOCKED);
  if (!isArmedToken()) return sw(out, SW_CONDITIONS);
  if (arming.needsVerification(amount, currencyAt) && !arming.isVerified()) return sw(out, SW_SEE_PHONE);
  TEE_MemMove(GPO_AMOUNT, amountAt, 6);
  TEE_MemMove(GPO_AMOUNT + 6, currencyAt, 2);
  arming.reserve();
  phase = INITIATED;
  let p = tlv(out, 0x82, tokens.PROFILE + tokens.P_AIP, 2);
  p = tlv(p, 0x94, tokens.afl, tokens.aflLen);
  return sw(wrap(out, p, 0x77), SW_OK);
}

function loadSelected(): bool {
  const place = tokens.selectedPlace();
  return place >= 0 && tokens.loadToken(tokens.tokenIdAt(place));
}

function isArmedToken(): bool {
  return arming.isArmedFor(tokens.PROFILE + tokens.P_TOKEN_ID);
}

function readRecord(apdu: usize, lc: i32, out: usize): usize {
  if (phase != INITIATED) return sw(out, SW_CONDITIONS);
  const p2: u32 = load<u8>(apdu + 3);
  if (lc != 0) return sw(out, SW_WRONG_LENGTH);
  if ((p2 & 7) != 4 || load<u8>(apdu + 2) == 0) return sw(out, SW_WRONG_P1P2);
  if (!loadSelected()) return sw(out, SW_NOT_FOUND);
  const record = tokens.findRecord(p2 >> 3, load<u8>(apdu + 2));
  if (!record) return sw(out, SW_RECORD_NOT_FOUND);
  TEE_MemMove(out, record, tokens.recordLength);
  return sw(out + <usize>tokens.recordLength, SW_OK);
}

function generateAc(apdu: usize, lc: i32, out: usize): usize {
  if (phase != INITIATED || !arming.reserved) return sw(out, SW_CONDITIONS);
  const p1: u32 = load<u8>(apdu + 2);
  if (load<u8>(apdu + 3) != 0 || (p1 != 0x80 && p1 != 0x40 && p1 != 0x00)) return sw(out, SW_WRONG_P1P2);
  if (!loadSelected() || !isArmedToken()) return sw(out, SW_CONDITIONS);
  if (lc != dolTotal(tokens.cdol1, tokens.cdol1Len)) return sw(out, SW_WRONG_DATA);
  const data = apdu + 5;
  const amountAt = at(data, 0x9f02, 6);
  const currencyAt = at(data, 0x5f2a, 2);
  const amount = bcd6(amountAt);
  if (amount < 0) return sw(out, SW_WRONG_DATA);
  phase = IDLE;

  // A terminal that names another amount than it did at GPO, or that took so long that CDCVM went stale or a policy came
  // that blocks payment, gets an AAC.
  const sameAmount =
    TEE_MemCompare(amountAt, GPO_AMOUNT, 6) == 0 && TEE_MemCompare(currencyAt, GPO_AMOUNT + 6, 2) == 0;
  const verified = arming.isVerified();
  const allowed =
    sameAmount && !arming.isBlocked() && (verified || !arming.needsVerification(amount, currencyAt));
  const arqc = p1 != 0x00 && allowed;
  const response = TEEX_GetProperty(TEEX_PROPERTY_RESPONSE_IN_FORCE);
  const policy = TEEX_GetProperty(TEEX_PROPERTY_POLICY_VERSION);
  cryptogram.describeTap(
    arqc,
    verified,
    response,
    policy,
    arming.keysLeft,
    arming.tapsSinceBundle,
    arming.logSeq,
    arming.KEY_SET_ID,
    arming.IDN,
  );
  // An AAC says that the customer was verified, and carries no UMD (profiles.md §3.2).
  cryptogram.compute(data, arming.atc, arming.mdKey, arqc && verified ? arming.umdKey : 0, WORK + 8);
  store<u8>(WORK, arqc ? 0x80 : 0x00);
  write16(WORK + 2, arming.atc);
  const p = answerTo(out);
  note(data, verified, response, policy);
  arming.spend(arqc ? log.ANSWERED_ARQC : log.ANSWERED_AAC);
  return sw(p, SW_OK);
}

/** 77{ 9F27, 9F36, 9F26, 9F10 } */
function answerTo(out: usize): usize {
  let p = tlv(out, 0x9f27, WORK, 1);
  p = tlv(p, 0x9f36, WORK + 2, 2);
  p = tlv(p, 0x9f26, WORK + 8, 8);
  p = tlv(p, 0x9f10, cryptogram.IAD, cryptogram.iadLength);
  return wrap(out, p, 0x77);
}

function at(data: usize, tag: u32, size: i32): usize {
  return data + <usize>dolOffset(tokens.cdol1, tokens.cdol1Len, tag, size);
}

/** The tap's log record, in memory; `arming.finish` makes it durable. */
function note(data: usize, verified: bool, response: u32, policy: u32): void {
  const r = arming.RECORD;
  TEE_MemFill(r, 0, 160);
  write16(r + log.R_ATC, arming.atc);
  store<u8>(r + log.R_CID, load<u8>(WORK));
  copy(r + log.R_AMOUNT, data, 0x9f02, 6);
  copy(r + log.R_AMOUNT_OTHER, data, 0x9f03, 6);
  copy(r + log.R_CURRENCY, data, 0x5f2a, 2);
  copy(r + log.R_COUNTRY, data, 0x9f1a, 2);
  copy(r + log.R_DATE, data, 0x9a, 3);
  copy(r + log.R_TIME, data, 0x9f21, 3);
  copy(r + log.R_TYPE, data, 0x9c, 1);
  copy(r + log.R_UN, data, 0x9f37, 4);
  copy(r + log.R_TVR, data, 0x95, 5);
  TEE_MemMove(r + log.R_AC, WORK + 8, 8);
  store<u8>(r + log.R_VERIFICATION, verified ? 1 : 0);
  store<u8>(r + log.R_RESPONSE, <u8>response);
  write16(r + log.R_POLICY, policy);
  copy(r + log.R_TERMINAL_ID, data, 0x9f1c, 8);
  copy(r + log.R_MERCHANT_ID, data, 0x9f16, 15);
  copy(r + log.R_MERCHANT_NAME, data, 0x9f4e, 20);
}

/** A CDOL1 that does not ask for a field leaves it zero. */
function copy(dst: usize, data: usize, tag: u32, size: i32): void {
  const offset = dolOffset(tokens.cdol1, tokens.cdol1Len, tag, size);
  if (offset >= 0) TEE_MemMove(dst, data + <usize>offset, size);
}
