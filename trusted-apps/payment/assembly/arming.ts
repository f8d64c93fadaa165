// Arming (docs/profiles.md §7): the spend of the next key set and its log slot are committed before its key can be used.
// What is armed lives in volatile memory: a restart burns it, and its slot stays as *outcome unknown*.
import {
  TEE_AllocateOperation,
  TEE_AllocateTransientObject,
  TEE_FreeOperation,
  TEE_FreeTransientObject,
  TEE_MemMove,
  TEE_MODE_DERIVE,
  TEE_SetOperationKey,
  TEE_SUCCESS,
  TEE_TYPE_AES,
  TEE_TYPE_DES3,
  TEE_TYPE_HKDF_IKM,
  TEEX_ALG_HKDF_SHA256,
  TEEX_DeriveKeyHkdf,
  TEEX_GetProperty,
  TEEX_GetREEClaimSeconds,
  TEEX_GetREETimeSeconds,
  TEEX_GetSecret,
  TEEX_PopulateSecret,
  TEEX_PROPERTY_POLICY_VERSION,
  TEEX_PROPERTY_RESPONSE_IN_FORCE,
  TEEX_Wipe,
} from '../../../packages/vse/assembly/tee';
import { bcd6, read16, read64, write16 } from './bytes';
import * as keySets from './key-sets';
import * as log from './log';
import {
  ARM_RATE_LIMITED,
  BLOCKED_BY_POLICY,
  CARD_NOT_ACTIVE,
  LOG_FULL,
  NO_CARD_SELECTED,
  NO_KEYS_LEFT,
  NOT_ARMED,
  PIN_MALFORMED,
  STORAGE_EXHAUSTED,
  TAP_IN_PROGRESS,
  UNKNOWN_TOKEN,
  WALLET_LOCKED,
} from './refusals';
import * as tokens from './tokens';

/** One unlock is good for so long and so many arms. */
const UNLOCK_SECONDS: u64 = 120;
const ARMS_AN_UNLOCK: u32 = 5;
/** From this response on the wallet neither arms nor pays (profiles.md §3.4: block payment). */
const RESPONSE_BLOCK: u32 = 4;

let unlockedAt: u64 = 0;
let unlocked: bool = false;
let armsLeft: u32 = 0;

// The armed set.
export let armed: bool = false;
/** GPO has taken it; a tap that breaks off from here on has burnt it. */
export let reserved: bool = false;
export let atc: u32 = 0;
export let logSeq: u32 = 0;
export let keysLeft: i32 = 0;
/** Taps before this one. */
export let tapsSinceBundle: u32 = 0;
export let mdKey: u32 = 0;
let umdMasked: u32 = 0;
export const TOKEN_ID: usize = memory.data(16, 16);
export const KEY_SET_ID: usize = memory.data(8, 16);
export const IDN: usize = memory.data(2, 16);
const EXPIRY: usize = memory.data(3, 16);
const SALT: usize = memory.data(16, 16);

// CDCVM for the armed set: SK-UMD, unmasked by the PIN that was entered.
export let umdKey: u32 = 0;
let verifiedAt: u64 = 0;

// A tap's record that is not durable yet: status as log.* names it.
export let recordPending: bool = false;
let recordStatus: u32 = 0;
export const RECORD: usize = memory.data(160, 16);

const SET: usize = memory.data(80, 16);
const HANDLE: usize = memory.data(16, 16);
const WORK: usize = memory.data(64, 16);

export function unlock(): u32 {
  unlocked = true;
  unlockedAt = TEEX_GetREEClaimSeconds();
  armsLeft = ARMS_AN_UNLOCK;
  return TEE_SUCCESS;
}

/** The armed set stays armed, but no reader gets at it until the next unlock. */
export function lock(): u32 {
  unlocked = false;
  armsLeft = 0;
  dropVerification();
  return TEE_SUCCESS;
}

export function isUnlocked(): bool {
  return unlocked && lasts(unlockedAt, UNLOCK_SECONDS);
}

