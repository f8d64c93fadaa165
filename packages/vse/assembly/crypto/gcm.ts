// AES-128-GCM (SP 800-38D) with 96-bit nonces and 128-bit tags, for HPKE (RFC 9180) only: its nonces are
// derived, used once, and never random.
//
// GHASH method: the integer multiplication with holes of Thomas Pornin's ghash_ctmul64 in BearSSL (MIT):
// carry-less products by `i64.mul` on operands of which three bits in four are zero. The code is our own.

import { AES_CONTEXT_SIZE, aesCtr, aesEncryptBlocks, aesExpandKey } from './aes';
import { load64be, store32be, store64be, xorBlock } from './bytes';
import { ctEqual, wipe } from './constant-time';

export const GCM_TAG: i32 = 16;

const CIPHER: usize = memory.data(AES_CONTEXT_SIZE, 16);
const COUNTER: usize = memory.data(16, 16);
// The hash key, the running value Y, and a block of padding or of lengths.
const H: usize = memory.data(16, 16);
const Y: usize = memory.data(16, 16);
const PAD: usize = memory.data(16, 16);
const TAG: usize = memory.data(16, 16);

/** Writes ciphertext ‖ tag, `ptLen` + 16 bytes, to `out`, which may be `pt`. The nonce has 12 bytes. */
export function gcmSeal(
  key: usize,
  nonce: usize,
  ad: usize,
  adLen: i32,
  pt: usize,
  ptLen: i32,
  out: usize,
): void {
  begin(key, nonce);
  aesCtr(CIPHER, COUNTER, pt, out, ptLen);
  finishTag(nonce, ad, adLen, out, ptLen);
  memory.copy(out + ptLen, TAG, GCM_TAG);
  end();
}

/**
 * Opens ciphertext ‖ tag of `inLen` bytes; `inLen` − 16 bytes of plaintext to `out`, which may be `input`.
 * Answers 1, or 0 with nothing decrypted when the tag does not match.
 */
export function gcmOpen(
  key: usize,
  nonce: usize,
  ad: usize,
  adLen: i32,
  input: usize,
  inLen: i32,
  out: usize,
): i32 {
  if (inLen < GCM_TAG) return 0;
  const ptLen: i32 = inLen - GCM_TAG;
  begin(key, nonce);
  finishTag(nonce, ad, adLen, input, ptLen);
  const ok: i32 = ctEqual(TAG, input + ptLen, GCM_TAG);
  if (ok) aesCtr(CIPHER, COUNTER, input, out, ptLen);
  end();
  return ok;
}

/** SP 800-38D §7.1 steps 1 and 2: the hash key, and the counter after J0. */
function begin(key: usize, nonce: usize): void {
  aesExpandKey(key, 16, CIPHER);
  memory.fill(H, 0, 16);
  aesEncryptBlocks(CIPHER, H, H, 1);
  memory.fill(Y, 0, 16);
  memory.copy(COUNTER, nonce, 12);
  store32be(COUNTER + 12, 2);
}

/** SP 800-38D §7.1 steps 4 to 6: the tag over the associated data and the ciphertext, to TAG. */
function finishTag(nonce: usize, ad: usize, adLen: i32, ct: usize, ctLen: i32): void {
  ghash(ad, adLen);
  ghash(ct, ctLen);
  store64be(PAD, u64(adLen) << 3);
  store64be(PAD + 8, u64(ctLen) << 3);
  ghash(PAD, 16);
  memory.copy(TAG, nonce, 12);
  store32be(TAG + 12, 1);
  aesEncryptBlocks(CIPHER, TAG, TAG, 1);
  xorBlock(TAG, Y);
}

function end(): void {
  wipe(CIPHER, AES_CONTEXT_SIZE);
  wipe(COUNTER, 16);
  wipe(H, 16);
  wipe(Y, 16);
  wipe(PAD, 16);
  wipe(TAG, 16);
}

