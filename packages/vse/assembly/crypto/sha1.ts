// SHA-1 (FIPS 180-4 §6.1), for HOTP and TOTP (RFC 4226, RFC 6238) only: never for a signature.

import { store32be, store64be } from './bytes';
import { wipe } from './constant-time';

export const SHA1_DIGEST: i32 = 20;

// State: hash value (20, padded to 24) · message length in bytes · waiting block.
const LENGTH: usize = 24;
const WAITING: usize = 32;

/** Bytes of an incremental SHA-1. */
export const SHA1_STATE_SIZE: i32 = 96;

const ONE_CALL: usize = memory.data(SHA1_STATE_SIZE, 16);
const SCHEDULE: usize = memory.data(320, 16);

/** The digest of `len` bytes to `out`, which may overlap the message. */
export function sha1(msg: usize, len: i32, out: usize): void {
  sha1Init(ONE_CALL);
  sha1Update(ONE_CALL, msg, len);
  sha1Final(ONE_CALL, out);
}

/** FIPS 180-4 §5.3.1. */
export function sha1Init(state: usize): void {
  store<u32>(state, 0x67452301, 0);
  store<u32>(state, 0xefcdab89, 4);
  store<u32>(state, 0x98badcfe, 8);
  store<u32>(state, 0x10325476, 12);
  store<u32>(state, 0xc3d2e1f0, 16);
  store<u64>(state, 0, LENGTH);
}

export function sha1Update(state: usize, ptr: usize, len: i32): void {
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

/** Writes the 20-byte digest and wipes the state. */
export function sha1Final(state: usize, out: usize): void {
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
  for (let i: usize = 0; i < 20; i += 4) store32be(out + i, load<u32>(state + i));
  wipe(state, SHA1_STATE_SIZE);
  wipe(SCHEDULE, 320);
}

function compress(state: usize, block: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store32be(SCHEDULE + i, load<u32>(block + i));
  for (let t = SCHEDULE; t < SCHEDULE + 256; t += 4) {
    const mixed: u32 = load<u32>(t, 52) ^ load<u32>(t, 32) ^ load<u32>(t, 8) ^ load<u32>(t);
    store<u32>(t, rotl<u32>(mixed, 1), 64);
  }
  let a: u32 = load<u32>(state, 0);
  let b: u32 = load<u32>(state, 4);
  let c: u32 = load<u32>(state, 8);
  let d: u32 = load<u32>(state, 12);
  let e: u32 = load<u32>(state, 16);
  for (let t = 0; t < 80; t++) {
    // FIPS 180-4 §4.1.1 and §4.2.1: function and constant change every twenty steps.
    let f: u32 = b ^ c ^ d;
    let k: u32 = 0x6ed9eba1;
    if (t < 20) {
      f = d ^ (b & (c ^ d));
      k = 0x5a827999;
    } else if (t >= 60) {
      k = 0xca62c1d6;
    } else if (t >= 40) {
      f = (b & c) | (d & (b | c));
      k = 0x8f1bbcdc;
    }
    const next: u32 = rotl<u32>(a, 5) + f + e + k + load<u32>(SCHEDULE + (t << 2));
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  store<u32>(state, load<u32>(state, 0) + a, 0);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
}