/**
 * Spans are measured on the host's own clock: on one that lies behind the issuer's time, the later of the two stands still.
 * A clock that went backwards, or that the host does not have, ends every span.
 */
function lasts(since: u64, seconds: u64): bool {
  const now = TEEX_GetREEClaimSeconds();
  return now != 0 && now >= since && now - since <= seconds;
}

/** The bank's policy forbids to pay. */
export function isBlocked(): bool {
  return TEEX_GetProperty(TEEX_PROPERTY_RESPONSE_IN_FORCE) >= RESPONSE_BLOCK;
}

/** A set is armed, for this token, and has not expired since. */
export function isArmedFor(tokenId: usize): bool {
  return armed && memory.compare(TOKEN_ID, tokenId, 16) == 0 && !keySets.isExpired(EXPIRY);
}

/** Answer: ATC 2 · key sets left after it 1. Arming twice arms once. */
export function arm(out: usize): u32 {
  if (reserved) return TAP_IN_PROGRESS;
  const place = tokens.selectedPlace();
  if (place < 0) return NO_CARD_SELECTED;
  if (!isUnlocked()) return WALLET_LOCKED;
  if (isBlocked()) return BLOCKED_BY_POLICY;
  if (armed && keySets.isExpired(EXPIRY)) burn();
  if (armed) return answer(out);
  if (armsLeft == 0) return ARM_RATE_LIMITED;
  TEE_MemMove(WORK, tokens.tokenIdAt(place), 16);
  const hadRecord = recordPending;
  let status = finish();
  if (status == TEE_SUCCESS) status = tokens.loadToken(WORK) ? armNext(WORK) : UNKNOWN_TOKEN;
  if (status == TEE_SUCCESS) return answer(out);
  recordPending = hadRecord; // the kernel takes the whole command back, the record's writing with it
  return status;
}

function answer(out: usize): u32 {
  write16(out, atc);
  store<u8>(out + 2, <u8>keysLeft);
  return TEE_SUCCESS;
}

function armNext(tokenId: usize): u32 {
  if (load<u8>(tokens.STATE + tokens.S_STATE) != tokens.ACTIVE) return CARD_NOT_ACTIVE;
  log.loadLog(tokenId);
  if (log.hasOpenSlot()) log.closeSlot(0, log.UNKNOWN); // armed before a restart
  if (!log.hasRoom()) return LOG_FULL;
  const now = TEEX_GetREETimeSeconds();
  const left = keySets.takeNext(tokenId, SET);
  if (left == -2) return STORAGE_EXHAUSTED;
  if (left < 0) return NO_KEYS_LEFT;
  const setAtc = read16(SET + keySets.K_ATC);
  const seq = log.openSlot(
    setAtc,
    SET + keySets.K_ID,
    <u32>min<u64>(now, u32.MAX_VALUE),
    TEEX_GetProperty(TEEX_PROPERTY_POLICY_VERSION),
    TEEX_GetProperty(TEEX_PROPERTY_RESPONSE_IN_FORCE),
  );
  const taps: u32 = load<u8>(tokens.STATE + tokens.S_TAPS);
  if (taps < 255) store<u8>(tokens.STATE + tokens.S_TAPS, <u8>(taps + 1));
  if (!log.saveLog(tokenId) || !tokens.saveState(tokenId)) {
    TEEX_Wipe(SET, 80);
    return STORAGE_EXHAUSTED;
  }

  // From here nothing fails. The kernel releases this answer only once the spend is durable.
  const type =
    load<u8>(tokens.PROFILE + tokens.P_PROFILE) == tokens.PROFILE_OPEN ? TEE_TYPE_AES : TEE_TYPE_DES3;
  mdKey = secret(type, SET + keySets.K_MD);
  umdMasked = secret(TEE_TYPE_AES, SET + keySets.K_UMD);
  TEE_MemMove(TOKEN_ID, tokenId, 16);
  TEE_MemMove(KEY_SET_ID, SET + keySets.K_ID, 7);
  TEE_MemMove(IDN, SET + keySets.K_IDN, 2);
  TEE_MemMove(SALT, SET + keySets.K_SALT, 16);
  TEE_MemMove(EXPIRY, SET + keySets.K_EXPIRY, 3);
  TEEX_Wipe(SET, 80);
  atc = setAtc;
  logSeq = seq;
  keysLeft = left;
  tapsSinceBundle = taps;
  armsLeft--;
  armed = true;
  return TEE_SUCCESS;
}

