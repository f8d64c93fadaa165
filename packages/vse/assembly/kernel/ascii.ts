/** Writes a constant ASCII string at `dst`; returns the address behind it. (String literals are static UTF-16 here: nothing is allocated.) */
export function ascii(dst: usize, text: string): usize {
  const from = changetype<usize>(text);
  const len = text.length;
  for (let i = 0; i < len; i++) store<u8>(dst + <usize>i, load<u8>(from + ((<usize>i) << 1)));
  return dst + <usize>len;
}
