// Big-endian and BCD fields.

export function read16(p: usize): u32 {
  return ((<u32>load<u8>(p)) << 8) | load<u8>(p + 1);
}

export function read32(p: usize): u32 {
  return bswap<u32>(load<u32>(p));
}

export function read64(p: usize): u64 {
  return bswap<u64>(load<u64>(p));
}

export function write16(p: usize, v: u32): void {
  store<u8>(p, <u8>(v >> 8));
  store<u8>(p + 1, <u8>v);
}

export function write32(p: usize, v: u32): void {
  store<u32>(p, bswap<u32>(v));
}

/** Format n 12 (9F02): the value, or −1 when a nibble is no digit. */
export function bcd6(p: usize): i64 {
  let value: i64 = 0;
  for (let i: usize = 0; i < 6; i++) {
    const b: u32 = load<u8>(p + i);
    const high = b >> 4;
    const low = b & 15;
    if (high > 9 || low > 9) return -1;
    value = value * 100 + <i64>(high * 10 + low);
  }
  return value;
}

function twoDigits(v: u32): u8 {
  return <u8>(((v / 10) << 4) | (v % 10));
}

/** 2100-01-01T00:00:00Z: from here on two digits of a year would begin again. */
const CENTURY_END: u64 = 4102444800;

/**
 * Unix seconds → YYMMDD (n 6), proleptic Gregorian, UTC; 991231 for all that comes after it.
 * Days to civil date after H. Hinnant's published method.
 */
export function dateOf(seconds: u64, out: usize): void {
  if (seconds >= CENTURY_END) seconds = CENTURY_END - 1;
  const z = <i64>(seconds / 86400) + 719468;
  const era = z / 146097;
  const dayOfEra = <u32>(z - era * 146097);
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shifted = (5 * dayOfYear + 2) / 153;
  const day = dayOfYear - (153 * shifted + 2) / 5 + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + <u32>(era * 400) + (month <= 2 ? 1 : 0);
  store<u8>(out, twoDigits(year % 100));
  store<u8>(out + 1, twoDigits(month));
  store<u8>(out + 2, twoDigits(day));
}