function secret(type: u32, value: usize): u32 {
  TEE_AllocateTransientObject(type, 128, HANDLE);
  TEEX_PopulateSecret(load<u32>(HANDLE), value, 16);
  return load<u32>(HANDLE);
}

/**
 * Unmasks SK-UMD of the armed set with the PIN (profiles.md §4). `digits`: one lane of 8 bytes a digit, wiped here.
 * Any PIN of the right form unmasks to some key: whether it was the right one only the issuer sees.
 */
export function enterPin(digits: usize, len: i32): u32 {
  const count = len >> 3;
  let wellFormed = (len & 7) == 0 && count >= 4 && count <= 12;
  for (let i = 0; wellFormed && i < count; i++) {
    const d = load<u64>(digits + ((<usize>i) << 3));
    if (d > 9) wellFormed = false;
    store<u8>(WORK + <usize>i, <u8>(0x30 + d));
  }
  TEEX_Wipe(digits, len);
  const status = !wellFormed
    ? PIN_MALFORMED
    : !armed
      ? NOT_ARMED
      : !isUnlocked()
        ? WALLET_LOCKED
        : TEE_SUCCESS;
  if (status == TEE_SUCCESS) {
    dropVerification();
    tokens.loadToken(TOKEN_ID);
    unmask(count);
    verifiedAt = TEEX_GetREEClaimSeconds();
  }
  TEEX_Wipe(WORK, 64);
  return status;
}

/** WORK holds the PIN's ASCII digits. */
function unmask(pinLength: u32): void {
  TEE_AllocateTransientObject(TEE_TYPE_HKDF_IKM, 96, HANDLE);
  const pin = load<u32>(HANDLE);
  TEEX_PopulateSecret(pin, WORK, pinLength);
  // "tapseal pin mask v1" || token || ATC
  store<u64>(WORK, 0x206c616573706174);
  store<u64>(WORK + 8, 0x6b73616d206e6970);
  store<u16>(WORK + 16, 0x7620);
  store<u8>(WORK + 18, 0x31);
  TEE_MemMove(WORK + 19, tokens.PROFILE + tokens.P_TOKEN, 10);
  write16(WORK + 29, atc);
  TEE_AllocateOperation(HANDLE, TEEX_ALG_HKDF_SHA256, TEE_MODE_DERIVE, 512);
  const operation = load<u32>(HANDLE);
  TEE_SetOperationKey(operation, pin);
  TEE_AllocateTransientObject(TEE_TYPE_AES, 128, HANDLE);
  const maskKey = load<u32>(HANDLE);
  TEEX_DeriveKeyHkdf(operation, SALT, 16, WORK, 31, maskKey, 128);
  TEE_FreeOperation(operation);
  TEE_FreeTransientObject(pin);

  store<u32>(HANDLE, 16);
  TEEX_GetSecret(maskKey, WORK, HANDLE);
  TEEX_GetSecret(umdMasked, WORK + 16, HANDLE);
  TEE_FreeTransientObject(maskKey);
  const tdes = load<u8>(tokens.PROFILE + tokens.P_PROFILE) == tokens.PROFILE_TDES;
  for (let i: usize = 0; i < 16; i++) {
    let b: u32 = load<u8>(WORK + i) ^ load<u8>(WORK + 16 + i);
    if (tdes) {
      b &= 0xfe;
      b |= (popcnt<u32>(b) & 1) ^ 1; // odd parity
    }
    store<u8>(WORK + i, <u8>b);
  }
  umdKey = secret(tdes ? TEE_TYPE_DES3 : TEE_TYPE_AES, WORK);
}

