// Arithmetic modulo 2^255 − 19, for X25519 and Ed25519 (RFC 7748 §4.1, RFC 8032 §5.1).
//
// An element is ten signed 32-bit limbs of 26 and 25 bits in turn (radix 2^25.5), 40 bytes: WebAssembly has no
// 64 × 64 → 128 multiplication. Method: the ref10 implementation of Bernstein, Duif, Lange, Schwabe and Yang
// in SUPERCOP (public domain). The code is our own.
//
// Bounds: "reduced" means |limb| ≤ 1.01·2^25 (even) and 1.01·2^24 (odd). feMul, feSquare and feMulSmall take
// sums of up to three reduced elements and answer a reduced one; feAdd, feSub and feNegate do not reduce.
// `out` may be any of the inputs. No branch and no address depends on a value.

import { wipe } from './constant-time';

export const FE_SIZE: i32 = 40;

const BYTES: usize = memory.data(32, 16);
const T0: usize = memory.data(FE_SIZE, 16);
const T1: usize = memory.data(FE_SIZE, 16);
const T2: usize = memory.data(FE_SIZE, 16);
const T3: usize = memory.data(FE_SIZE, 16);

export function feSetSmall(out: usize, value: i32): void {
  memory.fill(out, 0, FE_SIZE);
  store<i32>(out, value);
}

export function feCopy(out: usize, f: usize): void {
  memory.copy(out, f, FE_SIZE);
}

export function feAdd(out: usize, f: usize, g: usize): void {
  for (let i: usize = 0; i < 40; i += 4) store<i32>(out + i, load<i32>(f + i) + load<i32>(g + i));
}

export function feSub(out: usize, f: usize, g: usize): void {
  for (let i: usize = 0; i < 40; i += 4) store<i32>(out + i, load<i32>(f + i) - load<i32>(g + i));
}

export function feNegate(out: usize, f: usize): void {
  for (let i: usize = 0; i < 40; i += 4) store<i32>(out + i, -load<i32>(f + i));
}

/** Exchanges f and g when `bit` is 1. */
export function feSwapIf(f: usize, g: usize, bit: i32): void {
  const mask: u64 = 0 - u64(bit);
  for (let i: usize = 0; i < 40; i += 8) {
    const a: u64 = load<u64>(f + i);
    const b: u64 = load<u64>(g + i);
    const difference: u64 = mask & (a ^ b);
    store<u64>(f + i, a ^ difference);
    store<u64>(g + i, b ^ difference);
  }
}

/** Negates f when `bit` is 1. */
export function feNegateIf(f: usize, bit: i32): void {
  const mask: i32 = -bit;
  for (let i: usize = 0; i < 40; i += 4) store<i32>(f + i, (load<i32>(f + i) ^ mask) - mask);
}

/** Little-endian, the top bit ignored. Values from 2^255 − 19 up are accepted and stand for their remainder. */
export function feFromBytes(out: usize, bytes: usize): void {
  const a: u64 = load<u64>(bytes, 0);
  const b: u64 = load<u64>(bytes, 8);
  const c: u64 = load<u64>(bytes, 16);
  const d: u64 = load<u64>(bytes, 24);
  let h0: i64 = a & 0x3ffffff;
  let h1: i64 = (a >>> 26) & 0x1ffffff;
  let h2: i64 = ((a >>> 51) | (b << 13)) & 0x3ffffff;
  let h3: i64 = (b >>> 13) & 0x1ffffff;
  let h4: i64 = (b >>> 38) & 0x3ffffff;
  let h5: i64 = c & 0x1ffffff;
  let h6: i64 = (c >>> 25) & 0x3ffffff;
  let h7: i64 = ((c >>> 51) | (d << 13)) & 0x1ffffff;
  let h8: i64 = (d >>> 12) & 0x3ffffff;
  let h9: i64 = (d >>> 38) & 0x1ffffff;
  let carry: i64 = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h1 + 16777216) >> 25;
  h2 += carry;
  h1 -= carry << 25;
  carry = (h5 + 16777216) >> 25;
  h6 += carry;
  h5 -= carry << 25;
  carry = (h2 + 33554432) >> 26;
  h3 += carry;
  h2 -= carry << 26;
  carry = (h6 + 33554432) >> 26;
  h7 += carry;
  h6 -= carry << 26;
  carry = (h3 + 16777216) >> 25;
  h4 += carry;
  h3 -= carry << 25;
  carry = (h7 + 16777216) >> 25;
  h8 += carry;
  h7 -= carry << 25;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h8 + 33554432) >> 26;
  h9 += carry;
  h8 -= carry << 26;
  carry = (h9 + 16777216) >> 25;
  h0 += carry * 19;
  h9 -= carry << 25;
  carry = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  store<i32>(out, i32(h0), 0);
  store<i32>(out, i32(h1), 4);
  store<i32>(out, i32(h2), 8);
  store<i32>(out, i32(h3), 12);
  store<i32>(out, i32(h4), 16);
  store<i32>(out, i32(h5), 20);
  store<i32>(out, i32(h6), 24);
  store<i32>(out, i32(h7), 28);
  store<i32>(out, i32(h8), 32);
  store<i32>(out, i32(h9), 36);
}

