// AES without SIMD: four blocks at once in eight 64-bit words, one word for each bit of a byte, so that
// SubBytes is a circuit of gates and nothing is looked up.
//
// Method: Thomas Pornin's aes_ct64 in BearSSL (MIT) for the data layout; Boyar and Peralta, "A depth-16
// circuit for the AES S-box" (IACR ePrint 2011/332) for the circuit. The code is our own.

import { wipe } from './constant-time';

/** rounds (8 bytes), then 15 round keys of eight 64-bit words. */
export const BITSLICED_CONTEXT_SIZE: i32 = 8 + 15 * 64;

const MASK_BYTES: u64 = 0x00ff00ff00ff00ff;
const MASK_HALVES: u64 = 0x0000ffff0000ffff;

// The state: bit j of every byte of four blocks is word j.
const STATE: usize = memory.data(64, 16);
// Up to four blocks of input while fewer are wanted; words of the key schedule.
const BLOCKS: usize = memory.data(64, 16);
const WORDS: usize = memory.data(240, 16);

/** FIPS 197 §5.2, with each round key spread over the bit words. */
export function bitslicedExpandKey(key: usize, keyLen: i32, ctx: usize): void {
  const nk: i32 = keyLen >> 2;
  const rounds: i32 = nk + 6;
  const total: i32 = (rounds + 1) << 2;
  store<u64>(ctx, rounds);
  memory.copy(WORDS, key, keyLen);
  let word: u32 = load<u32>(WORDS + keyLen - 4);
  let rcon: u32 = 1;
  let j: i32 = 0;
  for (let i = nk; i < total; i++) {
    if (j === 0) {
      word = substituteWord(rotr<u32>(word, 8)) ^ rcon;
      rcon = (rcon << 1) ^ (0x11b & (0 - (rcon >>> 7)));
    } else if (nk > 6 && j === 4) {
      word = substituteWord(word);
    }
    word ^= load<u32>(WORDS + ((i - nk) << 2));
    store<u32>(WORDS + (i << 2), word);
    j = j === nk - 1 ? 0 : j + 1;
  }
  for (let round = 0; round <= rounds; round++) {
    // The same round key in all four block positions.
    for (let block = 0; block < 4; block++) interleaveIn(WORDS + (round << 4), block);
    transpose();
    memory.copy(ctx + 8 + (round << 6), STATE, 64);
  }
  wipe(WORDS, 240);
  wipe(STATE, 64);
}

export function bitslicedEncryptBlocks(ctx: usize, src: usize, dst: usize, blocks: i32): void {
  const rounds: i32 = i32(load<u64>(ctx));
  const keys: usize = ctx + 8;
  for (let done = 0; done < blocks; done += 4) {
    const count: i32 = min(blocks - done, 4);
    loadBlocks(src + (done << 4), count);
    addRoundKey(keys);
    for (let round = 1; round < rounds; round++) {
      substitute();
      shiftRows();
      mixColumns();
      addRoundKey(keys + (round << 6));
    }
    substitute();
    shiftRows();
    addRoundKey(keys + (rounds << 6));
    storeBlocks(dst + (done << 4), count);
  }
  wipe(STATE, 64);
  wipe(BLOCKS, 64);
}

export function bitslicedDecryptBlocks(ctx: usize, src: usize, dst: usize, blocks: i32): void {
  const rounds: i32 = i32(load<u64>(ctx));
  const keys: usize = ctx + 8;
  for (let done = 0; done < blocks; done += 4) {
    const count: i32 = min(blocks - done, 4);
    loadBlocks(src + (done << 4), count);
    addRoundKey(keys + (rounds << 6));
    for (let round = rounds - 1; round > 0; round--) {
      inverseShiftRows();
      inverseSubstitute();
      addRoundKey(keys + (round << 6));
      inverseMixColumns();
    }
    inverseShiftRows();
    inverseSubstitute();
    addRoundKey(keys);
    storeBlocks(dst + (done << 4), count);
  }
  wipe(STATE, 64);
  wipe(BLOCKS, 64);
}

function loadBlocks(src: usize, count: i32): void {
  memory.copy(BLOCKS, src, count << 4);
  for (let block = 0; block < 4; block++) interleaveIn(BLOCKS + (block << 4), block);
  transpose();
}

function storeBlocks(dst: usize, count: i32): void {
  transpose();
  for (let block = 0; block < count; block++) interleaveOut(dst + (block << 4), block);
}

