// DES and two-key triple DES (FIPS 46-3; SP 800-67 Rev. 2), and the MAC that EMV makes with them (ISO/IEC
// 9797-1:2011, MAC algorithm 3). Two implementations of one interface, chosen when the module is compiled; both
// are free of secret-indexed memory. Between ciphers that follow one another the initial and the final
// permutation cancel, so a chain works on permuted blocks throughout.

import { xorBytes } from './bytes';
import { wipe } from './constant-time';
import { SCALAR_SCHEDULE_SIZE, scalarFinal, scalarInitial, scalarRounds, scalarSchedule } from './des-scalar';
import { VECTOR_SCHEDULE_SIZE, vectorFinal, vectorInitial, vectorRounds, vectorSchedule } from './des-vector';

/** Bytes of an expanded DES key. The layout belongs to the build: never store one. */
export const DES_CONTEXT_SIZE: i32 = ASC_FEATURE_SIMD ? VECTOR_SCHEDULE_SIZE : SCALAR_SCHEDULE_SIZE;
/** Bytes of an expanded two-key triple DES key. */
export const TDES_CONTEXT_SIZE: i32 = DES_CONTEXT_SIZE * 2;
export const DES_BLOCK: i32 = 8;

/** ISO/IEC 9797-1:2011 §6.3. Method 1: zeros to whole blocks, at least one. Method 2: a bit 1, then zeros. */
export const PADDING_METHOD_1: i32 = 1;
export const PADDING_METHOD_2: i32 = 2;

const ONE_CALL: usize = memory.data(TDES_CONTEXT_SIZE, 16);
const LAST: usize = memory.data(8, 8);

/** Expands 8 bytes of key; parity bits are ignored. The caller wipes `ctx`. */
export function desExpandKey(key: usize, ctx: usize): void {
  if (ASC_FEATURE_SIMD) vectorSchedule(key, ctx);
  else scalarSchedule(key, ctx);
}

/** Expands 16 bytes of key. The first half of `ctx` is the DES context of the key's first half. */
export function tdesExpandKey(key: usize, ctx: usize): void {
  desExpandKey(key, ctx);
  desExpandKey(key + 8, ctx + DES_CONTEXT_SIZE);
}

export function desEncryptBlock(ctx: usize, src: usize, dst: usize): void {
  final(encrypt(initial(src), ctx), dst);
}

export function desDecryptBlock(ctx: usize, src: usize, dst: usize): void {
  final(decrypt(initial(src), ctx), dst);
}

/** SP 800-67 Rev. 2 §3.1 with K3 = K1. */
export function tdesEncryptBlock(ctx: usize, src: usize, dst: usize): void {
  const second: usize = ctx + DES_CONTEXT_SIZE;
  final(encrypt(decrypt(encrypt(initial(src), ctx), second), ctx), dst);
}

export function tdesDecryptBlock(ctx: usize, src: usize, dst: usize): void {
  const second: usize = ctx + DES_CONTEXT_SIZE;
  final(decrypt(encrypt(decrypt(initial(src), ctx), second), ctx), dst);
}

/** ISO/IEC 9797-1 MAC algorithm 3 under 16 bytes of key: 8 bytes to `out`. */
export function retailMac(key: usize, msg: usize, len: i32, paddingMethod: i32, out: usize): void {
  tdesExpandKey(key, ONE_CALL);
  retailMacWithContext(ONE_CALL, msg, len, paddingMethod, out);
  wipe(ONE_CALL, TDES_CONTEXT_SIZE);
}

/** As `retailMac`, under a key that `tdesExpandKey` has expanded. */
export function retailMacWithContext(ctx: usize, msg: usize, len: i32, paddingMethod: i32, out: usize): void {
  // CBC under the first half of the key, from a zero vector …
  const whole: usize = msg + (len & ~7);
  let chain: u64 = 0;
  for (; msg < whole; msg += 8) chain = encrypt(chain ^ initial(msg), ctx);
  const rest: i32 = len & 7;
  if (paddingMethod === PADDING_METHOD_2 || rest > 0 || len === 0) {
    store<u64>(LAST, 0);
    xorBytes(LAST, whole, rest);
    if (paddingMethod === PADDING_METHOD_2) store<u8>(LAST + rest, 0x80);
    chain = encrypt(chain ^ initial(LAST), ctx);
    store<u64>(LAST, 0);
  }
  // … then the output transformation 3 of §7.4: decrypt under the second half, encrypt under the first.
  final(encrypt(decrypt(chain, ctx + DES_CONTEXT_SIZE), ctx), out);
}

/** Sets the low bit of every byte so that its ones are odd in number (FIPS 46-3). */
export function desSetOddParity(key: usize, len: i32): void {
  for (let i = 0; i < len; i++) {
    const bits: u32 = load<u8>(key + i) & 0xfe;
    store<u8>(key + i, bits | (1 ^ (popcnt<u32>(bits) & 1)));
  }
}

function initial(src: usize): u64 {
  return ASC_FEATURE_SIMD ? vectorInitial(src) : scalarInitial(src);
}

function final(block: u64, dst: usize): void {
  if (ASC_FEATURE_SIMD) vectorFinal(block, dst);
  else scalarFinal(block, dst);
}

function encrypt(block: u64, ctx: usize): u64 {
  return ASC_FEATURE_SIMD ? vectorRounds(block, ctx, 0, 8) : scalarRounds(block, ctx, 0, 8);
}

function decrypt(block: u64, ctx: usize): u64 {
  return ASC_FEATURE_SIMD ? vectorRounds(block, ctx, 120, -8) : scalarRounds(block, ctx, 120, -8);
}