/** The canonical 32 bytes, little-endian. */
export function feToBytes(out: usize, f: usize): void {
  let h0: i64 = load<i32>(f, 0);
  let h1: i64 = load<i32>(f, 4);
  let h2: i64 = load<i32>(f, 8);
  let h3: i64 = load<i32>(f, 12);
  let h4: i64 = load<i32>(f, 16);
  let h5: i64 = load<i32>(f, 20);
  let h6: i64 = load<i32>(f, 24);
  let h7: i64 = load<i32>(f, 28);
  let h8: i64 = load<i32>(f, 32);
  let h9: i64 = load<i32>(f, 36);
  // q = floor(f / p): 0 or 1 after the rounding carry, −1 for a negative f.
  let q: i64 = (19 * h9 + 0x1000000) >> 25;
  q = (h0 + q) >> 26;
  q = (h1 + q) >> 25;
  q = (h2 + q) >> 26;
  q = (h3 + q) >> 25;
  q = (h4 + q) >> 26;
  q = (h5 + q) >> 25;
  q = (h6 + q) >> 26;
  q = (h7 + q) >> 25;
  q = (h8 + q) >> 26;
  q = (h9 + q) >> 25;
  h0 += 19 * q;
  h1 += h0 >> 26;
  h0 &= 0x3ffffff;
  h2 += h1 >> 25;
  h1 &= 0x1ffffff;
  h3 += h2 >> 26;
  h2 &= 0x3ffffff;
  h4 += h3 >> 25;
  h3 &= 0x1ffffff;
  h5 += h4 >> 26;
  h4 &= 0x3ffffff;
  h6 += h5 >> 25;
  h5 &= 0x1ffffff;
  h7 += h6 >> 26;
  h6 &= 0x3ffffff;
  h8 += h7 >> 25;
  h7 &= 0x1ffffff;
  h9 += h8 >> 26;
  h8 &= 0x3ffffff;
  h9 &= 0x1ffffff;
  store<u64>(out, h0 | (h1 << 26) | (h2 << 51), 0);
  store<u64>(out, (h2 >>> 13) | (h3 << 13) | (h4 << 38), 8);
  store<u64>(out, h5 | (h6 << 25) | (h7 << 51), 16);
  store<u64>(out, (h7 >>> 13) | (h8 << 12) | (h9 << 38), 24);
}

/** 1 when f is zero modulo p. */
export function feIsZero(f: usize): i32 {
  feToBytes(BYTES, f);
  const any: u64 = load<u64>(BYTES, 0) | load<u64>(BYTES, 8) | load<u64>(BYTES, 16) | load<u64>(BYTES, 24);
  wipe(BYTES, 32);
  return i32(1 ^ ((any | (0 - any)) >>> 63));
}

/** The least significant bit of the canonical form: the sign of RFC 8032 §5.1.2. */
export function feIsNegative(f: usize): i32 {
  feToBytes(BYTES, f);
  const bit: i32 = load<u8>(BYTES) & 1;
  wipe(BYTES, 32);
  return bit;
}