/** SP 800-38D §6.4 over Y, the last block padded with zeros. */
function ghash(data: usize, len: i32): void {
  for (; len >= 16; len -= 16) {
    ghashBlock(data);
    data += 16;
  }
  if (len > 0) {
    memory.fill(PAD, 0, 16);
    memory.copy(PAD, data, len);
    ghashBlock(PAD);
  }
}

/** Y = (Y ⊕ block) · H in GF(2^128), bit 0 first as SP 800-38D §6.3 has it. */
function ghashBlock(block: usize): void {
  const y1: u64 = load64be(Y) ^ load64be(block);
  const y0: u64 = load64be(Y + 8) ^ load64be(block + 8);
  const h1: u64 = load64be(H);
  const h0: u64 = load64be(H + 8);
  const y1r: u64 = reverse(y1);
  const y0r: u64 = reverse(y0);
  const h1r: u64 = reverse(h1);
  const h0r: u64 = reverse(h0);

  // Karatsuba on 64-bit halves. The high half of a product is the reversed low half of the reversed factors.
  const z0: u64 = carrylessLow(y0, h0);
  const z1: u64 = carrylessLow(y1, h1);
  const z2: u64 = carrylessLow(y0 ^ y1, h0 ^ h1) ^ z0 ^ z1;
  const z0r: u64 = carrylessLow(y0r, h0r);
  const z1r: u64 = carrylessLow(y1r, h1r);
  const z2r: u64 = carrylessLow(y0r ^ y1r, h0r ^ h1r) ^ z0r ^ z1r;
  const z0h: u64 = reverse(z0r) >>> 1;
  const z1h: u64 = reverse(z1r) >>> 1;
  const z2h: u64 = reverse(z2r) >>> 1;

  let v0: u64 = z0;
  let v1: u64 = z0h ^ z2;
  let v2: u64 = z1 ^ z2h;
  let v3: u64 = z1h;
  // GHASH numbers bits from the left: the product of reflected polynomials is one bit short.
  v3 = (v3 << 1) | (v2 >>> 63);
  v2 = (v2 << 1) | (v1 >>> 63);
  v1 = (v1 << 1) | (v0 >>> 63);
  v0 = v0 << 1;
  // Reduction by x^128 + x^7 + x^2 + x + 1.
  v2 ^= v0 ^ (v0 >>> 1) ^ (v0 >>> 2) ^ (v0 >>> 7);
  v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
  v3 ^= v1 ^ (v1 >>> 1) ^ (v1 >>> 2) ^ (v1 >>> 7);
  v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
  store64be(Y, v3);
  store64be(Y + 8, v2);
}

/** The low 64 bits of a carry-less product. Sixteen set bits a factor: no carry reaches the next bit kept. */
function carrylessLow(x: u64, y: u64): u64 {
  const x0: u64 = x & 0x1111111111111111;
  const x1: u64 = x & 0x2222222222222222;
  const x2: u64 = x & 0x4444444444444444;
  const x3: u64 = x & 0x8888888888888888;
  const y0: u64 = y & 0x1111111111111111;
  const y1: u64 = y & 0x2222222222222222;
  const y2: u64 = y & 0x4444444444444444;
  const y3: u64 = y & 0x8888888888888888;
  const z0: u64 = (x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1);
  const z1: u64 = (x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2);
  const z2: u64 = (x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3);
  const z3: u64 = (x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0);
  return (
    (z0 & 0x1111111111111111) |
    (z1 & 0x2222222222222222) |
    (z2 & 0x4444444444444444) |
    (z3 & 0x8888888888888888)
  );
}

/** Bit reversal. */
function reverse(x: u64): u64 {
  x = ((x & 0x5555555555555555) << 1) | ((x >>> 1) & 0x5555555555555555);
  x = ((x & 0x3333333333333333) << 2) | ((x >>> 2) & 0x3333333333333333);
  x = ((x & 0x0f0f0f0f0f0f0f0f) << 4) | ((x >>> 4) & 0x0f0f0f0f0f0f0f0f);
  return bswap<u64>(x);
}
