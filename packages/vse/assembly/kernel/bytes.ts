// Big-endian fields of the layouts in docs/layouts.md. WebAssembly memory is little-endian.

export function load16be(p: usize): u32 {
  return ((<u32>load<u8>(p)) << 8) | load<u8>(p + 1);
}

export function load32be(p: usize): u32 {
  return bswap<u32>(load<u32>(p));
}

export function load64be(p: usize): u64 {
  return bswap<u64>(load<u64>(p));
}

export function store16be(p: usize, v: u32): void {
  store<u8>(p, <u8>(v >> 8));
  store<u8>(p + 1, <u8>v);
}

export function store32be(p: usize, v: u32): void {
  store<u32>(p, bswap<u32>(v));
}

export function store64be(p: usize, v: u64): void {
  store<u64>(p, bswap<u64>(v));
}
