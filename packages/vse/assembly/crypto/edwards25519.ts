// The curve edwards25519 (RFC 8032 §5.1): −x² + y² = 1 + d·x²·y² modulo 2^255 − 19, in extended coordinates
// (X : Y : Z : T), x = X/Z, y = Y/Z, T = XY/Z, as Hisil, Wong, Carter and Dawson have them (IACR ePrint
// 2008/522). Their addition is complete on this curve: no special case, so no branch.
//
// Secret scalars are written in 64 signed digits of four bits, and every table entry is read for every digit.

import { wipe } from './constant-time';
import { BASE_ENTRY_SIZE, BASE_GROUP_SIZE, BASE_GROUPS, BASE_TABLE } from './edwards25519-base';
import {
  FE_SIZE,
  feAdd,
  feCopy,
  feFromBytes,
  feInvert,
  feIsNegative,
  feIsZero,
  feMul,
  feNegate,
  feNegateIf,
  fePower22523,
  feSetSmall,
  feSquare,
  feSquareDouble,
  feSub,
  feSwapIf,
  feToBytes,
} from './field25519';

/** X, Y, Z, T. */
export const POINT_SIZE: i32 = 160;

const Y: usize = 40;
const Z: usize = 80;
const T: usize = 120;

// biome-ignore-start format: a constant is a line
/** d = −121665/121666. */
const D: usize = memory.data<i32>(
  [-10913610, 13857413, -15372611, 6949391, 114729, -8787816, -6275908, -3247719, -18696448, -12055116],
  16,
);
/** 2d. */
const D2: usize = memory.data<i32>(
  [-21827239, -5839606, -30745221, 13898782, 229458, 15978800, -12551817, -6495438, 29715968, 9444199],
  16,
);
/** A square root of −1. */
const SQRT_M1: usize = memory.data<i32>(
  [-32595792, -7943725, 9377950, 3500415, 12389472, -272473, -25146209, -2005654, 326686, 11406482],
  16,
);
// biome-ignore-end format: a constant is a line

// Coordinates of a computation, and the table entry in use. They depend on secrets: see `wipeScratch`.
const SCRATCH_SIZE: i32 = 6 * FE_SIZE + BASE_ENTRY_SIZE + FE_SIZE + 128;
const A: usize = memory.data(SCRATCH_SIZE, 16);
const B: usize = A + FE_SIZE;
const C: usize = B + FE_SIZE;
const E: usize = C + FE_SIZE;
const F: usize = E + FE_SIZE;
const G: usize = F + FE_SIZE;
const ENTRY: usize = G + FE_SIZE;
const DIGITS: usize = ENTRY + 160;

// For verification: −A and its multiples; nothing secret.
const MULTIPLES: usize = memory.data(1280, 16);
const STEP: usize = memory.data(POINT_SIZE, 16);
const SECOND_DIGITS: usize = memory.data(64, 16);

/** scalar · B for 32 bytes below 2^255, to `point`. Constant time. */
export function scalarMulBase(point: usize, scalar: usize): void {
  signedDigits(DIGITS, scalar);
  setIdentity(point);
  // Digit k + 16·g belongs to group g of the table: sixteen rounds of four additions, 4 doublings between.
  for (let k = 15; k >= 0; k--) {
    for (let g = 0; g < BASE_GROUPS; g++) {
      selectEntry(BASE_TABLE + g * BASE_GROUP_SIZE, BASE_ENTRY_SIZE, load<i8>(DIGITS + k + (g << 4)));
      addEntry(point);
    }
    if (k > 0) for (let i = 0; i < 4; i++) double(point);
  }
  wipeScratch();
}

