// The transaction log of a token: one slot a single-use key set, chained and MACed (docs/layouts.md §5).
// A slot is written when its set is armed, as *outcome unknown*; the tap's own record replaces it afterwards.
// At most one slot is open; what lies before it is final.
import {
  TEE_ALG_AES_CMAC,
  TEE_ALG_SHA256,
  TEE_AllocateOperation,
  TEE_AllocateTransientObject,
  TEE_DigestDoFinal,
  TEE_ERROR_CORRUPT_OBJECT,
  TEE_FreeOperation,
  TEE_FreeTransientObject,
  TEE_MACComputeFinal,
  TEE_MACInit,
  TEE_MemFill,
  TEE_MemMove,
  TEE_MODE_DIGEST,
  TEE_MODE_MAC,
  TEE_Panic,
  TEE_SetOperationKey,
  TEE_TYPE_AES,
  TEEX_PopulateSecret,
} from '../../../packages/vse/assembly/tee';
import { read16, read32, write16, write32 } from './bytes';
import * as objects from './objects';
import * as tokens from './tokens';

export const RECORD_SIZE: i32 = 160;
export const CAPACITY: i32 = 64;

export const UNKNOWN: u32 = 0;
export const ANSWERED_ARQC: u32 = 1;
export const ANSWERED_AAC: u32 = 2;
export const BURNT: u32 = 3;

// Offsets in a record
export const R_STATUS: usize = 1;
export const R_SEQ: usize = 2;
export const R_ATC: usize = 6;
export const R_KEY_SET_ID: usize = 8;
export const R_CID: usize = 15;
export const R_AMOUNT: usize = 16;
export const R_AMOUNT_OTHER: usize = 22;
export const R_CURRENCY: usize = 28;
export const R_COUNTRY: usize = 30;
export const R_DATE: usize = 32;
export const R_TIME: usize = 35;
export const R_TYPE: usize = 38;
export const R_UN: usize = 39;
export const R_AC: usize = 43;
export const R_VERIFICATION: usize = 51;
export const R_RESPONSE: usize = 52;
export const R_POLICY: usize = 53;
export const R_TERMINAL_ID: usize = 55;
export const R_MERCHANT_ID: usize = 63;
export const R_MERCHANT_NAME: usize = 78;
export const R_DEVICE_TIME: usize = 98;
export const R_TVR: usize = 102;
const R_PREVIOUS: usize = 112;
const R_MAC: usize = 144;

// Object: 0 next seq 4 · 4 acknowledged up to 4 · 8 count 4 · 12 last slot is open 4 · 16 hash of the last final record 32
//         · 48 entries: record 160, outcome 1, DE 39 2, zero 1. Numbers are big-endian.
const HEADER: usize = 48;
const STRIDE: i32 = 164;
const LOG: usize = memory.data(10544, 16);
const LOG_MAX: u32 = 10544;
const WORK: usize = memory.data(64, 16);
const HANDLE: usize = memory.data(16, 16);

export function count(): i32 {
  return read32(LOG + 8);
}

export function acknowledged(): u32 {
  return read32(LOG + 4);
}

export function hasOpenSlot(): bool {
  return read32(LOG + 12) != 0;
}

export function entryAt(i: i32): usize {
  return LOG + HEADER + <usize>(i * STRIDE);
}

/** Reads the log of a token; a new one when there is none yet. */
export function loadLog(tokenId: usize): void {
  const len = objects.read(objects.LOG, tokenId, LOG, LOG_MAX);
  if (len >= 0) {
    // the seal vouches for what we wrote: anything else is a bug, and no index is taken from it
    if (len < <i32>HEADER || <u32>count() > <u32>CAPACITY || len != <i32>HEADER + count() * STRIDE)
      TEE_Panic(TEE_ERROR_CORRUPT_OBJECT);
    return;
  }
  TEE_MemFill(LOG, 0, <u32>HEADER);
  write32(LOG, 1);
  // the chain begins with SHA-256("tapseal log v1" || tokenId)
  writeLabel(WORK);
  TEE_MemMove(WORK + 14, tokenId, 16);
  digest(WORK, 30, LOG + 16);
}

export function saveLog(tokenId: usize): bool {
  return objects.write(objects.LOG, tokenId, LOG, <u32>HEADER + <u32>(count() * STRIDE));
}