// biome-ignore format: one line is one limb of the product
export function feMul(out: usize, f: usize, g: usize): void {
  const f0: i64 = load<i32>(f, 0);
  const f1: i64 = load<i32>(f, 4);
  const f2: i64 = load<i32>(f, 8);
  const f3: i64 = load<i32>(f, 12);
  const f4: i64 = load<i32>(f, 16);
  const f5: i64 = load<i32>(f, 20);
  const f6: i64 = load<i32>(f, 24);
  const f7: i64 = load<i32>(f, 28);
  const f8: i64 = load<i32>(f, 32);
  const f9: i64 = load<i32>(f, 36);
  const g0: i64 = load<i32>(g, 0);
  const g1: i64 = load<i32>(g, 4);
  const g2: i64 = load<i32>(g, 8);
  const g3: i64 = load<i32>(g, 12);
  const g4: i64 = load<i32>(g, 16);
  const g5: i64 = load<i32>(g, 20);
  const g6: i64 = load<i32>(g, 24);
  const g7: i64 = load<i32>(g, 28);
  const g8: i64 = load<i32>(g, 32);
  const g9: i64 = load<i32>(g, 36);
  const f1x2: i64 = 2 * f1;
  const f3x2: i64 = 2 * f3;
  const f5x2: i64 = 2 * f5;
  const f7x2: i64 = 2 * f7;
  const f9x2: i64 = 2 * f9;
  const g1x19: i64 = 19 * g1;
  const g2x19: i64 = 19 * g2;
  const g3x19: i64 = 19 * g3;
  const g4x19: i64 = 19 * g4;
  const g5x19: i64 = 19 * g5;
  const g6x19: i64 = 19 * g6;
  const g7x19: i64 = 19 * g7;
  const g8x19: i64 = 19 * g8;
  const g9x19: i64 = 19 * g9;
  let h0: i64 = f0 * g0 + f1x2 * g9x19 + f2 * g8x19 + f3x2 * g7x19 + f4 * g6x19 + f5x2 * g5x19 + f6 * g4x19 + f7x2 * g3x19 + f8 * g2x19 + f9x2 * g1x19;
  let h1: i64 = f0 * g1 + f1 * g0 + f2 * g9x19 + f3 * g8x19 + f4 * g7x19 + f5 * g6x19 + f6 * g5x19 + f7 * g4x19 + f8 * g3x19 + f9 * g2x19;
  let h2: i64 = f0 * g2 + f1x2 * g1 + f2 * g0 + f3x2 * g9x19 + f4 * g8x19 + f5x2 * g7x19 + f6 * g6x19 + f7x2 * g5x19 + f8 * g4x19 + f9x2 * g3x19;
  let h3: i64 = f0 * g3 + f1 * g2 + f2 * g1 + f3 * g0 + f4 * g9x19 + f5 * g8x19 + f6 * g7x19 + f7 * g6x19 + f8 * g5x19 + f9 * g4x19;
  let h4: i64 = f0 * g4 + f1x2 * g3 + f2 * g2 + f3x2 * g1 + f4 * g0 + f5x2 * g9x19 + f6 * g8x19 + f7x2 * g7x19 + f8 * g6x19 + f9x2 * g5x19;
  let h5: i64 = f0 * g5 + f1 * g4 + f2 * g3 + f3 * g2 + f4 * g1 + f5 * g0 + f6 * g9x19 + f7 * g8x19 + f8 * g7x19 + f9 * g6x19;
  let h6: i64 = f0 * g6 + f1x2 * g5 + f2 * g4 + f3x2 * g3 + f4 * g2 + f5x2 * g1 + f6 * g0 + f7x2 * g9x19 + f8 * g8x19 + f9x2 * g7x19;
  let h7: i64 = f0 * g7 + f1 * g6 + f2 * g5 + f3 * g4 + f4 * g3 + f5 * g2 + f6 * g1 + f7 * g0 + f8 * g9x19 + f9 * g8x19;
  let h8: i64 = f0 * g8 + f1x2 * g7 + f2 * g6 + f3x2 * g5 + f4 * g4 + f5x2 * g3 + f6 * g2 + f7x2 * g1 + f8 * g0 + f9x2 * g9x19;
  let h9: i64 = f0 * g9 + f1 * g8 + f2 * g7 + f3 * g6 + f4 * g5 + f5 * g4 + f6 * g3 + f7 * g2 + f8 * g1 + f9 * g0;
  let carry: i64 = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h1 + 16777216) >> 25;
  h2 += carry;
  h1 -= carry << 25;
  carry = (h5 + 16777216) >> 25;
  h6 += carry;
  h5 -= carry << 25;
  carry = (h2 + 33554432) >> 26;
  h3 += carry;
  h2 -= carry << 26;
  carry = (h6 + 33554432) >> 26;
  h7 += carry;
  h6 -= carry << 26;
  carry = (h3 + 16777216) >> 25;
  h4 += carry;
  h3 -= carry << 25;
  carry = (h7 + 16777216) >> 25;
  h8 += carry;
  h7 -= carry << 25;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h8 + 33554432) >> 26;
  h9 += carry;
  h8 -= carry << 26;
  carry = (h9 + 16777216) >> 25;
  h0 += carry * 19;
  h9 -= carry << 25;
  carry = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  store<i32>(out, i32(h0), 0);
  store<i32>(out, i32(h1), 4);
  store<i32>(out, i32(h2), 8);
  store<i32>(out, i32(h3), 12);
  store<i32>(out, i32(h4), 16);
  store<i32>(out, i32(h5), 20);
  store<i32>(out, i32(h6), 24);
  store<i32>(out, i32(h7), 28);
  store<i32>(out, i32(h8), 32);
  store<i32>(out, i32(h9), 36);
}