/** One block into words `block` and `block + 4` of the state: even columns and odd columns by bytes. */
function interleaveIn(src: usize, block: i32): void {
  const word: usize = STATE + (block << 3);
  store<u64>(word, spread(load<u32>(src)) | (spread(load<u32>(src, 8)) << 8));
  store<u64>(word, spread(load<u32>(src, 4)) | (spread(load<u32>(src, 12)) << 8), 32);
}

function interleaveOut(dst: usize, block: i32): void {
  const even: u64 = load<u64>(STATE + (block << 3));
  const odd: u64 = load<u64>(STATE + (block << 3), 32);
  store<u32>(dst, gather(even));
  store<u32>(dst, gather(odd), 4);
  store<u32>(dst, gather(even >>> 8), 8);
  store<u32>(dst, gather(odd >>> 8), 12);
}

/** Four bytes to every second byte of eight. */
function spread(word: u32): u64 {
  let x: u64 = word;
  x = (x | (x << 16)) & MASK_HALVES;
  return (x | (x << 8)) & MASK_BYTES;
}

function gather(word: u64): u32 {
  let x: u64 = word & MASK_BYTES;
  x = (x | (x >>> 8)) & MASK_HALVES;
  return u32(x | (x >>> 16));
}

/** The 8×8 bit transposition between "a word a column" and "a word a bit". Its own inverse. */
function transpose(): void {
  for (let i = 0; i < 8; i += 2) swapBits(i, i + 1, 1, 0x5555555555555555);
  for (let i = 0; i < 8; i += 4) {
    swapBits(i, i + 2, 2, 0x3333333333333333);
    swapBits(i + 1, i + 3, 2, 0x3333333333333333);
  }
  for (let i = 0; i < 4; i++) swapBits(i, i + 4, 4, 0x0f0f0f0f0f0f0f0f);
}

function swapBits(low: i32, high: i32, shift: u64, mask: u64): void {
  const x: u64 = load<u64>(STATE + (low << 3));
  const y: u64 = load<u64>(STATE + (high << 3));
  store<u64>(STATE + (low << 3), (x & mask) | ((y & mask) << shift));
  store<u64>(STATE + (high << 3), ((x >>> shift) & mask) | (y & ~mask));
}

function addRoundKey(key: usize): void {
  for (let i: usize = 0; i < 64; i += 8) store<u64>(STATE + i, load<u64>(STATE + i) ^ load<u64>(key + i));
}

function shiftRows(): void {
  for (let i: usize = 0; i < 64; i += 8) {
    const x: u64 = load<u64>(STATE + i);
    store<u64>(
      STATE + i,
      (x & 0x000000000000ffff) |
        ((x & 0x00000000fff00000) >>> 4) |
        ((x & 0x00000000000f0000) << 12) |
        ((x & 0x0000ff0000000000) >>> 8) |
        ((x & 0x000000ff00000000) << 8) |
        ((x & 0xf000000000000000) >>> 12) |
        ((x & 0x0fff000000000000) << 4),
    );
  }
}

function inverseShiftRows(): void {
  for (let i: usize = 0; i < 64; i += 8) {
    const x: u64 = load<u64>(STATE + i);
    store<u64>(
      STATE + i,
      (x & 0x000000000000ffff) |
        ((x & 0x000000000fff0000) << 4) |
        ((x & 0x00000000f0000000) >>> 12) |
        ((x & 0x000000ff00000000) << 8) |
        ((x & 0x0000ff0000000000) >>> 8) |
        ((x & 0x000f000000000000) << 12) |
        ((x & 0xfff0000000000000) >>> 4),
    );
  }
}

/** Row r of every column is 16 bits of a word, so a rotation by 16 turns the column by one byte. */
function mixColumns(): void {
  const q0 = load<u64>(STATE, 0);
  const q1 = load<u64>(STATE, 8);
  const q2 = load<u64>(STATE, 16);
  const q3 = load<u64>(STATE, 24);
  const q4 = load<u64>(STATE, 32);
  const q5 = load<u64>(STATE, 40);
  const q6 = load<u64>(STATE, 48);
  const q7 = load<u64>(STATE, 56);
  const r0 = rotr<u64>(q0, 16);
  const r1 = rotr<u64>(q1, 16);
  const r2 = rotr<u64>(q2, 16);
  const r3 = rotr<u64>(q3, 16);
  const r4 = rotr<u64>(q4, 16);
  const r5 = rotr<u64>(q5, 16);
  const r6 = rotr<u64>(q6, 16);
  const r7 = rotr<u64>(q7, 16);
  const carry = q7 ^ r7;
  store<u64>(STATE, carry ^ r0 ^ rotr<u64>(q0 ^ r0, 32), 0);
  store<u64>(STATE, q0 ^ r0 ^ carry ^ r1 ^ rotr<u64>(q1 ^ r1, 32), 8);
  store<u64>(STATE, q1 ^ r1 ^ r2 ^ rotr<u64>(q2 ^ r2, 32), 16);
  store<u64>(STATE, q2 ^ r2 ^ carry ^ r3 ^ rotr<u64>(q3 ^ r3, 32), 24);
  store<u64>(STATE, q3 ^ r3 ^ carry ^ r4 ^ rotr<u64>(q4 ^ r4, 32), 32);
  store<u64>(STATE, q4 ^ r4 ^ r5 ^ rotr<u64>(q5 ^ r5, 32), 40);
  store<u64>(STATE, q5 ^ r5 ^ r6 ^ rotr<u64>(q6 ^ r6, 32), 48);
  store<u64>(STATE, q6 ^ r6 ^ r7 ^ rotr<u64>(q7 ^ r7, 32), 56);
}

