// DES (FIPS 46-3) without SIMD. Nothing is looked up: all eight S-boxes are one tree of selections over 32-bit
// words, both values of the first input bit side by side in 64 bits, and every permutation of bits is a fixed
// network of exchanges.
//
// Method: the selection tree of Thomas Pornin's des_ct in BearSSL (MIT); Beneš networks for the permutations.
// The tables were made by a program from the standard's; the code is our own.

/** Sixteen round keys of 64 bits. */
export const SCALAR_SCHEDULE_SIZE: i32 = 128;

// A permutation of 64 bits as eleven exchanges, at these distances: 32 16 8 4 2 1 2 4 8 16 32.
// biome-ignore-start format: tables
const INITIAL: usize = memory.data<u64>(
  [
    0x00000000aaaaaaaa, 0x0000f0f00000f0f0, 0x00cc00cc00cc00cc, 0x0a0a0a0a0a0a0a0a, 0x2222222222222222,
    0x4411441144114411, 0x1221211212212112, 0x0c0c030303030c0c, 0x0055005500550055, 0x0000333300003333,
    0x00000000f0f0f0f0,
  ],
  16,
);
const FINAL: usize = memory.data<u64>(
  [
    0x00000000f0f0f0f0, 0x0000cccc0000cccc, 0x00aa00aa00aa00aa, 0x0c0c0c0c0c0c0c0c, 0x2222222222222222,
    0x1414141441414141, 0x2112211212211221, 0x05050a0a0a0a0505, 0x0033003300330033, 0x00000f0f00000f0f,
    0x00000000aaaaaaaa,
  ],
  16,
);
const PC1: usize = memory.data<u64>(
  [
    0x0000000010101010, 0x0000d8d80000d8d8, 0x00b400b400b400b4, 0x0e0e0e0e0e0e0e0e, 0x0000000000000000,
    0x5005500550055005, 0x2010132320101323, 0x000000000f0f0f0f, 0x005a005a00aa00aa, 0x00003cc30000cc3c,
    0x00000000f0f0f0f0,
  ],
  16,
);
// To the round key's form here: the four middle bits of each S-box's input where R has them, its first and last
// bits in the low bits of the same nibble, 32 bits further up.
const PC2: usize = memory.data<u64>(
  [
    0x00000000a418fc18, 0x000091e00000728a, 0x008e00c8006600ac, 0x0400000c02060808, 0x2020000000000020,
    0x4011511505151511, 0x2201332011033101, 0x0602020700040c0f, 0x001d00e3005f0090, 0x0000355200003893,
    0x00000000b68ca20a,
  ],
  16,
);

// For each value of the four middle bits: the outputs with the last bit 0, and what changes when it is 1. The
// upper 32 bits are for the first bit 1. An S-box's output stays in its nibble, its bits in an order that lets
// eight rotations do the permutation P.
const SBOXES: usize = memory.data<u64>(
  [
    0x20e9168ebf572347, 0xde6af7d6b6b959a5, 0x47352b4b280e54b8, 0x756a67f9d6b6bbb7, 0xbd2a8fb472cd1a11,
    0xaecad75996c63ba6, 0x1bc0e5e247738f74, 0x93c556cc6ab5d7a5, 0x734c68638530b6fc, 0x5a75eee73aa5abb5,
    0xa4fbd295fb95680f, 0xfb39a7dc7abadba5, 0x8e97b3ddd9fae92b, 0xcad99cecabca3fa5, 0xd80e4c7814a932e2,
    0x39b696af53fab7d6, 0xfcdffd30ca824099, 0x97f5c39f5c96d9ec, 0x3282c0fc9de19763, 0xe7763b393da693f5,
    0x56135159a168acaa, 0x9b65555a99c95b66, 0xe56d9a273eb6f1dd, 0x53f657d7edca9ab6, 0xcaa6340f66dbdbc6,
    0x5a7a5d7533b97bd6, 0x9951a7ca502c0d30, 0x95f6b7dc3af5c3cd, 0x61780ea60c147555, 0xc6699c3ac7e93976,
    0x0fb47911e34fce8e, 0x75d9de7affc5fcd6,
  ],
  16,
);
// biome-ignore-end format: tables

