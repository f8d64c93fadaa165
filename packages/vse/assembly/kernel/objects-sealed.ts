// The canonical form of all objects, which is what a seal holds: count 2, then owner 1 · id length 1 · length 4 · id · data.
import { load16be, load32be, store16be, store32be } from './bytes';
import { ARENA_SIZE, MAX_OBJECTS } from './memory-map';
import {
  createObject,
  findObject,
  objectId,
  objectIdLength,
  objectLength,
  objectOwner,
  objectUsed,
  readObject,
  writeObject,
} from './objects';

/** Its length, -1 over `limit`. */
export function serialiseObjects(dst: usize, limit: i32): i32 {
  let count: u32 = 0;
  let p = 2;
  for (let i = 0; i < MAX_OBJECTS; i++) {
    if (!objectUsed(i)) continue;
    const idLen = objectIdLength(i);
    const len = objectLength(i);
    if (p + 6 + idLen + len > limit) return -1;
    const at = dst + <usize>p;
    store<u8>(at, <u8>objectOwner(i));
    store<u8>(at + 1, <u8>idLen);
    store32be(at + 2, len);
    memory.copy(at + 6, objectId(i), idLen);
    readObject(i, 0, at + 6 + <usize>idLen, len);
    p += 6 + idLen + len;
    count++;
  }
  store16be(dst, count);
  return p;
}

/** Reads the form into an empty store; 0 when it is malformed. */
export function deserialiseObjects(src: usize, len: i32): i32 {
  if (len < 2) return 0;
  const count = <i32>load16be(src);
  let p = 2;
  for (let i = 0; i < count; i++) {
    if (p + 6 > len) return 0;
    const at = src + <usize>p;
    const owner: u32 = load<u8>(at);
    const idLen: i32 = load<u8>(at + 1);
    const dataLen = <i32>load32be(at + 2);
    p += 6;
    if (dataLen < 0 || dataLen > ARENA_SIZE || p + idLen + dataLen > len) return 0;
    if (findObject(owner, at + 6, idLen) >= 0) return 0;
    const index = createObject(owner, at + 6, idLen, dataLen);
    if (index < 0) return 0;
    writeObject(index, 0, at + 6 + <usize>idLen, dataLen);
    p += idLen + dataLen;
  }
  return p == len ? 1 : 0;
}
