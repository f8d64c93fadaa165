// Persistent objects: named byte strings of the kernel and of each trusted application.
// In memory their data are XOR shares under a mask drawn at boot; they are whole only in the seal and in a reader's buffer.
// One command is one transaction: `begin` remembers, `rollback` restores, the boundary's commit makes durable.
import { wipe } from '../crypto/constant-time';
import {
  ARENA,
  ARENA_BACKUP,
  ARENA_SIZE,
  DIRECTORY,
  DIRECTORY_BACKUP,
  MASK,
  MAX_OBJECTS,
  OBJECT_ENTRY_SIZE,
} from './memory-map';
import { randomBytes } from './random';

/** Owner number of the kernel's own objects; trusted applications are numbered from 0. */
export const KERNEL_OWNER: u32 = 0xff;
export const OBJECT_ID_MAX: i32 = 64;

// Directory entry: 0 used · 1 owner · 2 id length · 4 offset · 8 length · 12 capacity · 16 id (64)
let arenaUsed: i32 = 0;
let arenaUsedBackup: i32 = 0;
let maskReady: i32 = 0;
let changed: bool = false;

export function objectsChanged(): bool {
  return changed;
}

function entryAt(index: i32): usize {
  return DIRECTORY + <usize>(index * OBJECT_ENTRY_SIZE);
}

/** Draws mask bytes up to `end`; what lies in the arena below `maskReady` is always masked. */
function extendMask(end: i32): void {
  while (maskReady < end) {
    randomBytes(MASK + <usize>maskReady, 4096);
    memory.copy(ARENA + <usize>maskReady, MASK + <usize>maskReady, 4096);
    maskReady += 4096;
  }
}

export function findObject(owner: u32, id: usize, idLen: i32): i32 {
  for (let i = 0; i < MAX_OBJECTS; i++) {
    const e = entryAt(i);
    if (
      load<u8>(e) &&
      load<u8>(e + 1) == owner &&
      load<u8>(e + 2) == idLen &&
      memory.compare(e + 16, id, idLen) == 0
    )
      return i;
  }
  return -1;
}

export function objectLength(index: i32): i32 {
  return load<i32>(entryAt(index) + 8);
}

export function objectUsed(index: i32): bool {
  return index >= 0 && index < MAX_OBJECTS && load<u8>(entryAt(index)) != 0;
}

export function objectOwner(index: i32): u32 {
  return load<u8>(entryAt(index) + 1);
}

export function objectIdLength(index: i32): i32 {
  return load<u8>(entryAt(index) + 2);
}

export function objectId(index: i32): usize {
  return entryAt(index) + 16;
}

/** dst = arena share xor mask share; the caller has checked the range. */
function unmask(dst: usize, offset: i32, len: i32): void {
  let a = ARENA + <usize>offset;
  let m = MASK + <usize>offset;
  let i = 0;
  for (; i + 8 <= len; i += 8) {
    store<u64>(dst, load<u64>(a) ^ load<u64>(m));
    dst += 8;
    a += 8;
    m += 8;
  }
  for (; i < len; i++) store<u8>(dst++, load<u8>(a++) ^ load<u8>(m++));
}

function mask(offset: i32, src: usize, len: i32): void {
  let a = ARENA + <usize>offset;
  let m = MASK + <usize>offset;
  let i = 0;
  for (; i + 8 <= len; i += 8) {
    store<u64>(a, load<u64>(src) ^ load<u64>(m));
    src += 8;
    a += 8;
    m += 8;
  }
  for (; i < len; i++) store<u8>(a++, load<u8>(src++) ^ load<u8>(m++));
}

/** Reads `len` bytes at `at`; the range must lie inside the object (1), else nothing is read (0). */
export function readObject(index: i32, at: i32, dst: usize, len: i32): i32 {
  const e = entryAt(index);
  if (at < 0 || len < 0 || <i64>at + <i64>len > <i64>load<i32>(e + 8)) return 0;
  unmask(dst, load<i32>(e + 4) + at, len);
  return 1;
}