/** Rounds before which C and D turn by one place, not two: 1, 2, 9, 16. */
const SINGLE_SHIFTS: u32 = 0x8103;

/** FIPS 46-3, key schedule, of 8 bytes; parity bits are ignored. */
export function scalarSchedule(key: usize, schedule: usize): void {
  const cd: u64 = permute(bswap<u64>(load<u64>(key)), PC1);
  let c: u32 = u32(cd >>> 28) & 0xfffffff;
  let d: u32 = u32(cd) & 0xfffffff;
  for (let round = 0; round < 16; round++) {
    const shift: u32 = 2 - ((SINGLE_SHIFTS >>> round) & 1);
    c = ((c << shift) | (c >>> (28 - shift))) & 0xfffffff;
    d = ((d << shift) | (d >>> (28 - shift))) & 0xfffffff;
    store<u64>(schedule + (round << 3), permute((u64(c) << 28) | u64(d), PC2));
  }
}

/** Eight bytes through the initial permutation: L is the upper half. */
export function scalarInitial(src: usize): u64 {
  return permute(bswap<u64>(load<u64>(src)), INITIAL);
}

/** The inverse of `scalarInitial`. */
export function scalarFinal(block: u64, dst: usize): void {
  store<u64>(dst, bswap<u64>(permute(block, FINAL)));
}

/** Sixteen rounds and the exchange of halves. `first` and `step` are 0 and 8 to encrypt, 120 and −8 to decrypt. */
export function scalarRounds(block: u64, schedule: usize, first: i32, step: i32): u64 {
  let l: u32 = u32(block >>> 32);
  let r: u32 = u32(block);
  let key: usize = schedule + first;
  for (let round = 0; round < 16; round += 2) {
    l ^= cipherFunction(r, load<u64>(key));
    key += step;
    r ^= cipherFunction(l, load<u64>(key));
    key += step;
  }
  return (u64(r) << 32) | u64(l);
}

/** Five bits in six select in both halves at once: a bit to all four places of its nibble, twice. */
const SPREAD: u64 = 0x0000000f0000000f;

