// Transient objects (GPD_SPE_010 5.6): secrets in use. A value is kept as two XOR shares; only an operation joins it.
import { wipe } from '../crypto/constant-time';
import { randomBytes } from '../kernel/random';
import {
  TEE_ERROR_BAD_PARAMETERS,
  TEE_ERROR_OUT_OF_MEMORY,
  TEE_ERROR_SHORT_BUFFER,
  TEE_ObjectHandle,
  TEE_Result,
  TEE_SUCCESS,
} from './constants';
import { currentApp } from './context';
import { TEE_Panic } from './panic';

export const SECRET_MAX: u32 = 64;
// 12 entries of 144 bytes: 0 used · 1 owner · 4 type · 8 length · 16 share (64) · 80 share (64). Handle = 0x100 + index.
const MAX_KEYS: u32 = 12;
const ENTRY: u32 = 144;
const KEYS: usize = memory.data(1728, 16);
const FIRST: u32 = 0x100;

function keyAt(handle: TEE_ObjectHandle): usize {
  if (handle < FIRST || handle >= FIRST + MAX_KEYS) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  const k = KEYS + <usize>((handle - FIRST) * ENTRY);
  if (!load<u8>(k) || load<u8>(k + 1) != currentApp) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  return k;
}

/** `maxObjectSize` in bits, at most 512. */
export function TEE_AllocateTransientObject(objectType: u32, maxObjectSize: u32, object: usize): TEE_Result {
  if (maxObjectSize > SECRET_MAX << 3) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  for (let i: u32 = 0; i < MAX_KEYS; i++) {
    const k = KEYS + <usize>(i * ENTRY);
    if (load<u8>(k)) continue;
    store<u8>(k, 1);
    store<u8>(k + 1, <u8>currentApp);
    store<u32>(k + 4, objectType);
    store<u32>(k + 8, 0);
    store<u32>(object, FIRST + i);
    return TEE_SUCCESS;
  }
  return TEE_ERROR_OUT_OF_MEMORY;
}

/** Sets the one attribute that our types have, the secret value; `secret` itself stays the caller's to wipe. */
export function TEEX_PopulateSecret(object: TEE_ObjectHandle, secret: usize, len: u32): TEE_Result {
  const k = keyAt(object);
  if (len > SECRET_MAX || load<u32>(k + 8) != 0) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  randomBytes(k + 80, SECRET_MAX);
  for (let i: usize = 0; i < <usize>len; i++)
    store<u8>(k + 16 + i, load<u8>(secret + i) ^ load<u8>(k + 80 + i));
  store<u32>(k + 8, len);
  return TEE_SUCCESS;
}

/** TEE_GetObjectBufferAttribute for the secret value: the TA's own copy, which it wipes. */
export function TEEX_GetSecret(object: TEE_ObjectHandle, buffer: usize, size: usize): TEE_Result {
  const len = load<u32>(keyAt(object) + 8);
  if (load<u32>(size) < len) return TEE_ERROR_SHORT_BUFFER;
  joinSecret(object, buffer);
  store<u32>(size, len);
  return TEE_SUCCESS;
}

export function TEE_FreeTransientObject(object: TEE_ObjectHandle): void {
  if (object == 0) return;
  wipe(keyAt(object), ENTRY);
}

export function joinSecret(object: TEE_ObjectHandle, dst: usize): u32 {
  const k = keyAt(object);
  const len = load<u32>(k + 8);
  for (let i: usize = 0; i < <usize>len; i++) store<u8>(dst + i, load<u8>(k + 16 + i) ^ load<u8>(k + 80 + i));
  return len;
}

export function secretType(object: TEE_ObjectHandle): u32 {
  return load<u32>(keyAt(object) + 4);
}

export function secretLength(object: TEE_ObjectHandle): u32 {
  return load<u32>(keyAt(object) + 8);
}

export function eraseAllSecrets(): void {
  wipe(KEYS, MAX_KEYS * ENTRY);
}