/** "tapseal log v1", 14 bytes. */
function writeLabel(p: usize): void {
  store<u64>(p, 0x206c616573706174);
  store<u32>(p + 8, 0x20676f6c);
  store<u16>(p + 12, 0x3176);
}

function digest(src: usize, len: u32, out: usize): void {
  TEE_AllocateOperation(HANDLE, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);
  store<u32>(HANDLE + 8, 32);
  TEE_DigestDoFinal(load<u32>(HANDLE), src, len, out, HANDLE + 8);
  TEE_FreeOperation(load<u32>(HANDLE));
}

/** Room for one more record? Acknowledged records make way, others never. */
export function hasRoom(): bool {
  return count() < CAPACITY || read32(entryAt(0) + R_SEQ) <= acknowledged();
}

/** Opens a slot and returns its sequence number. The token's profile is loaded, there is room and no slot is open. */
export function openSlot(atc: u32, keySetId: usize, deviceTime: u32, policy: u32, response: u32): u32 {
  if (count() >= CAPACITY) {
    TEE_MemMove(entryAt(0), entryAt(1), <u32>((CAPACITY - 1) * STRIDE));
    write32(LOG + 8, CAPACITY - 1);
  }
  const seq = read32(LOG);
  const e = entryAt(count());
  TEE_MemFill(e, 0, STRIDE);
  store<u8>(e, 1);
  store<u8>(e + R_STATUS, <u8>UNKNOWN);
  write32(e + R_SEQ, seq);
  write16(e + R_ATC, atc);
  TEE_MemMove(e + R_KEY_SET_ID, keySetId, 7);
  store<u8>(e + R_RESPONSE, <u8>response);
  write16(e + R_POLICY, policy);
  write32(e + R_DEVICE_TIME, deviceTime);
  write32(LOG, seq + 1);
  write32(LOG + 8, count() + 1);
  write32(LOG + 12, 1);
  return seq;
}

/** Closes the open slot, with the tap's fields from `record` or, when it is 0, with `status` alone. The profile is loaded. */
export function closeSlot(record: usize, status: u32): void {
  const e = entryAt(count() - 1);
  if (record) TEE_MemMove(e + R_CID, record + R_CID, <u32>(R_PREVIOUS - R_CID));
  store<u8>(e + R_STATUS, <u8>status);
  TEE_MemMove(e + R_PREVIOUS, LOG + 16, 32);

  TEE_AllocateTransientObject(TEE_TYPE_AES, 128, HANDLE);
  const key = load<u32>(HANDLE);
  TEEX_PopulateSecret(key, tokens.PROFILE + tokens.P_LOG_KEY, 16);
  TEE_AllocateOperation(HANDLE, TEE_ALG_AES_CMAC, TEE_MODE_MAC, 128);
  const operation = load<u32>(HANDLE);
  TEE_SetOperationKey(operation, key);
  TEE_MACInit(operation, 0, 0);
  store<u32>(HANDLE + 8, 16);
  TEE_MACComputeFinal(operation, e, <u32>R_MAC, e + R_MAC, HANDLE + 8);
  TEE_FreeOperation(operation);
  TEE_FreeTransientObject(key);

  digest(e, RECORD_SIZE, LOG + 16);
  write32(LOG + 12, 0);
}

/** Final records above the acknowledged one. */
export function unacknowledged(): i32 {
  let n = 0;
  for (let i = firstUnacknowledged(); i < finalCount(); i++) n++;
  return n;
}

export function finalCount(): i32 {
  return count() - (hasOpenSlot() ? 1 : 0);
}

export function firstUnacknowledged(): i32 {
  let i = 0;
  while (i < finalCount() && read32(entryAt(i) + R_SEQ) <= acknowledged()) i++;
  return i;
}

/** Issuer's `8004`. An acknowledgement never goes back, nor beyond what is final. */
export function acknowledge(seq: u32): void {
  if (seq > acknowledged() && finalCount() > 0 && seq <= read32(entryAt(finalCount() - 1) + R_SEQ))
    write32(LOG + 4, seq);
}

/** Issuer's `8005`, one outcome: ATC 2 · outcome 1 · DE 39 2. An ATC that the log no longer holds is passed over. */
export function noteOutcome(outcome: usize): void {
  const atc = read16(outcome);
  for (let i = 0; i < count(); i++) {
    const e = entryAt(i);
    if (read16(e + R_ATC) == atc) TEE_MemMove(e + RECORD_SIZE, outcome + 2, 3);
  }
}