/** f(R, K) of FIPS 46-3. */
function cipherFunction(r: u32, key: u64): u32 {
  const middle: u32 = r ^ u32(key);
  const edges: u32 = u32(key >>> 32);
  const x0: u32 = ((rotr<u32>(r, 4) ^ edges) & 0x11111111) * 15;
  const x1: u64 = u64((middle >>> 3) & 0x11111111) * SPREAD;
  const x2: u64 = u64((middle >>> 2) & 0x11111111) * SPREAD;
  const x3: u64 = u64((middle >>> 1) & 0x11111111) * SPREAD;
  const x4: u64 = u64(middle & 0x11111111) * SPREAD;
  const x5: u64 = u64((rotl<u32>(r, 1) ^ (edges >>> 1)) & 0x11111111) * SPREAD;
  const a0: u64 = load<u64>(SBOXES, 0) ^ (load<u64>(SBOXES, 8) & x5);
  const a1: u64 = load<u64>(SBOXES, 16) ^ (load<u64>(SBOXES, 24) & x5);
  const b0: u64 = a0 ^ ((a0 ^ a1) & x4);
  const a2: u64 = load<u64>(SBOXES, 32) ^ (load<u64>(SBOXES, 40) & x5);
  const a3: u64 = load<u64>(SBOXES, 48) ^ (load<u64>(SBOXES, 56) & x5);
  const b1: u64 = a2 ^ ((a2 ^ a3) & x4);
  const c0: u64 = b0 ^ ((b0 ^ b1) & x3);
  const a4: u64 = load<u64>(SBOXES, 64) ^ (load<u64>(SBOXES, 72) & x5);
  const a5: u64 = load<u64>(SBOXES, 80) ^ (load<u64>(SBOXES, 88) & x5);
  const b2: u64 = a4 ^ ((a4 ^ a5) & x4);
  const a6: u64 = load<u64>(SBOXES, 96) ^ (load<u64>(SBOXES, 104) & x5);
  const a7: u64 = load<u64>(SBOXES, 112) ^ (load<u64>(SBOXES, 120) & x5);
  const b3: u64 = a6 ^ ((a6 ^ a7) & x4);
  const c1: u64 = b2 ^ ((b2 ^ b3) & x3);
  const d0: u64 = c0 ^ ((c0 ^ c1) & x2);
  const a8: u64 = load<u64>(SBOXES, 128) ^ (load<u64>(SBOXES, 136) & x5);
  const a9: u64 = load<u64>(SBOXES, 144) ^ (load<u64>(SBOXES, 152) & x5);
  const b4: u64 = a8 ^ ((a8 ^ a9) & x4);
  const a10: u64 = load<u64>(SBOXES, 160) ^ (load<u64>(SBOXES, 168) & x5);
  const a11: u64 = load<u64>(SBOXES, 176) ^ (load<u64>(SBOXES, 184) & x5);
  const b5: u64 = a10 ^ ((a10 ^ a11) & x4);
  const c2: u64 = b4 ^ ((b4 ^ b5) & x3);
  const a12: u64 = load<u64>(SBOXES, 192) ^ (load<u64>(SBOXES, 200) & x5);
  const a13: u64 = load<u64>(SBOXES, 208) ^ (load<u64>(SBOXES, 216) & x5);
  const b6: u64 = a12 ^ ((a12 ^ a13) & x4);
  const a14: u64 = load<u64>(SBOXES, 224) ^ (load<u64>(SBOXES, 232) & x5);
  const a15: u64 = load<u64>(SBOXES, 240) ^ (load<u64>(SBOXES, 248) & x5);
  const b7: u64 = a14 ^ ((a14 ^ a15) & x4);
  const c3: u64 = b6 ^ ((b6 ^ b7) & x3);
  const d1: u64 = c2 ^ ((c2 ^ c3) & x2);
  const e0: u64 = d0 ^ ((d0 ^ d1) & x1);
  const w: u32 = u32(e0) ^ ((u32(e0) ^ u32(e0 >>> 32)) & x0);
  return (
    rotl<u32>(w & 0x40800404, 3) |
    rotl<u32>(w & 0x01011010, 6) |
    rotl<u32>(w & 0x84004802, 10) |
    rotl<u32>(w & 0x00128048, 14) |
    rotl<u32>(w & 0x20400080, 18) |
    rotl<u32>(w & 0x08080200, 19) |
    rotl<u32>(w & 0x02042000, 26) |
    rotl<u32>(w & 0x10200121, 27)
  );
}

function permute(x: u64, network: usize): u64 {
  x = exchange(x, 32, load<u64>(network, 0));
  x = exchange(x, 16, load<u64>(network, 8));
  x = exchange(x, 8, load<u64>(network, 16));
  x = exchange(x, 4, load<u64>(network, 24));
  x = exchange(x, 2, load<u64>(network, 32));
  x = exchange(x, 1, load<u64>(network, 40));
  x = exchange(x, 2, load<u64>(network, 48));
  x = exchange(x, 4, load<u64>(network, 56));
  x = exchange(x, 8, load<u64>(network, 64));
  x = exchange(x, 16, load<u64>(network, 72));
  return exchange(x, 32, load<u64>(network, 80));
}

function exchange(x: u64, distance: u64, mask: u64): u64 {
  const difference: u64 = ((x >>> distance) ^ x) & mask;
  return x ^ difference ^ (difference << distance);
}