/** Creates an object of `len` zero bytes; -1 when there is no room. The id must be new. */
export function createObject(owner: u32, id: usize, idLen: i32, len: i32): i32 {
  if (len < 0 || len > ARENA_SIZE || idLen < 1 || idLen > OBJECT_ID_MAX) return -1;
  begin();
  let index = -1;
  for (let i = 0; i < MAX_OBJECTS; i++) {
    if (!load<u8>(entryAt(i))) {
      index = i;
      break;
    }
  }
  if (index < 0) return -1;
  const capacity = (len + 15) & ~15;
  const offset = reserve(capacity);
  if (offset < 0) return -1;
  const e = entryAt(index);
  memory.fill(e, 0, OBJECT_ENTRY_SIZE);
  store<u8>(e, 1);
  store<u8>(e + 1, <u8>owner);
  store<u8>(e + 2, <u8>idLen);
  store<i32>(e + 4, offset);
  store<i32>(e + 8, len);
  store<i32>(e + 12, capacity);
  memory.copy(e + 16, id, idLen);
  zero(offset, capacity);
  return index;
}

/** A masked zero is the mask itself. */
function zero(offset: i32, len: i32): void {
  memory.copy(ARENA + <usize>offset, MASK + <usize>offset, len);
}

/** Writes at `at`, lengthening the object where needed; 0 when there is no room (nothing changed). */
export function writeObject(index: i32, at: i32, src: usize, len: i32): i32 {
  if (at < 0 || len < 0 || len > ARENA_SIZE || at > objectLength(index)) return 0;
  begin();
  if (at + len > objectLength(index) && !resizeObject(index, at + len)) return 0;
  mask(load<i32>(entryAt(index) + 4) + at, src, len);
  return 1;
}

/** Sets the length; new bytes are zero, bytes cut off are overwritten. */
export function resizeObject(index: i32, len: i32): i32 {
  if (len < 0 || len > ARENA_SIZE) return 0;
  begin();
  const e = entryAt(index);
  const old = load<i32>(e + 8);
  const capacity = load<i32>(e + 12);
  if (len <= capacity) {
    if (len < old) zero(load<i32>(e + 4) + len, old - len);
    store<i32>(e + 8, len);
    return 1;
  }
  const larger = (len + 255) & ~255;
  const offset = reserve(larger);
  if (offset < 0) {
    // No room for the old place and the new one beside it: the object grows where it lies, as the last of all.
    if (arenaUsed - capacity + larger > ARENA_SIZE) return 0;
    moveToEnd(index);
    reserve(larger - capacity);
    const place = load<i32>(e + 4);
    zero(place + old, larger - old);
  } else {
    const from = load<i32>(e + 4); // after reserve: compaction may have moved it
    move(from, offset, old);
    zero(offset + old, larger - old);
    zero(from, capacity);
    store<i32>(e + 4, offset);
  }
  store<i32>(e + 8, len);
  store<i32>(e + 12, larger);
  return 1;
}

export function deleteObject(index: i32): void {
  begin();
  const e = entryAt(index);
  zero(load<i32>(e + 4), load<i32>(e + 12));
  memory.fill(e, 0, OBJECT_ENTRY_SIZE);
}

/** Re-masks while moving: the two places have different masks. Regions may overlap only downwards. */
function move(from: i32, to: i32, len: i32): void {
  for (let i = 0; i < len; i++) {
    const f = <usize>(from + i);
    const t = <usize>(to + i);
    store<u8>(ARENA + t, load<u8>(ARENA + f) ^ load<u8>(MASK + f) ^ load<u8>(MASK + t));
  }
}