/** s·B − h·A for public 32-byte scalars below 2^253 and a public point A. */
export function doubleScalarMul(point: usize, s: usize, h: usize, a: usize): void {
  signedDigits(DIGITS, s);
  signedDigits(SECOND_DIGITS, h);
  memory.copy(STEP, a, POINT_SIZE);
  feNegate(STEP, STEP);
  feNegate(STEP + T, STEP + T);
  memory.copy(point, STEP, POINT_SIZE);
  for (let i = 0; i < 8; i++) {
    const entry: usize = MULTIPLES + i * POINT_SIZE;
    toEntry(entry, point);
    if (i === 0) memory.copy(STEP, entry, POINT_SIZE);
    memory.copy(ENTRY, STEP, POINT_SIZE);
    addProjectiveEntry(point);
  }
  setIdentity(point);
  for (let k = 63; k >= 0; k--) {
    selectEntry(MULTIPLES, POINT_SIZE, load<i8>(SECOND_DIGITS + k));
    addProjectiveEntry(point);
    selectEntry(BASE_TABLE, BASE_ENTRY_SIZE, load<i8>(DIGITS + k));
    addEntry(point);
    if (k > 0) for (let i = 0; i < 4; i++) double(point);
  }
  wipeScratch();
}

/** RFC 8032 §5.1.2: y, and the sign of x in the top bit. */
export function encodePoint(out: usize, point: usize): void {
  feInvert(A, point + Z);
  feMul(B, point, A);
  feMul(C, point + Y, A);
  feToBytes(out, C);
  store<u8>(out, load<u8>(out, 31) ^ (feIsNegative(B) << 7), 31);
  wipeScratch();
}

/**
 * RFC 8032 §5.1.3. Answers 0 for what no encoder writes: y from p up, no such point, or x = 0 with the sign set.
 * The input is public: this one branches.
 */
export function decodePoint(point: usize, bytes: usize): i32 {
  const sign: i32 = load<u8>(bytes, 31) >> 7;
  const y: usize = point + Y;
  feFromBytes(y, bytes);
  feToBytes(DIGITS, y);
  store<u8>(DIGITS, load<u8>(DIGITS, 31) | (sign << 7), 31);
  for (let i: usize = 0; i < 32; i += 8) if (load<u64>(DIGITS + i) !== load<u64>(bytes + i)) return 0;

  feSetSmall(point + Z, 1);
  feSquare(A, y);
  feMul(B, A, D);
  feSub(A, A, point + Z); // u = y² − 1
  feAdd(B, B, point + Z); // v = dy² + 1
  // x = u·v³·(u·v⁷)^((p − 5)/8)
  feSquare(C, B);
  feMul(C, C, B);
  feSquare(E, C);
  feMul(E, E, B);
  feMul(E, E, A);
  fePower22523(E, E);
  feMul(E, E, C);
  feMul(point, E, A);

  feSquare(C, point);
  feMul(C, C, B); // v·x²
  feSub(E, C, A);
  if (!feIsZero(E)) {
    feAdd(E, C, A);
    if (!feIsZero(E)) return 0;
    feMul(point, point, SQRT_M1);
  }
  if (feIsZero(point) && sign) return 0;
  if (feIsNegative(point) !== sign) feNegate(point, point);
  feMul(point + T, point, y);
  return 1;
}

/** 1 when 8·P is the identity. Overwrites the point. */
export function hasSmallOrder(point: usize): i32 {
  for (let i = 0; i < 3; i++) double(point);
  feSub(A, point + Y, point + Z);
  return feIsZero(point) & feIsZero(A);
}

function setIdentity(point: usize): void {
  feSetSmall(point, 0);
  feSetSmall(point + Y, 1);
  feSetSmall(point + Z, 1);
  feSetSmall(point + T, 0);
}

/** 2·P in place; ePrint 2008/522 §3.3 for a = −1. F and H with the other sign: all four products change theirs. */
function double(p: usize): void {
  feSquare(A, p);
  feSquare(B, p + Y);
  feSquareDouble(C, p + Z);
  feAdd(E, p, p + Y);
  feSquare(E, E);
  feAdd(F, A, B); // −H
  feSub(E, E, F); // E
  feSub(G, B, A); // G
  feSub(C, C, G); // −F
  feMul(p, E, C);
  feMul(p + Y, G, F);
  feMul(p + Z, G, C);
  feMul(p + T, E, F);
}