export function feSquare(out: usize, f: usize): void {
  squareShifted(out, f, 0);
}

/** 2·f². */
export function feSquareDouble(out: usize, f: usize): void {
  squareShifted(out, f, 1);
}

// biome-ignore format: one line is one limb of the square
function squareShifted(out: usize, f: usize, shift: i64): void {
  const f0: i64 = load<i32>(f, 0);
  const f1: i64 = load<i32>(f, 4);
  const f2: i64 = load<i32>(f, 8);
  const f3: i64 = load<i32>(f, 12);
  const f4: i64 = load<i32>(f, 16);
  const f5: i64 = load<i32>(f, 20);
  const f6: i64 = load<i32>(f, 24);
  const f7: i64 = load<i32>(f, 28);
  const f8: i64 = load<i32>(f, 32);
  const f9: i64 = load<i32>(f, 36);
  const f0x2: i64 = 2 * f0;
  const f1x2: i64 = 2 * f1;
  const f2x2: i64 = 2 * f2;
  const f3x2: i64 = 2 * f3;
  const f4x2: i64 = 2 * f4;
  const f5x2: i64 = 2 * f5;
  const f5x38: i64 = 38 * f5;
  const f6x19: i64 = 19 * f6;
  const f6x2: i64 = 2 * f6;
  const f7x2: i64 = 2 * f7;
  const f7x38: i64 = 38 * f7;
  const f8x19: i64 = 19 * f8;
  const f9x38: i64 = 38 * f9;
  let h0: i64 = f0 * f0 + f1x2 * f9x38 + f2x2 * f8x19 + f3x2 * f7x38 + f4x2 * f6x19 + f5 * f5x38;
  let h1: i64 = f0x2 * f1 + f2 * f9x38 + f3x2 * f8x19 + f4 * f7x38 + f5x2 * f6x19;
  let h2: i64 = f0x2 * f2 + f1x2 * f1 + f3x2 * f9x38 + f4x2 * f8x19 + f5x2 * f7x38 + f6 * f6x19;
  let h3: i64 = f0x2 * f3 + f1x2 * f2 + f4 * f9x38 + f5x2 * f8x19 + f6 * f7x38;
  let h4: i64 = f0x2 * f4 + f1x2 * f3x2 + f2 * f2 + f5x2 * f9x38 + f6x2 * f8x19 + f7 * f7x38;
  let h5: i64 = f0x2 * f5 + f1x2 * f4 + f2x2 * f3 + f6 * f9x38 + f7x2 * f8x19;
  let h6: i64 = f0x2 * f6 + f1x2 * f5x2 + f2x2 * f4 + f3x2 * f3 + f7x2 * f9x38 + f8 * f8x19;
  let h7: i64 = f0x2 * f7 + f1x2 * f6 + f2x2 * f5 + f3x2 * f4 + f8 * f9x38;
  let h8: i64 = f0x2 * f8 + f1x2 * f7x2 + f2x2 * f6 + f3x2 * f5x2 + f4 * f4 + f9 * f9x38;
  let h9: i64 = f0x2 * f9 + f1x2 * f8 + f2x2 * f7 + f3x2 * f6 + f4x2 * f5;
  h0 <<= shift;
  h1 <<= shift;
  h2 <<= shift;
  h3 <<= shift;
  h4 <<= shift;
  h5 <<= shift;
  h6 <<= shift;
  h7 <<= shift;
  h8 <<= shift;
  h9 <<= shift;
  let carry: i64 = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h1 + 16777216) >> 25;
  h2 += carry;
  h1 -= carry << 25;
  carry = (h5 + 16777216) >> 25;
  h6 += carry;
  h5 -= carry << 25;
  carry = (h2 + 33554432) >> 26;
  h3 += carry;
  h2 -= carry << 26;
  carry = (h6 + 33554432) >> 26;
  h7 += carry;
  h6 -= carry << 26;
  carry = (h3 + 16777216) >> 25;
  h4 += carry;
  h3 -= carry << 25;
  carry = (h7 + 16777216) >> 25;
  h8 += carry;
  h7 -= carry << 25;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h8 + 33554432) >> 26;
  h9 += carry;
  h8 -= carry << 26;
  carry = (h9 + 16777216) >> 25;
  h0 += carry * 19;
  h9 -= carry << 25;
  carry = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  store<i32>(out, i32(h0), 0);
  store<i32>(out, i32(h1), 4);
  store<i32>(out, i32(h2), 8);
  store<i32>(out, i32(h3), 12);
  store<i32>(out, i32(h4), 16);
  store<i32>(out, i32(h5), 20);
  store<i32>(out, i32(h6), 24);
  store<i32>(out, i32(h7), 28);
  store<i32>(out, i32(h8), 32);
  store<i32>(out, i32(h9), 36);
}

