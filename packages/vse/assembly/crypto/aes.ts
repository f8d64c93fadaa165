// AES (FIPS 197, update of 9 May 2023): key expansion, blocks, counter mode (SP 800-38A §6.5).
// Two implementations of one interface, chosen when the module is compiled: `aes-vector.ts` where the
// build has SIMD, `aes-bitsliced.ts` where it has not. Both are free of secret-indexed memory.

import {
  BITSLICED_CONTEXT_SIZE,
  bitslicedDecryptBlocks,
  bitslicedEncryptBlocks,
  bitslicedExpandKey,
} from './aes-bitsliced';
import { VECTOR_CONTEXT_SIZE, vectorDecryptBlocks, vectorEncryptBlocks, vectorExpandKey } from './aes-vector';
import { load64be, store64be } from './bytes';
import { wipe } from './constant-time';

/** Bytes of an expanded key. The layout belongs to the build: never store one. */
export const AES_CONTEXT_SIZE: i32 = ASC_FEATURE_SIMD ? VECTOR_CONTEXT_SIZE : BITSLICED_CONTEXT_SIZE;
export const AES_BLOCK: i32 = 16;

// Four counter blocks: what the bitsliced form encrypts at once.
const KEYSTREAM_BLOCKS: i32 = 4;
const KEYSTREAM: usize = memory.data(64, 16);

/** Expands a key of 16, 24 or 32 bytes into `ctx`. The caller wipes `ctx`. */
export function aesExpandKey(key: usize, keyLen: i32, ctx: usize): void {
  if (ASC_FEATURE_SIMD) vectorExpandKey(key, keyLen, ctx);
  else bitslicedExpandKey(key, keyLen, ctx);
}

/** Encrypts whole 16-byte blocks, each by itself. `src` and `dst` are equal or apart. */
export function aesEncryptBlocks(ctx: usize, src: usize, dst: usize, blocks: i32): void {
  if (ASC_FEATURE_SIMD) vectorEncryptBlocks(ctx, src, dst, blocks);
  else bitslicedEncryptBlocks(ctx, src, dst, blocks);
}

/** The inverse of `aesEncryptBlocks`. */
export function aesDecryptBlocks(ctx: usize, src: usize, dst: usize, blocks: i32): void {
  if (ASC_FEATURE_SIMD) vectorDecryptBlocks(ctx, src, dst, blocks);
  else bitslicedDecryptBlocks(ctx, src, dst, blocks);
}

/**
 * Counter mode over `len` bytes. The counter is all 128 bits, big-endian, and is left at the next unused
 * value: a second call continues the keystream only if `len` was a multiple of 16.
 */
export function aesCtr(ctx: usize, counterBlock: usize, src: usize, dst: usize, len: i32): void {
  let high: u64 = load64be(counterBlock);
  let low: u64 = load64be(counterBlock + 8);
  let done: i32 = 0;
  while (done < len) {
    const left: i32 = len - done;
    const blocks: i32 = min((left + 15) >> 4, KEYSTREAM_BLOCKS);
    for (let i = 0; i < blocks; i++) {
      const block: usize = KEYSTREAM + (i << 4);
      store64be(block, high);
      store64be(block + 8, low);
      low += 1;
      high += u64(low === 0);
    }
    aesEncryptBlocks(ctx, KEYSTREAM, KEYSTREAM, blocks);
    const chunk: i32 = min(left, blocks << 4);
    xorKeystream(src + done, dst + done, chunk);
    done += chunk;
  }
  store64be(counterBlock, high);
  store64be(counterBlock + 8, low);
  wipe(KEYSTREAM, 64);
}

function xorKeystream(src: usize, dst: usize, len: i32): void {
  let i: i32 = 0;
  for (; i + 8 <= len; i += 8) store<u64>(dst + i, load<u64>(src + i) ^ load<u64>(KEYSTREAM + i));
  for (; i < len; i++) store<u8>(dst + i, load<u8>(src + i) ^ load<u8>(KEYSTREAM + i));
}
