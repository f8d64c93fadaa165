// TEST ONLY, never shipped: the object store behind a boundary of its own, so that a model in the test can follow every
// operation. Bytes cross in one area; an object's name is the first `idLen` bytes of it, its data the rest.
import {
  commitObjects,
  createObject,
  deleteObject,
  eraseObjects,
  findObject,
  objectLength,
  objectsChanged,
  objectUsed,
  readObject,
  resizeObject,
  rollbackObjects,
  writeObject,
} from './kernel/objects';
import { ARENA, ARENA_BACKUP, ARENA_SIZE, MASK } from './kernel/memory-map';
import { deserialiseObjects, serialiseObjects } from './kernel/objects-sealed';
import { seedRandom } from './kernel/random';

const AREA: i32 = 98304;
const BYTES: usize = memory.data(98304, 16);
const SEED: usize = memory.data(80, 16);

/** An empty store under a mask that `seed` decides. */
export function reset(seed: i64): void {
  eraseObjects();
  store<i64>(SEED, seed);
  seedRandom(SEED, 64, SEED + 64);
}

export function put(lane: i32, v: i64): void {
  if (<u32>lane < <u32>(AREA >> 3)) store<i64>(BYTES + ((<usize>lane) << 3), v);
}

export function get(lane: i32): i64 {
  return <u32>lane < <u32>(AREA >> 3) ? load<i64>(BYTES + ((<usize>lane) << 3)) : 0;
}

export function create(owner: i32, idLen: i32, len: i32): i32 {
  return createObject(owner, BYTES, idLen, len);
}

export function find(owner: i32, idLen: i32): i32 {
  return findObject(owner, BYTES, idLen);
}

export function used(index: i32): i32 {
  return objectUsed(index) ? 1 : 0;
}

export function length(index: i32): i32 {
  return objectLength(index);
}

export function read(index: i32, at: i32, len: i32): i32 {
  return readObject(index, at, BYTES, len);
}

export function write(index: i32, at: i32, len: i32): i32 {
  return writeObject(index, at, BYTES, len);
}

export function resize(index: i32, len: i32): i32 {
  return resizeObject(index, len);
}

export function remove(index: i32): void {
  deleteObject(index);
}

export function changed(): i32 {
  return objectsChanged() ? 1 : 0;
}

export function commit(): void {
  commitObjects();
}

export function rollback(): void {
  rollbackObjects();
}

/** The whole arena, or its backup, with both shares joined: what one who reads all memory gets. */
export function joined(backup: i32): void {
  const from = backup ? ARENA_BACKUP : ARENA;
  for (let i: usize = 0; i < <usize>ARENA_SIZE; i += 8)
    store<u64>(BYTES + i, load<u64>(from + i) ^ load<u64>(MASK + i));
}

export function serialise(limit: i32): i32 {
  return serialiseObjects(BYTES, limit);
}

export function deserialise(len: i32): i32 {
  return deserialiseObjects(BYTES, len);
}
