// X25519 (RFC 7748 §5): a Montgomery ladder of 255 equal steps, the two points exchanged by masks.

import { wipe } from './constant-time';
import { scalarMulBase } from './edwards25519';
import {
  FE_SIZE,
  feAdd,
  feCopy,
  feFromBytes,
  feInvert,
  feMul,
  feMulSmall,
  feSetSmall,
  feSquare,
  feSub,
  feSwapIf,
  feToBytes,
} from './field25519';

export const X25519_SIZE: i32 = 32;

/** (486662 − 2) / 4, RFC 7748 §5. */
const A24: i64 = 121665;

// Everything secret of one call, in one area: wiped at its end.
const WORK_SIZE: i32 = 32 + 9 * FE_SIZE;
const SCALAR: usize = memory.data(WORK_SIZE, 16);
const X1: usize = SCALAR + 32;
const X2: usize = X1 + FE_SIZE;
const Z2: usize = X2 + FE_SIZE;
const X3: usize = Z2 + FE_SIZE;
const Z3: usize = X3 + FE_SIZE;
const A: usize = Z3 + FE_SIZE;
const B: usize = A + FE_SIZE;
const C: usize = B + FE_SIZE;
const D: usize = C + FE_SIZE;

/**
 * The shared value of a 32-byte scalar and a 32-byte u-coordinate, 32 bytes to `out` (which may be either).
 * Answers 0, having written zeros, when the result is the all-zero value (RFC 7748 §6.1): the peer's point has
 * small order.
 */
export function x25519(out: usize, scalar: usize, u: usize): i32 {
  loadScalar(scalar);
  feFromBytes(X1, u);
  feSetSmall(X2, 1);
  feSetSmall(Z2, 0);
  feCopy(X3, X1);
  feSetSmall(Z3, 1);
  let swapped: i32 = 0;
  for (let t = 254; t >= 0; t--) {
    const bit: i32 = (load<u8>(SCALAR + (t >> 3)) >> (t & 7)) & 1;
    feSwapIf(X2, X3, swapped ^ bit);
    feSwapIf(Z2, Z3, swapped ^ bit);
    swapped = bit;
    step();
  }
  feSwapIf(X2, X3, swapped);
  feSwapIf(Z2, Z3, swapped);
  feInvert(Z2, Z2);
  feMul(X2, X2, Z2);
  feToBytes(out, X2);
  const any: u64 = load<u64>(out, 0) | load<u64>(out, 8) | load<u64>(out, 16) | load<u64>(out, 24);
  wipe(SCALAR, WORK_SIZE);
  return i32((any | (0 - any)) >>> 63);
}

/**
 * The public value of a 32-byte scalar: X25519 with u = 9. Computed on the birationally equivalent Edwards
 * curve, where the base point has a table, and mapped back by u = (Z + Y) / (Z − Y) (RFC 7748 §4.1).
 */
export function x25519Base(out: usize, scalar: usize): void {
  loadScalar(scalar);
  // X, Y, Z, T of the product, over the coordinates that the ladder does not use here.
  scalarMulBase(X1, SCALAR);
  const y: usize = X1 + FE_SIZE;
  const z: usize = X1 + 2 * FE_SIZE;
  feAdd(A, z, y);
  feSub(B, z, y);
  feInvert(B, B);
  feMul(A, A, B);
  feToBytes(out, A);
  wipe(SCALAR, WORK_SIZE);
}

/** RFC 7748 §5, decodeScalar25519. */
function loadScalar(scalar: usize): void {
  memory.copy(SCALAR, scalar, 32);
  store<u8>(SCALAR, load<u8>(SCALAR) & 248);
  store<u8>(SCALAR, (load<u8>(SCALAR, 31) & 127) | 64, 31);
}

/** One step of the ladder: the names and the order are those of the RFC's pseudocode. */
function step(): void {
  feAdd(A, X2, Z2);
  feSub(B, X2, Z2);
  feAdd(C, X3, Z3);
  feSub(D, X3, Z3);
  feMul(D, D, A); // DA
  feMul(C, C, B); // CB
  feSquare(A, A); // AA
  feSquare(B, B); // BB
  feAdd(X3, D, C);
  feSquare(X3, X3);
  feSub(Z3, D, C);
  feSquare(Z3, Z3);
  feMul(Z3, Z3, X1);
  feMul(X2, A, B);
  feSub(D, A, B); // E
  feMulSmall(C, D, A24);
  feAdd(C, C, A);
  feMul(Z2, D, C);
}
