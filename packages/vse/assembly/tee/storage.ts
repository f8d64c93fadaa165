// Trusted storage (GPD_SPE_010 5.7–5.10): persistent objects of the current TA. Handles are small numbers of one table.
import {
  createObject,
  deleteObject,
  findObject,
  OBJECT_ID_MAX,
  objectLength,
  readObject,
  resizeObject,
  writeObject,
} from '../kernel/objects';
import {
  TEE_DATA_FLAG_ACCESS_WRITE,
  TEE_DATA_FLAG_OVERWRITE,
  TEE_DATA_SEEK_CUR,
  TEE_DATA_SEEK_END,
  TEE_DATA_SEEK_SET,
  TEE_ERROR_ACCESS_CONFLICT,
  TEE_ERROR_ACCESS_DENIED,
  TEE_ERROR_BAD_PARAMETERS,
  TEE_ERROR_ITEM_NOT_FOUND,
  TEE_ERROR_OUT_OF_MEMORY,
  TEE_ERROR_STORAGE_NO_SPACE,
  TEE_ObjectHandle,
  TEE_Result,
  TEE_STORAGE_PRIVATE,
  TEE_SUCCESS,
} from './constants';
import { currentApp } from './context';
import { TEE_Panic } from './panic';

// Handle table: 16 entries of 16 bytes: 0 used · 1 owner · 4 flags · 8 object index · 12 position. Handle = index + 1.
const MAX_HANDLES: u32 = 16;
const HANDLES: usize = memory.data(256, 16);

function handleAt(handle: TEE_ObjectHandle): usize {
  if (handle < 1 || handle > MAX_HANDLES) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  const h = HANDLES + <usize>((handle - 1) << 4);
  if (!load<u8>(h) || load<u8>(h + 1) != currentApp) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  return h;
}

function allocate(objectIndex: i32, flags: u32, object: usize): TEE_Result {
  for (let i: u32 = 0; i < MAX_HANDLES; i++) {
    const h = HANDLES + <usize>(i << 4);
    if (load<u8>(h)) continue;
    store<u8>(h, 1);
    store<u8>(h + 1, <u8>currentApp);
    store<u32>(h + 4, flags);
    store<i32>(h + 8, objectIndex);
    store<u32>(h + 12, 0);
    store<u32>(object, i + 1);
    return TEE_SUCCESS;
  }
  return TEE_ERROR_OUT_OF_MEMORY;
}

function isOpen(objectIndex: i32): bool {
  for (let i: u32 = 0; i < MAX_HANDLES; i++) {
    const h = HANDLES + <usize>(i << 4);
    if (load<u8>(h) && load<i32>(h + 8) == objectIndex) return true;
  }
  return false;
}

export function TEE_OpenPersistentObject(
  storageID: u32,
  objectID: usize,
  objectIDLen: u32,
  flags: u32,
  object: usize,
): TEE_Result {
  if (storageID != TEE_STORAGE_PRIVATE) return TEE_ERROR_ITEM_NOT_FOUND;
  if (objectIDLen > <u32>OBJECT_ID_MAX) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  const index = findObject(currentApp, objectID, objectIDLen);
  if (index < 0) return TEE_ERROR_ITEM_NOT_FOUND;
  return allocate(index, flags, object);
}

/** `attributes` must be 0: key material is kept as data of an object and becomes a key when it is populated. */
export function TEE_CreatePersistentObject(
  storageID: u32,
  objectID: usize,
  objectIDLen: u32,
  flags: u32,
  attributes: TEE_ObjectHandle,
  initialData: usize,
  initialDataLen: u32,
  object: usize,
): TEE_Result {
  if (storageID != TEE_STORAGE_PRIVATE) return TEE_ERROR_ITEM_NOT_FOUND;
  if (objectIDLen > <u32>OBJECT_ID_MAX || attributes != 0) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  const existing = findObject(currentApp, objectID, objectIDLen);
  if (existing >= 0) {
    if (!(flags & TEE_DATA_FLAG_OVERWRITE) || isOpen(existing)) return TEE_ERROR_ACCESS_CONFLICT;
    deleteObject(existing);
  }
  const index = createObject(currentApp, objectID, objectIDLen, initialDataLen);
  if (index < 0) return TEE_ERROR_STORAGE_NO_SPACE;
  if (initialDataLen > 0) writeObject(index, 0, initialData, initialDataLen);
  return object ? allocate(index, flags, object) : TEE_SUCCESS;
}

