// Tokens: the index, the profile that the issuer personalised, and the little that changes.
import {
  TEE_ERROR_CORRUPT_OBJECT,
  TEE_MemCompare,
  TEE_MemFill,
  TEE_MemMove,
  TEE_Panic,
  TEE_SUCCESS,
  TEEX_Wipe,
} from '../../../packages/vse/assembly/tee';
import { read16, read64, write16 } from './bytes';
import { dolOffset, dolTotal } from './dol';
import * as objects from './objects';
import { MESSAGE_MALFORMED, STORAGE_EXHAUSTED, TOO_MANY_TOKENS, UNKNOWN_TOKEN } from './refusals';

export const MAX_TOKENS: i32 = 4;
export const PROFILE_MAX: i32 = 1536;
export const PROFILE_OPEN: u32 = 1;
export const PROFILE_TDES: u32 = 2;

export const ACTIVE: u32 = 1;
export const SUSPENDED: u32 = 2;
export const DELETED: u32 = 3;

// Offsets in the personalisation message, which is kept as it came.
export const P_PROFILE: usize = 1;
export const P_TOKEN_ID: usize = 2;
export const P_DIGITS: usize = 18;
export const P_TOKEN: usize = 19;
export const P_PSN: usize = 29;
export const P_EXPIRY: usize = 30;
export const P_DKI: usize = 33;
export const P_CVN: usize = 34;
export const P_AIP: usize = 35;
export const P_CURRENCY: usize = 37;
export const P_LOW_VALUE_TAP: usize = 41;
export const P_LOW_VALUE_COUNT: usize = 49;
export const P_LOW_VALUE_SUM: usize = 50;
export const P_CVM_FRESH: usize = 58;
export const P_LOG_KEY: usize = 60;
const P_VARIABLE: i32 = 76;
// What is answered around them stays within one short response (256 bytes of data).
const PDOL_MAX: i32 = 192;
const AFL_MAX: i32 = 240;
const PDOL_DATA_MAX: i32 = 252;

// State object, 16 bytes.
export const STATE_SIZE: u32 = 16;
export const S_STATE: usize = 0;
export const S_HIGHEST_ATC: usize = 1; // 2
export const S_NO_CVM_COUNT: usize = 3;
export const S_NO_CVM_SUM: usize = 4; // 8
export const S_TAPS: usize = 12; // sets armed since the last key sets from the bank

/** Index object as read. */
const INDEX: usize = memory.data(80, 16);
const INDEX_SIZE: u32 = 66;

/** Profile of the token that a command is about. Holds K-log: wiped by `forgetProfile` after every command. */
export const PROFILE: usize = memory.data(1536, 16);
export const STATE: usize = memory.data(16, 16);

// Places of the variable parts in PROFILE, set by `parse`.
export let aid: usize = 0;
export let aidLen: i32 = 0;
export let label: usize = 0;
export let labelLen: i32 = 0;
export let pdol: usize = 0;
export let pdolLen: i32 = 0;
export let afl: usize = 0;
export let aflLen: i32 = 0;
export let cdol1: usize = 0;
export let cdol1Len: i32 = 0;
export let records: usize = 0;
export let recordCount: i32 = 0;

function readIndex(): i32 {
  const len = objects.read(objects.INDEX, 0, INDEX, INDEX_SIZE);
  if (len < 0) TEE_MemFill(INDEX, 0, INDEX_SIZE);
  else if (
    len != <i32>INDEX_SIZE ||
    <i32>load<u8>(INDEX) > MAX_TOKENS ||
    load<u8>(INDEX + 1) > load<u8>(INDEX)
  )
    TEE_Panic(TEE_ERROR_CORRUPT_OBJECT);
  return load<u8>(INDEX);
}

export function tokenCount(): i32 {
  return readIndex();
}

/** Address of the tokenId at `place`, valid until the next call here. */
export function tokenIdAt(place: i32): usize {
  return INDEX + 2 + <usize>(place << 4);
}

/** Place of the selected token, or −1. */
export function selectedPlace(): i32 {
  return readIndex() > 0 ? <i32>load<u8>(INDEX + 1) - 1 : -1;
}