/** P + ENTRY in place, ENTRY = (y + x, y − x, 2dxy); ePrint 2008/522 §3.1 with Z2 = 1. */
function addEntry(p: usize): void {
  feAdd(E, p + Z, p + Z); // D of the paper, 2·Z1·Z2
  addWith(p);
}

/** P + ENTRY in place, ENTRY = (Y + X, Y − X, 2dT, Z). */
function addProjectiveEntry(p: usize): void {
  feMul(E, p + Z, ENTRY + 120);
  feAdd(E, E, E);
  addWith(p);
}

function addWith(p: usize): void {
  feSub(A, p + Y, p);
  feMul(A, A, ENTRY + 40);
  feAdd(B, p + Y, p);
  feMul(B, B, ENTRY);
  feMul(C, p + T, ENTRY + 80);
  feSub(F, E, C);
  feAdd(G, E, C);
  feSub(E, B, A);
  feAdd(B, B, A); // H
  feMul(p, E, F);
  feMul(p + Y, G, B);
  feMul(p + Z, F, G);
  feMul(p + T, E, B);
}

function toEntry(entry: usize, p: usize): void {
  feAdd(entry, p + Y, p);
  feSub(entry + 40, p + Y, p);
  feMul(entry + 80, p + T, D2);
  feCopy(entry + 120, p + Z);
}

/**
 * `digit` times a point, −8 to 8, from its multiples 1 to 8: ENTRY. All eight are read; a negative digit
 * exchanges the first two elements and negates the third.
 */
function selectEntry(table: usize, entrySize: i32, digit: i32): void {
  const negative: i32 = i32(u32(digit) >>> 31);
  const magnitude: i32 = (digit ^ -negative) + negative;
  const m0: u64 = isEqual(magnitude, 0) & 1;
  const m1: u64 = isEqual(magnitude, 1);
  const m2: u64 = isEqual(magnitude, 2);
  const m3: u64 = isEqual(magnitude, 3);
  const m4: u64 = isEqual(magnitude, 4);
  const m5: u64 = isEqual(magnitude, 5);
  const m6: u64 = isEqual(magnitude, 6);
  const m7: u64 = isEqual(magnitude, 7);
  const m8: u64 = isEqual(magnitude, 8);
  let row: usize = table;
  for (let at: i32 = 0; at < entrySize; at += 8) {
    store<u64>(
      ENTRY + at,
      (load<u64>(row) & m1) |
        (load<u64>(row + entrySize) & m2) |
        (load<u64>(row + 2 * entrySize) & m3) |
        (load<u64>(row + 3 * entrySize) & m4) |
        (load<u64>(row + 4 * entrySize) & m5) |
        (load<u64>(row + 5 * entrySize) & m6) |
        (load<u64>(row + 6 * entrySize) & m7) |
        (load<u64>(row + 7 * entrySize) & m8),
    );
    row += 8;
  }
  // The identity is (1, 1, 0) or (1, 1, 0, 1).
  store<u64>(ENTRY, load<u64>(ENTRY) | m0);
  store<u64>(ENTRY, load<u64>(ENTRY, 40) | m0, 40);
  if (entrySize === POINT_SIZE) store<u64>(ENTRY, load<u64>(ENTRY, 120) | m0, 120);
  feSwapIf(ENTRY, ENTRY + 40, negative);
  feNegateIf(ENTRY + 80, negative);
}

/** All ones when the two small integers are equal, else zero. */
function isEqual(a: i32, b: i32): u64 {
  return u64(i64((a ^ b) - 1) >> 63);
}

/** 32 bytes below 2^255 as 64 digits in −8…8 (the highest may be 8), least significant first. */
function signedDigits(out: usize, scalar: usize): void {
  let carry: i32 = 0;
  for (let i = 0; i < 64; i++) {
    const digit: i32 = ((load<u8>(scalar + (i >> 1)) >> ((i & 1) << 2)) & 15) + carry;
    carry = i < 63 ? (digit + 8) >> 4 : 0;
    store<i8>(out + i, digit - (carry << 4));
  }
}

function wipeScratch(): void {
  wipe(A, SCRATCH_SIZE);
}
