// SHA-256 (FIPS 180-4 §6.2). No table is indexed by data: constants are read in order.

import { store32be, store64be } from './bytes';
import { wipe } from './constant-time';

export const SHA256_DIGEST: i32 = 32;
export const SHA256_BLOCK: i32 = 64;

// State: hash value · message length in bytes · waiting block.
const LENGTH: usize = 32;
const WAITING: usize = 40;

/** Bytes of an incremental SHA-256. */
export const SHA256_STATE_SIZE: i32 = 104;

const ONE_CALL: usize = memory.data(SHA256_STATE_SIZE, 16);
const SCHEDULE: usize = memory.data(256, 16);

/** The digest of `len` bytes to `out`, which may overlap the message. */
export function sha256(msg: usize, len: i32, out: usize): void {
  sha256Init(ONE_CALL);
  sha256Update(ONE_CALL, msg, len);
  sha256Final(ONE_CALL, out);
}

/** FIPS 180-4 §5.3.3. */
export function sha256Init(state: usize): void {
  store<u32>(state, 0x6a09e667, 0);
  store<u32>(state, 0xbb67ae85, 4);
  store<u32>(state, 0x3c6ef372, 8);
  store<u32>(state, 0xa54ff53a, 12);
  store<u32>(state, 0x510e527f, 16);
  store<u32>(state, 0x9b05688c, 20);
  store<u32>(state, 0x1f83d9ab, 24);
  store<u32>(state, 0x5be0cd19, 28);
  store<u64>(state, 0, LENGTH);
}

export function sha256Update(state: usize, ptr: usize, len: i32): void {
  let fill: i32 = i32(load<u64>(state, LENGTH) & 63);
  store<u64>(state, load<u64>(state, LENGTH) + u64(len), LENGTH);
  if (fill > 0) {
    const take: i32 = min(64 - fill, len);
    memory.copy(state + WAITING + fill, ptr, take);
    fill += take;
    ptr += take;
    len -= take;
    if (fill < 64) return;
    compress(state, state + WAITING);
  }
  for (; len >= 64; len -= 64) {
    compress(state, ptr);
    ptr += 64;
  }
  memory.copy(state + WAITING, ptr, len);
}

/** Writes the 32-byte digest and wipes the state. */
export function sha256Final(state: usize, out: usize): void {
  const length: u64 = load<u64>(state, LENGTH);
  const fill: i32 = i32(length & 63);
  const block: usize = state + WAITING;
  store<u8>(block + fill, 0x80);
  memory.fill(block + fill + 1, 0, 63 - fill);
  if (fill > 55) {
    compress(state, block);
    memory.fill(block, 0, 56);
  }
  store64be(block + 56, length << 3);
  compress(state, block);
  for (let i: usize = 0; i < 32; i += 4) store32be(out + i, load<u32>(state + i));
  wipe(state, SHA256_STATE_SIZE);
  wipe(SCHEDULE, 256);
}

function compress(state: usize, block: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store32be(SCHEDULE + i, load<u32>(block + i));
  for (let t = SCHEDULE; t < SCHEDULE + 192; t += 4) {
    const w15: u32 = load<u32>(t, 4);
    const w2: u32 = load<u32>(t, 56);
    const s0: u32 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >>> 3);
    const s1: u32 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >>> 10);
    store<u32>(t, load<u32>(t) + s0 + load<u32>(t, 36) + s1, 64);
  }
  let a: u32 = load<u32>(state, 0);
  let b: u32 = load<u32>(state, 4);
  let c: u32 = load<u32>(state, 8);
  let d: u32 = load<u32>(state, 12);
  let e: u32 = load<u32>(state, 16);
  let f: u32 = load<u32>(state, 20);
  let g: u32 = load<u32>(state, 24);
  let h: u32 = load<u32>(state, 28);
  for (let t: usize = 0; t < 256; t += 4) {
    const t1: u32 =
      h +
      (rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)) +
      (g ^ (e & (f ^ g))) +
      load<u32>(K + t) +
      load<u32>(SCHEDULE + t);
    const t2: u32 = (rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)) + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(state, load<u32>(state, 0) + a, 0);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

// FIPS 180-4 §4.2.2: fractional parts of the cube roots of the first 64 primes.
const K: usize = memory.data<u32>(
  [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ],
  16,
);