export function placeOf(tokenId: usize): i32 {
  const count = readIndex();
  for (let i = 0; i < count; i++) if (TEE_MemCompare(tokenIdAt(i), tokenId, 16) == 0) return i;
  return -1;
}

export function select(tokenId: usize): u32 {
  const place = placeOf(tokenId);
  if (place < 0) return UNKNOWN_TOKEN;
  if (<i32>load<u8>(INDEX + 1) == place + 1) return TEE_SUCCESS;
  store<u8>(INDEX + 1, <u8>(place + 1));
  return objects.write(objects.INDEX, 0, INDEX, INDEX_SIZE) ? TEE_SUCCESS : STORAGE_EXHAUSTED;
}

/** Loads profile and state of a token that the index has. */
export function loadToken(tokenId: usize): bool {
  const len = objects.read(objects.PROFILE, tokenId, PROFILE, PROFILE_MAX);
  if (len <= 0 || !parse(PROFILE, len)) return false;
  return objects.read(objects.STATE, tokenId, STATE, STATE_SIZE) == <i32>STATE_SIZE;
}

export function saveState(tokenId: usize): bool {
  return objects.write(objects.STATE, tokenId, STATE, STATE_SIZE);
}

export function forgetProfile(): void {
  TEEX_Wipe(PROFILE, PROFILE_MAX);
}

/** Checks a personalisation message whole and notes where its parts lie. */
function parse(m: usize, len: i32): bool {
  if (len < P_VARIABLE || len > PROFILE_MAX || load<u8>(m) != 1) return false;
  const profile: u32 = load<u8>(m + P_PROFILE);
  if (profile != PROFILE_OPEN && profile != PROFILE_TDES) return false;
  const digits: u32 = load<u8>(m + P_DIGITS);
  if (digits < 12 || digits > 19) return false;
  if (read64(m + P_LOW_VALUE_TAP) > 999999999999 || read64(m + P_LOW_VALUE_SUM) > 999999999999) return false;
  const end = m + <usize>len;
  let p = m + <usize>P_VARIABLE;
  aidLen = load<u8>(p);
  aid = p + 1;
  p = aid + <usize>aidLen;
  if (p >= end || aidLen < 5 || aidLen > 16) return false;
  labelLen = load<u8>(p);
  label = p + 1;
  p = label + <usize>labelLen;
  if (p >= end || labelLen > 16) return false;
  pdolLen = load<u8>(p);
  pdol = p + 1;
  p = pdol + <usize>pdolLen;
  if (p >= end || pdolLen > PDOL_MAX) return false;
  aflLen = load<u8>(p);
  afl = p + 1;
  p = afl + <usize>aflLen;
  if (p + 2 > end || (aflLen & 3) != 0 || aflLen > AFL_MAX) return false;
  cdol1Len = read16(p);
  cdol1 = p + 2;
  p = cdol1 + <usize>cdol1Len;
  if (p >= end || cdol1Len > 255) return false;
  recordCount = load<u8>(p);
  records = p + 1;
  p = records;
  for (let i = 0; i < recordCount; i++) {
    if (p + 4 > end) return false;
    const size = <i32>read16(p + 2);
    if (size > 252) return false;
    p += 4 + <usize>size;
    if (p > end) return false;
  }
  if (p != end) return false;
  return listsAreComplete();
}

/** The PDOL must let the phone decide, the CDOL1 must bring all that the cryptogram covers. */
function listsAreComplete(): bool {
  const total = dolTotal(cdol1, cdol1Len);
  if (total < 0 || total > 240) return false;
  const pdolTotal = dolTotal(pdol, pdolLen);
  if (pdolTotal < 0 || pdolTotal > PDOL_DATA_MAX) return false;
  if (dolOffset(pdol, pdolLen, 0x9f02, 6) < 0 || dolOffset(pdol, pdolLen, 0x5f2a, 2) < 0) return false;
  return (
    dolOffset(cdol1, cdol1Len, 0x9f02, 6) >= 0 &&
    dolOffset(cdol1, cdol1Len, 0x9f03, 6) >= 0 &&
    dolOffset(cdol1, cdol1Len, 0x9f1a, 2) >= 0 &&
    dolOffset(cdol1, cdol1Len, 0x95, 5) >= 0 &&
    dolOffset(cdol1, cdol1Len, 0x5f2a, 2) >= 0 &&
    dolOffset(cdol1, cdol1Len, 0x9a, 3) >= 0 &&
    dolOffset(cdol1, cdol1Len, 0x9c, 1) >= 0 &&
    dolOffset(cdol1, cdol1Len, 0x9f37, 4) >= 0
  );
}

