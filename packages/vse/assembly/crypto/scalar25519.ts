// Integers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of Ed25519's base point
// (RFC 8032 §5.1).
//
// Method: TweetNaCl's modL (public domain): signed digits of eight bits in 64-bit words, folded from the top by
// multiples of L. The code is our own. Two microseconds are short beside a point multiplication, so clarity wins.

import { wipe } from './constant-time';

const DIGITS: usize = memory.data(512, 16);
const DIGITS_SIZE: i32 = 512;

// L, little-endian, one byte a word entry.
const L: usize = memory.data<u8>([
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
]);

/** 64 bytes, little-endian, to their remainder of 32 bytes. `out` may be the input. */
export function scalarReduce(out: usize, wide: usize): void {
  for (let i = 0; i < 64; i++) store<i64>(DIGITS + (i << 3), load<u8>(wide + i));
  reduceDigits(out);
}

/** (a·b + c) modulo L; 32 bytes each, a and b and c below 2^256. */
export function scalarMulAdd(out: usize, a: usize, b: usize, c: usize): void {
  memory.fill(DIGITS, 0, DIGITS_SIZE);
  for (let i = 0; i < 32; i++) store<i64>(DIGITS + (i << 3), load<u8>(c + i));
  for (let i = 0; i < 32; i++) {
    const factor: i64 = load<u8>(a + i);
    for (let j = 0; j < 32; j++) {
      const at: usize = DIGITS + ((i + j) << 3);
      store<i64>(at, load<i64>(at) + factor * load<u8>(b + j));
    }
  }
  reduceDigits(out);
}

/** 1 when the 32 bytes are below L: RFC 8032 §5.1.7 step 1 wants no other S. */
export function scalarIsCanonical(s: usize): i32 {
  // The borrow of s − L.
  let borrow: i32 = 0;
  for (let i = 0; i < 32; i++) borrow = (i32(load<u8>(s + i)) - i32(load<u8>(L + i)) + borrow) >> 31;
  return borrow & 1;
}

function reduceDigits(out: usize): void {
  // 2^(8·i) = −16·(L − 2^252)·2^(8·(i − 32)) modulo L: fold digits 63 to 32 into the twenty below them.
  for (let i = 63; i >= 32; i--) {
    const top: i64 = 16 * load<i64>(DIGITS + (i << 3));
    let carry: i64 = 0;
    let j: i32 = i - 32;
    for (; j < i - 12; j++) {
      const at: usize = DIGITS + (j << 3);
      const digit: i64 = load<i64>(at) + carry - top * load<u8>(L + j - (i - 32));
      carry = (digit + 128) >> 8;
      store<i64>(at, digit - (carry << 8));
    }
    store<i64>(DIGITS + (j << 3), load<i64>(DIGITS + (j << 3)) + carry);
    store<i64>(DIGITS + (i << 3), 0);
  }
  // What lies above 2^252 once more, then −L if that went below zero.
  const excess: i64 = load<i64>(DIGITS, 248) >> 4;
  let carry: i64 = 0;
  for (let j = 0; j < 32; j++) {
    const at: usize = DIGITS + (j << 3);
    const digit: i64 = load<i64>(at) + carry - excess * load<u8>(L + j);
    carry = digit >> 8;
    store<i64>(at, digit & 255);
  }
  const below: i64 = carry;
  carry = 0;
  for (let j = 0; j < 32; j++) {
    const digit: i64 = load<i64>(DIGITS + (j << 3)) + carry - below * load<u8>(L + j);
    store<u8>(out + j, u8(digit));
    carry = digit >> 8;
  }
  wipe(DIGITS, DIGITS_SIZE);
}
