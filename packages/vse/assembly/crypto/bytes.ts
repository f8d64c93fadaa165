// Byte order and exclusive-or over raw memory. WebAssembly loads are little-endian; most of our standards
// are big-endian.

export function load32be(ptr: usize): u32 {
  return bswap<u32>(load<u32>(ptr));
}

export function store32be(ptr: usize, value: u32): void {
  store<u32>(ptr, bswap<u32>(value));
}

export function load64be(ptr: usize): u64 {
  return bswap<u64>(load<u64>(ptr));
}

export function store64be(ptr: usize, value: u64): void {
  store<u64>(ptr, bswap<u64>(value));
}

/** dst ^= src, 16 bytes. */
export function xorBlock(dst: usize, src: usize): void {
  store<u64>(dst, load<u64>(dst) ^ load<u64>(src));
  store<u64>(dst, load<u64>(dst, 8) ^ load<u64>(src, 8), 8);
}

/** dst ^= src, any length. */
export function xorBytes(dst: usize, src: usize, len: i32): void {
  for (let i = 0; i < len; i++) store<u8>(dst + i, load<u8>(dst + i) ^ load<u8>(src + i));
}
