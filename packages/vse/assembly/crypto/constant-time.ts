// Comparison, selection and erasure that neither branch on a secret nor index by one.
// Masks are all ones or all zeros; a condition is 1 or 0.

/** 0xFFFFFFFF when `bit` is 1, 0 when it is 0. Any other value is a caller's bug. */
export function ctMask32(bit: u32): u32 {
  return 0 - bit;
}

/** As `ctMask32`, for 64 bits. */
export function ctMask64(bit: u64): u64 {
  return 0 - bit;
}

/** 1 when `x` is zero, else 0. */
export function ctIsZero32(x: u32): u32 {
  return 1 ^ ((x | (0 - x)) >>> 31);
}

/** `a` when `bit` is 1, `b` when it is 0. */
export function ctSelect32(bit: u32, a: u32, b: u32): u32 {
  return b ^ (ctMask32(bit) & (a ^ b));
}

/** Copies `src` over `dst` when `bit` is 1; reads and writes every byte either way. */
export function ctCopyIf(bit: u32, dst: usize, src: usize, len: i32): void {
  const mask: u32 = ctMask32(bit);
  for (let i = 0; i < len; i++) {
    const d: u32 = load<u8>(dst + i);
    store<u8>(dst + i, d ^ (mask & (d ^ load<u8>(src + i))));
  }
}

/** 1 when the two areas hold the same bytes, else 0. The time depends on `len` only. */
export function ctEqual(a: usize, b: usize, len: i32): i32 {
  let difference: u32 = 0;
  for (let i = 0; i < len; i++) difference |= load<u8>(a + i) ^ load<u8>(b + i);
  return ctIsZero32(difference);
}

/** Writes zeros. `memory.fill` is an observable effect in WebAssembly: no optimiser may drop it. */
export function wipe(ptr: usize, len: i32): void {
  memory.fill(ptr, 0, len);
}