/** Address of a record's bytes, its length in `recordLength`; 0 when the file does not have it. */
export let recordLength: i32 = 0;
export function findRecord(sfi: u32, number: u32): usize {
  let p = records;
  for (let i = 0; i < recordCount; i++) {
    const size = <i32>read16(p + 2);
    if (load<u8>(p) == sfi && load<u8>(p + 1) == number) {
      recordLength = size;
      return p + 4;
    }
    p += 4 + <usize>size;
  }
  return 0;
}

/**
 * Issuer's `8001`: a new token, or a new profile for one that is there. The first one becomes the selected card.
 * `vacant`: a place that a deleted token gives up, −1 when there is none; used when all are taken.
 */
export function personalise(message: usize, len: i32, vacant: i32): u32 {
  if (!parse(message, len)) return MESSAGE_MALFORMED;
  const tokenId = message + P_TOKEN_ID;
  if (placeOf(tokenId) < 0) {
    const status = settle(tokenId, vacant);
    if (status != TEE_SUCCESS) return status;
  } else {
    if (!loadToken(tokenId) || load<u8>(STATE + S_STATE) == DELETED) return UNKNOWN_TOKEN;
    // What the sets and masks that it keeps were derived for does not change under them.
    if (
      load<u8>(PROFILE + P_PROFILE) != load<u8>(message + P_PROFILE) ||
      TEE_MemCompare(PROFILE + P_DIGITS, message + P_DIGITS, <u32>(P_EXPIRY - P_DIGITS)) != 0
    )
      return MESSAGE_MALFORMED;
  }
  return objects.write(objects.PROFILE, tokenId, message, len) ? TEE_SUCCESS : STORAGE_EXHAUSTED;
}

/** Gives a new token its place and state. */
function settle(tokenId: usize, vacant: i32): u32 {
  const count = readIndex();
  let place = count;
  if (count < MAX_TOKENS) {
    store<u8>(INDEX, <u8>(count + 1));
  } else {
    if (vacant < 0) return TOO_MANY_TOKENS;
    place = vacant;
    objects.remove(objects.PROFILE, tokenIdAt(place));
    objects.remove(objects.STATE, tokenIdAt(place));
    objects.remove(objects.LOG, tokenIdAt(place));
  }
  TEE_MemMove(tokenIdAt(place), tokenId, 16);
  if (!load<u8>(INDEX + 1)) store<u8>(INDEX + 1, 1);
  if (!objects.write(objects.INDEX, 0, INDEX, INDEX_SIZE)) return STORAGE_EXHAUSTED;
  TEE_MemFill(STATE, 0, STATE_SIZE);
  store<u8>(STATE + S_STATE, <u8>ACTIVE);
  return saveState(tokenId) ? TEE_SUCCESS : STORAGE_EXHAUSTED;
}

/** Issuer's `8003`. A deleted token leaves its log, so that what it did can still be told, and nothing else. */
export function setState(tokenId: usize, state: u32): u32 {
  if (placeOf(tokenId) < 0) return UNKNOWN_TOKEN;
  if (state < ACTIVE || state > DELETED) return MESSAGE_MALFORMED;
  if (!loadToken(tokenId)) return UNKNOWN_TOKEN;
  if (load<u8>(STATE + S_STATE) == DELETED && state != DELETED) return MESSAGE_MALFORMED;
  store<u8>(STATE + S_STATE, <u8>state);
  if (!saveState(tokenId)) return STORAGE_EXHAUSTED;
  if (state == DELETED) objects.remove(objects.KEYS, tokenId);
  return TEE_SUCCESS;
}

export function raiseHighestAtc(atc: u32): void {
  write16(STATE + S_HIGHEST_ATC, atc);
}
