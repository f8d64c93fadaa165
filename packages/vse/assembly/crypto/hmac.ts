// HMAC (FIPS 198-1; RFC 2104) with SHA-256 and, for one-time passcodes, SHA-1.

import { wipe } from './constant-time';
import { SHA1_STATE_SIZE, sha1, sha1Final, sha1Init, sha1Update } from './sha1';
import { SHA256_STATE_SIZE, sha256, sha256Final, sha256Init, sha256Update } from './sha256';

// State: the inner hash, then the outer hash that waits with its padded key absorbed.
/** Bytes of an incremental HMAC-SHA-256. */
export const HMAC_SHA256_STATE_SIZE: i32 = SHA256_STATE_SIZE * 2;
/** Bytes of an incremental HMAC-SHA-1. */
export const HMAC_SHA1_STATE_SIZE: i32 = SHA1_STATE_SIZE * 2;

const ONE_CALL: usize = memory.data(HMAC_SHA256_STATE_SIZE, 16);
const PADDED_KEY: usize = memory.data(64, 16);
const INNER: usize = memory.data(32, 16);

const IPAD: u64 = 0x3636363636363636;
const OPAD: u64 = 0x5c5c5c5c5c5c5c5c;

/** 32 bytes to `out`, which may overlap the key or the message. */
export function hmacSha256(key: usize, keyLen: i32, msg: usize, len: i32, out: usize): void {
  hmacSha256Init(ONE_CALL, key, keyLen);
  hmacSha256Update(ONE_CALL, msg, len);
  hmacSha256Final(ONE_CALL, out);
}

export function hmacSha256Init(state: usize, key: usize, keyLen: i32): void {
  memory.fill(PADDED_KEY, 0, 64);
  if (keyLen > 64) sha256(key, keyLen, PADDED_KEY);
  else memory.copy(PADDED_KEY, key, keyLen);
  maskKey(IPAD);
  sha256Init(state);
  sha256Update(state, PADDED_KEY, 64);
  maskKey(IPAD ^ OPAD);
  sha256Init(state + SHA256_STATE_SIZE);
  sha256Update(state + SHA256_STATE_SIZE, PADDED_KEY, 64);
  wipe(PADDED_KEY, 64);
}

export function hmacSha256Update(state: usize, ptr: usize, len: i32): void {
  sha256Update(state, ptr, len);
}

/** Writes the 32-byte tag and wipes the state. */
export function hmacSha256Final(state: usize, out: usize): void {
  sha256Final(state, INNER);
  sha256Update(state + SHA256_STATE_SIZE, INNER, 32);
  sha256Final(state + SHA256_STATE_SIZE, out);
  wipe(INNER, 32);
}

/** 20 bytes to `out`, which may overlap the key or the message. */
export function hmacSha1(key: usize, keyLen: i32, msg: usize, len: i32, out: usize): void {
  hmacSha1Init(ONE_CALL, key, keyLen);
  hmacSha1Update(ONE_CALL, msg, len);
  hmacSha1Final(ONE_CALL, out);
}

export function hmacSha1Init(state: usize, key: usize, keyLen: i32): void {
  memory.fill(PADDED_KEY, 0, 64);
  if (keyLen > 64) sha1(key, keyLen, PADDED_KEY);
  else memory.copy(PADDED_KEY, key, keyLen);
  maskKey(IPAD);
  sha1Init(state);
  sha1Update(state, PADDED_KEY, 64);
  maskKey(IPAD ^ OPAD);
  sha1Init(state + SHA1_STATE_SIZE);
  sha1Update(state + SHA1_STATE_SIZE, PADDED_KEY, 64);
  wipe(PADDED_KEY, 64);
}

export function hmacSha1Update(state: usize, ptr: usize, len: i32): void {
  sha1Update(state, ptr, len);
}

/** Writes the 20-byte tag and wipes the state. */
export function hmacSha1Final(state: usize, out: usize): void {
  sha1Final(state, INNER);
  sha1Update(state + SHA1_STATE_SIZE, INNER, 20);
  sha1Final(state + SHA1_STATE_SIZE, out);
  wipe(INNER, 32);
}

function maskKey(mask: u64): void {
  for (let i: usize = 0; i < 64; i += 8) store<u64>(PADDED_KEY + i, load<u64>(PADDED_KEY + i) ^ mask);
}
