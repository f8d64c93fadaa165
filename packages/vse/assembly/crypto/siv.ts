// AES-SIV (RFC 5297): deterministic authenticated encryption. Nothing here needs a nonce, so a restored
// snapshot that repeats its random numbers repeats a ciphertext at worst and never leaks a key stream.

import { AES_CONTEXT_SIZE, aesCtr, aesExpandKey } from './aes';
import { xorBlock } from './bytes';
import { CMAC_STATE_SIZE, cmacDouble, cmacFinal, cmacInit, cmacRestart, cmacTag, cmacUpdate } from './cmac';
import { ctEqual, wipe } from './constant-time';

export const SIV_TAG: i32 = 16;

const MAC: usize = memory.data(CMAC_STATE_SIZE, 16);
const CIPHER: usize = memory.data(AES_CONTEXT_SIZE, 16);
const D: usize = memory.data(16, 16);
const T: usize = memory.data(16, 16);
const V: usize = memory.data(16, 16);
const COUNTER: usize = memory.data(16, 16);

/**
 * Writes V ‖ C, 16 + `ptLen` bytes, to `out`.
 * `key` is 32, 48 or 64 bytes: the MAC key, then the cipher key. `ads` is a packed array of (pointer u32,
 * length u32), one entry for each string of associated data, 126 at most. `pt` may be `out + 16`.
 */
export function sivSeal(
  key: usize,
  keyLen: i32,
  ads: usize,
  adCount: i32,
  pt: usize,
  ptLen: i32,
  out: usize,
): void {
  const half: i32 = keyLen >> 1;
  s2v(key, half, ads, adCount, pt, ptLen);
  crypt(key + half, half, pt, out + SIV_TAG, ptLen);
  memory.copy(out, V, SIV_TAG);
  wipe(V, 16);
}

/**
 * Opens V ‖ C of `inLen` bytes; `inLen` − 16 bytes of plaintext to `out`, which may be `input + 16`.
 * Answers 1, or 0 with `out` wiped when the input is not what was sealed under this key and these strings.
 */
export function sivOpen(
  key: usize,
  keyLen: i32,
  ads: usize,
  adCount: i32,
  input: usize,
  inLen: i32,
  out: usize,
): i32 {
  if (inLen < SIV_TAG) return 0;
  const half: i32 = keyLen >> 1;
  const ptLen: i32 = inLen - SIV_TAG;
  // The tag is needed after the plaintext has been written, perhaps over the input.
  memory.copy(V, input, SIV_TAG);
  crypt(key + half, half, input + SIV_TAG, out, ptLen);
  memory.copy(COUNTER, V, SIV_TAG);
  s2v(key, half, ads, adCount, out, ptLen);
  const ok: i32 = ctEqual(COUNTER, V, SIV_TAG);
  if (!ok) wipe(out, ptLen);
  wipe(V, 16);
  wipe(COUNTER, 16);
  return ok;
}

/** RFC 5297 §2.4. Leaves the synthetic IV in V. */
function s2v(key: usize, keyLen: i32, ads: usize, adCount: i32, pt: usize, ptLen: i32): void {
  cmacInit(MAC, key, keyLen);
  memory.fill(D, 0, 16);
  cmacUpdate(MAC, D, 16);
  cmacTag(MAC, D);
  for (let i = 0; i < adCount; i++) {
    const entry: usize = ads + (i << 3);
    cmacRestart(MAC);
    cmacUpdate(MAC, load<u32>(entry), load<i32>(entry, 4));
    cmacTag(MAC, T);
    cmacDouble(D, D);
    xorBlock(D, T);
  }
  cmacRestart(MAC);
  if (ptLen >= 16) {
    // "xorend": D over the last 16 bytes of the plaintext.
    const head: i32 = ptLen - 16;
    cmacUpdate(MAC, pt, head);
    memory.copy(T, pt + head, 16);
  } else {
    cmacDouble(D, D);
    memory.fill(T, 0, 16);
    memory.copy(T, pt, ptLen);
    store<u8>(T + ptLen, 0x80);
  }
  xorBlock(T, D);
  cmacUpdate(MAC, T, 16);
  cmacFinal(MAC, V);
  wipe(D, 16);
  wipe(T, 16);
}

/** RFC 5297 §2.5: counter mode from V with bits 31 and 63 cleared. */
function crypt(key: usize, keyLen: i32, src: usize, dst: usize, len: i32): void {
  memory.copy(COUNTER, V, 16);
  store<u8>(COUNTER, load<u8>(COUNTER, 8) & 0x7f, 8);
  store<u8>(COUNTER, load<u8>(COUNTER, 12) & 0x7f, 12);
  aesExpandKey(key, keyLen, CIPHER);
  aesCtr(CIPHER, COUNTER, src, dst, len);
  wipe(CIPHER, AES_CONTEXT_SIZE);
  wipe(COUNTER, 16);
}