/** CDCVM counts for `P_CVM_FRESH` seconds. The profile is loaded. */
export function isVerified(): bool {
  return umdKey != 0 && lasts(verifiedAt, read16(tokens.PROFILE + tokens.P_CVM_FRESH));
}

function dropVerification(): void {
  TEE_FreeTransientObject(umdKey);
  umdKey = 0;
}

export function reserve(): void {
  reserved = true;
}

/** The set is used up: its keys go. The record stays in RECORD until `finish` makes it durable. */
export function spend(status: u32): void {
  dropVerification();
  TEE_FreeTransientObject(mdKey);
  TEE_FreeTransientObject(umdMasked);
  TEEX_Wipe(SALT, 16);
  mdKey = 0;
  umdMasked = 0;
  armed = false;
  reserved = false;
  recordPending = true;
  recordStatus = status;
}

/** A set that a tap broke off on, or that another card displaced. */
export function burn(): void {
  if (!armed) return;
  memory.fill(RECORD, 0, 160);
  write16(RECORD + log.R_ATC, atc);
  store<u8>(RECORD + log.R_RESPONSE, <u8>TEEX_GetProperty(TEEX_PROPERTY_RESPONSE_IN_FORCE));
  write16(RECORD + log.R_POLICY, TEEX_GetProperty(TEEX_PROPERTY_POLICY_VERSION));
  spend(log.BURNT);
}

/** Writes the pending record into its slot and counts the tap against the low-value limits. */
export function finish(): u32 {
  if (!recordPending) return TEE_SUCCESS;
  if (!tokens.loadToken(TOKEN_ID)) return UNKNOWN_TOKEN;
  log.loadLog(TOKEN_ID);
  const e = log.entryAt(log.count() - 1);
  // the arming time was written with the slot
  TEE_MemMove(RECORD + log.R_DEVICE_TIME, e + log.R_DEVICE_TIME, 4);
  log.closeSlot(RECORD, recordStatus);
  if (recordStatus == log.ANSWERED_ARQC) countLowValue();
  if (!log.saveLog(TOKEN_ID) || !tokens.saveState(TOKEN_ID)) return STORAGE_EXHAUSTED;
  recordPending = false;
  return TEE_SUCCESS;
}

function countLowValue(): void {
  const s = tokens.STATE;
  if (load<u8>(RECORD + log.R_VERIFICATION) & 1) {
    store<u8>(s + tokens.S_NO_CVM_COUNT, 0);
    store<u64>(s + tokens.S_NO_CVM_SUM, 0);
    return;
  }
  const count: u32 = load<u8>(s + tokens.S_NO_CVM_COUNT);
  if (count < 255) store<u8>(s + tokens.S_NO_CVM_COUNT, <u8>(count + 1));
  store<u64>(
    s + tokens.S_NO_CVM_SUM,
    bswap<u64>(read64(s + tokens.S_NO_CVM_SUM) + <u64>bcd6(RECORD + log.R_AMOUNT)),
  );
}

/** Must the customer be asked for this amount (profiles.md §6)? The profile is loaded. `currency`: where its 2 bytes stand. */
export function needsVerification(amount: i64, currency: usize): bool {
  const p = tokens.PROFILE;
  const s = tokens.STATE;
  if (read16(currency) != read16(p + tokens.P_CURRENCY)) return true;
  if (<u64>amount > read64(p + tokens.P_LOW_VALUE_TAP)) return true;
  if (load<u8>(s + tokens.S_NO_CVM_COUNT) >= load<u8>(p + tokens.P_LOW_VALUE_COUNT)) return true;
  return read64(s + tokens.S_NO_CVM_SUM) + <u64>amount > read64(p + tokens.P_LOW_VALUE_SUM);
}
