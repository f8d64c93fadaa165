// HMAC_DRBG with SHA-256 (SP 800-90A Rev. 1 §10.1.2), without prediction resistance. Entropy is the caller's:
// the kernel has no source of its own.

import { wipe } from './constant-time';
import {
  HMAC_SHA256_STATE_SIZE,
  hmacSha256,
  hmacSha256Final,
  hmacSha256Init,
  hmacSha256Update,
} from './hmac';

// State: K · V · reseed counter.
const V: usize = 32;
const RESEED_COUNTER: usize = 64;

/** Bytes of a generator. */
export const DRBG_STATE_SIZE: i32 = 72;

/** SP 800-90A Rev. 1, table 2: 2^19 bits a request, 2^48 requests between reseeds. */
export const DRBG_REQUEST_MAX: i32 = 65536;
export const DRBG_RESEED_INTERVAL: u64 = 1 << 48;

const MAC: usize = memory.data(HMAC_SHA256_STATE_SIZE, 16);
const SEPARATOR: usize = memory.data(8, 8);

/** §10.1.2.3. At least 32 bytes of entropy and 16 of nonce (§8.6.7) are the caller's duty. */
export function drbgInstantiate(
  state: usize,
  entropy: usize,
  entropyLen: i32,
  nonce: usize,
  nonceLen: i32,
  pers: usize,
  persLen: i32,
): void {
  memory.fill(state, 0, 32);
  memory.fill(state + V, 1, 32);
  update(state, entropy, entropyLen, nonce, nonceLen, pers, persLen);
  store<u64>(state, 1, RESEED_COUNTER);
}

/** §10.1.2.4. */
export function drbgReseed(
  state: usize,
  entropy: usize,
  len: i32,
  additional: usize,
  additionalLen: i32,
): void {
  update(state, entropy, len, additional, additionalLen, 0, 0);
  store<u64>(state, 1, RESEED_COUNTER);
}

/** 1 when the next request will be refused until `drbgReseed`. */
export function drbgNeedsReseed(state: usize): i32 {
  return i32(load<u64>(state, RESEED_COUNTER) > DRBG_RESEED_INTERVAL);
}

/** §10.1.2.5. 1 with `len` bytes in `out`; 0, `out` untouched, past the request limit or the reseed interval. */
export function drbgGenerate(state: usize, out: usize, len: i32, additional: usize, additionalLen: i32): i32 {
  if (len < 0 || len > DRBG_REQUEST_MAX || drbgNeedsReseed(state)) return 0;
  if (additionalLen > 0) update(state, additional, additionalLen, 0, 0, 0, 0);
  const v: usize = state + V;
  for (let done = 0; done < len; done += 32) {
    hmacSha256(state, 32, v, 32, v);
    memory.copy(out + done, v, min(32, len - done));
  }
  update(state, additional, additionalLen, 0, 0, 0, 0);
  store<u64>(state, load<u64>(state, RESEED_COUNTER) + 1, RESEED_COUNTER);
  return 1;
}

/** §10.1.2.2, the provided data being the three strings one after another. */
function update(state: usize, a: usize, aLen: i32, b: usize, bLen: i32, c: usize, cLen: i32): void {
  const v: usize = state + V;
  const provided: bool = aLen + bLen + cLen > 0;
  for (let round = 0; round < 2; round++) {
    hmacSha256Init(MAC, state, 32);
    hmacSha256Update(MAC, v, 32);
    store<u8>(SEPARATOR, round);
    hmacSha256Update(MAC, SEPARATOR, 1);
    hmacSha256Update(MAC, a, aLen);
    hmacSha256Update(MAC, b, bLen);
    hmacSha256Update(MAC, c, cLen);
    hmacSha256Final(MAC, state);
    hmacSha256(state, 32, v, 32, v);
    if (!provided) break;
  }
  wipe(MAC, HMAC_SHA256_STATE_SIZE);
}