/** f times an integer below 2^20. */
export function feMulSmall(out: usize, f: usize, factor: i64): void {
  let h0: i64 = factor * load<i32>(f, 0);
  let h1: i64 = factor * load<i32>(f, 4);
  let h2: i64 = factor * load<i32>(f, 8);
  let h3: i64 = factor * load<i32>(f, 12);
  let h4: i64 = factor * load<i32>(f, 16);
  let h5: i64 = factor * load<i32>(f, 20);
  let h6: i64 = factor * load<i32>(f, 24);
  let h7: i64 = factor * load<i32>(f, 28);
  let h8: i64 = factor * load<i32>(f, 32);
  let h9: i64 = factor * load<i32>(f, 36);
  let carry: i64 = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h1 + 16777216) >> 25;
  h2 += carry;
  h1 -= carry << 25;
  carry = (h5 + 16777216) >> 25;
  h6 += carry;
  h5 -= carry << 25;
  carry = (h2 + 33554432) >> 26;
  h3 += carry;
  h2 -= carry << 26;
  carry = (h6 + 33554432) >> 26;
  h7 += carry;
  h6 -= carry << 26;
  carry = (h3 + 16777216) >> 25;
  h4 += carry;
  h3 -= carry << 25;
  carry = (h7 + 16777216) >> 25;
  h8 += carry;
  h7 -= carry << 25;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h8 + 33554432) >> 26;
  h9 += carry;
  h8 -= carry << 26;
  carry = (h9 + 16777216) >> 25;
  h0 += carry * 19;
  h9 -= carry << 25;
  carry = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  store<i32>(out, i32(h0), 0);
  store<i32>(out, i32(h1), 4);
  store<i32>(out, i32(h2), 8);
  store<i32>(out, i32(h3), 12);
  store<i32>(out, i32(h4), 16);
  store<i32>(out, i32(h5), 20);
  store<i32>(out, i32(h6), 24);
  store<i32>(out, i32(h7), 28);
  store<i32>(out, i32(h8), 32);
  store<i32>(out, i32(h9), 36);
}

/** f to the power 2^`times`. */
function squareTimes(out: usize, f: usize, times: i32): void {
  feSquare(out, f);
  for (let i = 1; i < times; i++) feSquare(out, out);
}

/** z^(2^250 − 1) in T1, z^11 in T0: the common part of inversion and of the square root. */
function powerOfOnes(z: usize): void {
  squareTimes(T0, z, 1);
  squareTimes(T1, T0, 2);
  feMul(T1, z, T1); // 9
  feMul(T0, T0, T1); // 11
  squareTimes(T2, T0, 1);
  feMul(T1, T1, T2); // 2^5 − 1
  squareTimes(T2, T1, 5);
  feMul(T1, T2, T1); // 2^10 − 1
  squareTimes(T2, T1, 10);
  feMul(T2, T2, T1); // 2^20 − 1
  squareTimes(T3, T2, 20);
  feMul(T2, T3, T2); // 2^40 − 1
  squareTimes(T2, T2, 10);
  feMul(T1, T2, T1); // 2^50 − 1
  squareTimes(T2, T1, 50);
  feMul(T2, T2, T1); // 2^100 − 1
  squareTimes(T3, T2, 100);
  feMul(T2, T3, T2); // 2^200 − 1
  squareTimes(T2, T2, 50);
  feMul(T1, T2, T1); // 2^250 − 1
}

/** 1 / z = z^(p − 2) by Fermat; zero for zero. */
export function feInvert(out: usize, z: usize): void {
  powerOfOnes(z);
  squareTimes(T1, T1, 5);
  feMul(out, T1, T0);
  wipeScratch();
}

/** z^((p − 5) / 8), RFC 8032 §5.1.3 step 2. */
export function fePower22523(out: usize, z: usize): void {
  powerOfOnes(z);
  squareTimes(T1, T1, 2);
  feMul(out, T1, z);
  wipeScratch();
}

function wipeScratch(): void {
  wipe(T0, FE_SIZE);
  wipe(T1, FE_SIZE);
  wipe(T2, FE_SIZE);
  wipe(T3, FE_SIZE);
}