export function TEE_CloseObject(object: TEE_ObjectHandle): void {
  if (object == 0) return;
  memory.fill(handleAt(object), 0, 16);
}

export function TEE_CloseAndDeletePersistentObject1(object: TEE_ObjectHandle): TEE_Result {
  const h = handleAt(object);
  const index = load<i32>(h + 8);
  memory.fill(h, 0, 16);
  if (isOpen(index)) return TEE_ERROR_ACCESS_CONFLICT;
  deleteObject(index);
  return TEE_SUCCESS;
}

/** Reads up to `size` bytes from the position and moves it; `count` receives how many. */
export function TEE_ReadObjectData(
  object: TEE_ObjectHandle,
  buffer: usize,
  size: u32,
  count: usize,
): TEE_Result {
  const h = handleAt(object);
  const index = load<i32>(h + 8);
  const at = load<i32>(h + 12);
  const len = <i32>min<u32>(size, <u32>max(objectLength(index) - at, 0));
  readObject(index, at, buffer, len);
  store<i32>(h + 12, at + len);
  store<u32>(count, <u32>len);
  return TEE_SUCCESS;
}

export function TEE_WriteObjectData(object: TEE_ObjectHandle, buffer: usize, size: u32): TEE_Result {
  const h = handleAt(object);
  if (!(load<u32>(h + 4) & TEE_DATA_FLAG_ACCESS_WRITE)) return TEE_ERROR_ACCESS_DENIED;
  const index = load<i32>(h + 8);
  const at = load<i32>(h + 12);
  if (at > objectLength(index) && !resizeObject(index, at)) return TEE_ERROR_STORAGE_NO_SPACE;
  if (!writeObject(index, at, buffer, size)) return TEE_ERROR_STORAGE_NO_SPACE;
  store<i32>(h + 12, at + <i32>size);
  return TEE_SUCCESS;
}

export function TEE_TruncateObjectData(object: TEE_ObjectHandle, size: u32): TEE_Result {
  const h = handleAt(object);
  if (!(load<u32>(h + 4) & TEE_DATA_FLAG_ACCESS_WRITE)) return TEE_ERROR_ACCESS_DENIED;
  return resizeObject(load<i32>(h + 8), size) ? TEE_SUCCESS : TEE_ERROR_STORAGE_NO_SPACE;
}

export function TEE_SeekObjectData(object: TEE_ObjectHandle, offset: i32, whence: u32): TEE_Result {
  const h = handleAt(object);
  let base: i64 = 0;
  if (whence == TEE_DATA_SEEK_CUR) base = load<i32>(h + 12);
  else if (whence == TEE_DATA_SEEK_END) base = objectLength(load<i32>(h + 8));
  else if (whence != TEE_DATA_SEEK_SET) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  const to = base + <i64>offset;
  store<i32>(h + 12, to < 0 ? 0 : to > 0x100000 ? 0x100000 : <i32>to);
  return TEE_SUCCESS;
}

/** The data size of an open object (TEE_GetObjectInfo1, field dataSize). */
export function TEEX_ObjectDataSize(object: TEE_ObjectHandle): u32 {
  return objectLength(load<i32>(handleAt(object) + 8));
}

/** After a command the current TA's handles are closed: a command that fails leaves none open. */
export function closeAllHandles(): void {
  memory.fill(HANDLES, 0, 256);
}
