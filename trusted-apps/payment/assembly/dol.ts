// Data object lists and the little TLV that a card answers (EMV 4.4 Book 3, 5.4 and Annex B).

/** Length of a tag of one or two bytes; 0 for a longer one, which no list of ours has. */
function tagSize(p: usize): i32 {
  if ((load<u8>(p) & 0x1f) != 0x1f) return 1;
  return load<u8>(p + 1) & 0x80 ? 0 : 2;
}

/** Sum of the lengths that a DOL asks for; −1 when it is malformed. */
export function dolTotal(dol: usize, len: i32): i32 {
  let total = 0;
  let at = 0;
  while (at < len) {
    const size = tagSize(dol + <usize>at);
    if (size == 0 || at + size >= len) return -1;
    total += load<u8>(dol + <usize>(at + size));
    at += size + 1;
  }
  return at == len ? total : -1;
}

/** Where the value of `tag` begins in the list's data; −1 when the DOL does not ask for it with this very length. */
export function dolOffset(dol: usize, len: i32, tag: u32, size: i32): i32 {
  let offset = 0;
  let at = 0;
  while (at < len) {
    const t = tagSize(dol + <usize>at);
    if (t == 0 || at + t >= len) return -1;
    const found: u32 =
      t == 1
        ? load<u8>(dol + <usize>at)
        : ((<u32>load<u8>(dol + <usize>at)) << 8) | load<u8>(dol + <usize>at + 1);
    const valueSize: i32 = load<u8>(dol + <usize>(at + t));
    if (found == tag) return valueSize == size ? offset : -1;
    offset += valueSize;
    at += t + 1;
  }
  return -1;
}

/** Appends tag, length, value; returns the address behind. */
export function tlv(p: usize, tag: u32, value: usize, len: i32): usize {
  p = header(p, tag, len);
  memory.copy(p, value, len);
  return p + <usize>len;
}

export function header(p: usize, tag: u32, len: i32): usize {
  if (tag > 0xff) {
    store<u8>(p, <u8>(tag >> 8));
    p++;
  }
  store<u8>(p, <u8>tag);
  p++;
  if (len > 0x7f) {
    store<u8>(p, 0x81);
    p++;
  }
  store<u8>(p, <u8>len);
  return p + 1;
}

/** Wraps what stands at `from`..`end` into a constructed tag, in place; the new end. */
export function wrap(from: usize, end: usize, tag: u32): usize {
  const len = <i32>(end - from);
  const head: usize = (tag > 0xff ? 2 : 1) + (len > 0x7f ? 2 : 1);
  memory.copy(from + head, from, len);
  header(from, tag, len);
  return end + head;
}