/** Moves an object behind all others of the compacted arena, by three reversals: there is no room for a copy. */
function moveToEnd(index: i32): void {
  const e = entryAt(index);
  const from = load<i32>(e + 4);
  const capacity = load<i32>(e + 12);
  if (capacity > 0) {
    reverse(from, from + capacity);
    reverse(from + capacity, arenaUsed);
    reverse(from, arenaUsed);
    for (let i = 0; i < MAX_OBJECTS; i++) {
      const other = entryAt(i);
      if (load<u8>(other) && load<i32>(other + 4) > from)
        store<i32>(other + 4, load<i32>(other + 4) - capacity);
    }
  }
  store<i32>(e + 4, arenaUsed - capacity);
}

/** Reverses the bytes of [start, end), each masked anew for its new place. */
function reverse(start: i32, end: i32): void {
  for (end--; start < end; start++, end--) {
    const low = <usize>start;
    const high = <usize>end;
    const masks = load<u8>(MASK + low) ^ load<u8>(MASK + high);
    const kept = load<u8>(ARENA + low);
    store<u8>(ARENA + low, load<u8>(ARENA + high) ^ masks);
    store<u8>(ARENA + high, kept ^ masks);
  }
}

/** Room at the arena's end, after compaction if need be; -1 when full. */
function reserve(capacity: i32): i32 {
  if (arenaUsed + capacity > ARENA_SIZE) compact();
  if (arenaUsed + capacity > ARENA_SIZE) return -1;
  const offset = arenaUsed;
  arenaUsed += capacity;
  extendMask(arenaUsed);
  return offset;
}

function compact(): void {
  let to = 0;
  for (;;) {
    // the live object with the lowest place at or above `to`
    let next: usize = 0;
    let lowest = ARENA_SIZE + 1;
    for (let i = 0; i < MAX_OBJECTS; i++) {
      const e = entryAt(i);
      if (load<u8>(e) && load<i32>(e + 4) >= to && load<i32>(e + 4) < lowest && load<i32>(e + 12) > 0) {
        lowest = load<i32>(e + 4);
        next = e;
      }
    }
    if (!next) break;
    const capacity = load<i32>(next + 12);
    if (lowest != to) {
      move(lowest, to, capacity);
      store<i32>(next + 4, to);
    }
    to += capacity;
  }
  zero(to, arenaUsed - to);
  arenaUsed = to;
}

/** Remembers the committed state before the transaction's first change. */
function begin(): void {
  if (changed) return;
  memory.copy(ARENA_BACKUP, ARENA, arenaUsed);
  memory.copy(DIRECTORY_BACKUP, DIRECTORY, MAX_OBJECTS * OBJECT_ENTRY_SIZE);
  arenaUsedBackup = arenaUsed;
  changed = true;
}

export function rollbackObjects(): void {
  if (!changed) return;
  memory.copy(DIRECTORY, DIRECTORY_BACKUP, MAX_OBJECTS * OBJECT_ENTRY_SIZE);
  memory.copy(ARENA, ARENA_BACKUP, arenaUsedBackup);
  if (arenaUsed > arenaUsedBackup) zero(arenaUsedBackup, arenaUsed - arenaUsedBackup);
  arenaUsed = arenaUsedBackup;
  forgetBackup();
}

/** After the host's commit: what was remembered is erased. */
export function commitObjects(): void {
  forgetBackup();
}

function forgetBackup(): void {
  if (arenaUsedBackup > 0) wipe(ARENA_BACKUP, arenaUsedBackup);
  arenaUsedBackup = 0;
  changed = false;
}

export function eraseObjects(): void {
  wipe(ARENA, ARENA_SIZE);
  wipe(MASK, ARENA_SIZE);
  wipe(ARENA_BACKUP, ARENA_SIZE);
  wipe(DIRECTORY, MAX_OBJECTS * OBJECT_ENTRY_SIZE);
  wipe(DIRECTORY_BACKUP, MAX_OBJECTS * OBJECT_ENTRY_SIZE);
  arenaUsed = 0;
  arenaUsedBackup = 0;
  maskReady = 0;
  changed = false;
}
