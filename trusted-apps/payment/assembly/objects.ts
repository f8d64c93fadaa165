// The payment TA's persistent objects: one letter, then the tokenId (16). Whole-object reads and writes.
//   I            index: count 1 · selected 1 (place + 1, 0 none) · tokenIds 16 each
//   P tokenId    the personalisation message, as the issuer sent it (docs/layouts.md §3)
//   S tokenId    what changes: see tokens.ts
//   K tokenId    key sets, 79 bytes each, lowest ATC first
//   L tokenId    transaction log: see log.ts
import {
  TEE_CloseAndDeletePersistentObject1,
  TEE_CloseObject,
  TEE_CreatePersistentObject,
  TEE_DATA_FLAG_ACCESS_READ,
  TEE_DATA_FLAG_ACCESS_WRITE,
  TEE_DATA_FLAG_ACCESS_WRITE_META,
  TEE_DATA_FLAG_OVERWRITE,
  TEE_MemMove,
  TEE_OpenPersistentObject,
  TEE_ReadObjectData,
  TEE_SeekObjectData,
  TEE_STORAGE_PRIVATE,
  TEE_SUCCESS,
  TEE_TruncateObjectData,
  TEE_WriteObjectData,
} from '../../../packages/vse/assembly/tee';

export const INDEX: u8 = 0x49;
export const PROFILE: u8 = 0x50;
export const STATE: u8 = 0x53;
export const KEYS: u8 = 0x4b;
export const LOG: u8 = 0x4c;

const ID: usize = memory.data(24, 16);
const HANDLE: usize = memory.data(8, 16);
const COUNT: usize = memory.data(8, 16);

function open(kind: u8, tokenId: usize, flags: u32): bool {
  store<u8>(ID, kind);
  if (tokenId) TEE_MemMove(ID + 1, tokenId, 16);
  return TEE_OpenPersistentObject(TEE_STORAGE_PRIVATE, ID, tokenId ? 17 : 1, flags, HANDLE) == TEE_SUCCESS;
}

/** Reads up to `room` bytes from `at`; how many, or −1 when there is no such object. */
export function readAt(kind: u8, tokenId: usize, at: i32, dst: usize, room: u32): i32 {
  if (!open(kind, tokenId, TEE_DATA_FLAG_ACCESS_READ)) return -1;
  const handle = load<u32>(HANDLE);
  if (at > 0) TEE_SeekObjectData(handle, at, 0);
  TEE_ReadObjectData(handle, dst, room, COUNT);
  TEE_CloseObject(handle);
  return load<i32>(COUNT);
}

export function read(kind: u8, tokenId: usize, dst: usize, room: u32): i32 {
  return readAt(kind, tokenId, 0, dst, room);
}

/** Replaces the object's whole content, creating it where it is new; false when storage is full. */
export function write(kind: u8, tokenId: usize, src: usize, len: u32): bool {
  if (!open(kind, tokenId, TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE)) {
    const flags = TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_OVERWRITE;
    return (
      TEE_CreatePersistentObject(TEE_STORAGE_PRIVATE, ID, tokenId ? 17 : 1, flags, 0, src, len, 0) ==
      TEE_SUCCESS
    );
  }
  const handle = load<u32>(HANDLE);
  const ok =
    TEE_TruncateObjectData(handle, len) == TEE_SUCCESS &&
    TEE_WriteObjectData(handle, src, len) == TEE_SUCCESS;
  TEE_CloseObject(handle);
  return ok;
}

export function remove(kind: u8, tokenId: usize): void {
  if (open(kind, tokenId, TEE_DATA_FLAG_ACCESS_WRITE_META))
    TEE_CloseAndDeletePersistentObject1(load<u32>(HANDLE));
}