/** {0b,0d,09,0e} = {03,01,01,02} after adding 4·(a_i ^ a_{i+2}) to both: one correction, then MixColumns. */
function inverseMixColumns(): void {
  const q0 = load<u64>(STATE, 0);
  const q1 = load<u64>(STATE, 8);
  const q2 = load<u64>(STATE, 16);
  const q3 = load<u64>(STATE, 24);
  const q4 = load<u64>(STATE, 32);
  const q5 = load<u64>(STATE, 40);
  const q6 = load<u64>(STATE, 48);
  const q7 = load<u64>(STATE, 56);
  const t0 = q0 ^ rotr<u64>(q0, 32);
  const t1 = q1 ^ rotr<u64>(q1, 32);
  const t2 = q2 ^ rotr<u64>(q2, 32);
  const t3 = q3 ^ rotr<u64>(q3, 32);
  const t4 = q4 ^ rotr<u64>(q4, 32);
  const t5 = q5 ^ rotr<u64>(q5, 32);
  const t6 = q6 ^ rotr<u64>(q6, 32);
  const t7 = q7 ^ rotr<u64>(q7, 32);
  // Times 4 in GF(2^8): bits move up by two; bits 6 and 7 fold back by x^8 = x^4 + x^3 + x + 1.
  store<u64>(STATE, q0 ^ t6, 0);
  store<u64>(STATE, q1 ^ t6 ^ t7, 8);
  store<u64>(STATE, q2 ^ t0 ^ t7, 16);
  store<u64>(STATE, q3 ^ t1 ^ t6, 24);
  store<u64>(STATE, q4 ^ t2 ^ t6 ^ t7, 32);
  store<u64>(STATE, q5 ^ t3 ^ t7, 40);
  store<u64>(STATE, q6 ^ t4, 48);
  store<u64>(STATE, q7 ^ t5, 56);
  mixColumns();
}

function substituteWord(word: u32): u32 {
  memory.fill(STATE, 0, 64);
  store<u64>(STATE, word);
  transpose();
  substitute();
  transpose();
  return u32(load<u64>(STATE));
}

/** The inverse S-box is the S-box between two applications of the inverse affine map. */
function inverseSubstitute(): void {
  inverseAffine();
  substitute();
  inverseAffine();
}

function inverseAffine(): void {
  const q0 = ~load<u64>(STATE, 0);
  const q1 = ~load<u64>(STATE, 8);
  const q2 = load<u64>(STATE, 16);
  const q3 = load<u64>(STATE, 24);
  const q4 = load<u64>(STATE, 32);
  const q5 = ~load<u64>(STATE, 40);
  const q6 = ~load<u64>(STATE, 48);
  const q7 = load<u64>(STATE, 56);
  store<u64>(STATE, q2 ^ q5 ^ q7, 0);
  store<u64>(STATE, q3 ^ q6 ^ q0, 8);
  store<u64>(STATE, q4 ^ q7 ^ q1, 16);
  store<u64>(STATE, q5 ^ q0 ^ q2, 24);
  store<u64>(STATE, q6 ^ q1 ^ q3, 32);
  store<u64>(STATE, q7 ^ q2 ^ q4, 40);
  store<u64>(STATE, q0 ^ q3 ^ q5, 48);
  store<u64>(STATE, q1 ^ q4 ^ q6, 56);
}

/** The S-box of FIPS 197 §5.1.1 as 113 gates on every byte at once; names are those of the paper. */
function substitute(): void {
  const x0 = load<u64>(STATE, 56);
  const x1 = load<u64>(STATE, 48);
  const x2 = load<u64>(STATE, 40);
  const x3 = load<u64>(STATE, 32);
  const x4 = load<u64>(STATE, 24);
  const x5 = load<u64>(STATE, 16);
  const x6 = load<u64>(STATE, 8);
  const x7 = load<u64>(STATE, 0);

  // Top linear transformation.
  const y14 = x3 ^ x5;
  const y13 = x0 ^ x6;
  const y9 = x0 ^ x3;
  const y8 = x0 ^ x5;
  const t0 = x1 ^ x2;
  const y1 = t0 ^ x7;
  const y4 = y1 ^ x3;
  const y12 = y13 ^ y14;
  const y2 = y1 ^ x0;
  const y5 = y1 ^ x6;
  const y3 = y5 ^ y8;
  const t1 = x4 ^ y12;
  const y15 = t1 ^ x5;
  const y20 = t1 ^ x1;
  const y6 = y15 ^ x7;
  const y10 = y15 ^ t0;
  const y11 = y20 ^ y9;
  const y7 = x7 ^ y11;
  const y17 = y10 ^ y11;
  const y19 = y10 ^ y8;
  const y16 = t0 ^ y11;
  const y21 = y13 ^ y16;
  const y18 = x0 ^ y16;

  // Inversion in GF(2^8) through GF(2^4).
  const t2 = y12 & y15;
  const t4 = (y3 & y6) ^ t2;
  const t6 = (y4 & x7) ^ t2;
  const t7 = y13 & y16;
  const t9 = (y5 & y1) ^ t7;
  const t11 = (y2 & y7) ^ t7;
  const t12 = y9 & y11;
  const t14 = (y14 & y17) ^ t12;
  const t16 = (y8 & y10) ^ t12;
  const t21 = t4 ^ t14 ^ y20;
  const t22 = t6 ^ t16 ^ y19;
  const t23 = t9 ^ t14 ^ y21;
  const t24 = t11 ^ t16 ^ y18;
  const t25 = t21 ^ t22;
  const t26 = t21 & t23;
  const t27 = t24 ^ t26;
  const t29 = (t25 & t27) ^ t22;
  const t30 = t23 ^ t24;
  const t31 = t22 ^ t26;
  const t33 = (t31 & t30) ^ t24;
  const t34 = t23 ^ t33;
  const t35 = t27 ^ t33;
  const t36 = t24 & t35;
  const t37 = t36 ^ t34;
  const t38 = t27 ^ t36;
  const t39 = t29 & t38;
  const t40 = t25 ^ t39;
  const t41 = t40 ^ t37;
  const t42 = t29 ^ t33;
  const t43 = t29 ^ t40;
  const t44 = t33 ^ t37;
  const t45 = t42 ^ t41;
  const z0 = t44 & y15;
  const z1 = t37 & y6;
  const z2 = t33 & x7;
  const z3 = t43 & y16;
  const z4 = t40 & y1;
  const z5 = t29 & y7;
  const z6 = t42 & y11;
  const z7 = t45 & y17;
  const z8 = t41 & y10;
  const z9 = t44 & y12;
  const z10 = t37 & y3;
  const z11 = t33 & y4;
  const z12 = t43 & y13;
  const z13 = t40 & y5;
  const z14 = t29 & y2;
  const z15 = t42 & y9;
  const z16 = t45 & y14;
  const z17 = t41 & y8;

  // Bottom linear transformation, with the affine constant.
  const t46 = z15 ^ z16;
  const t47 = z10 ^ z11;
  const t48 = z5 ^ z13;
  const t49 = z9 ^ z10;
  const t50 = z2 ^ z12;
  const t51 = z2 ^ z5;
  const t52 = z7 ^ z8;
  const t53 = z0 ^ z3;
  const t54 = z6 ^ z7;
  const t55 = z16 ^ z17;
  const t56 = z12 ^ t48;
  const t57 = t50 ^ t53;
  const t58 = z4 ^ t46;
  const t59 = z3 ^ t54;
  const t60 = t46 ^ t57;
  const t61 = z14 ^ t57;
  const t62 = t52 ^ t58;
  const t63 = t49 ^ t58;
  const t64 = z4 ^ t59;
  const t65 = t61 ^ t62;
  const t66 = z1 ^ t63;
  const t67 = t64 ^ t65;
  const s3 = t53 ^ t66;
  store<u64>(STATE, t59 ^ t63, 56);
  store<u64>(STATE, t64 ^ ~s3, 48);
  store<u64>(STATE, t55 ^ ~t67, 40);
  store<u64>(STATE, s3, 32);
  store<u64>(STATE, t51 ^ t66, 24);
  store<u64>(STATE, t47 ^ t65, 16);
  store<u64>(STATE, t56 ^ ~t62, 8);
  store<u64>(STATE, t48 ^ ~t60, 0);
}
