// Cryptographic operations (GPD_SPE_010 6.2–6.8): MAC, digest, key derivation. Keys are joined only while one runs.
import { cmac } from '../crypto/cmac';
import { wipe } from '../crypto/constant-time';
import { retailMac } from '../crypto/des';
import { hkdfExpand, hkdfExtract } from '../crypto/hkdf';
import { sha256 } from '../crypto/sha256';
import {
  TEE_ALG_AES_CMAC,
  TEE_ALG_SHA256,
  TEE_ERROR_BAD_PARAMETERS,
  TEE_ERROR_BAD_STATE,
  TEE_ERROR_EXCESS_DATA,
  TEE_ERROR_NOT_SUPPORTED,
  TEE_ERROR_OUT_OF_MEMORY,
  TEE_ERROR_SHORT_BUFFER,
  TEE_MODE_DERIVE,
  TEE_MODE_DIGEST,
  TEE_MODE_MAC,
  TEE_ObjectHandle,
  TEE_OperationHandle,
  TEE_Result,
  TEE_SUCCESS,
  TEE_TYPE_AES,
  TEE_TYPE_DES3,
  TEE_TYPE_HKDF_IKM,
  TEEX_ALG_DES3_RETAIL_MAC,
  TEEX_ALG_HKDF_SHA256,
} from './constants';
import { currentApp } from './context';
import { joinSecret, secretLength, secretType, TEEX_PopulateSecret } from './keys';
import { TEE_Panic } from './panic';

/** The longest message of one operation; a payment needs 65 bytes, a log record 160. */
export const MESSAGE_MAX: u32 = 512;
// 4 entries of 544 bytes: 0 used · 1 owner · 2 started · 4 algorithm · 8 mode · 12 key handle · 16 message length · 32 message
const MAX_OPERATIONS: u32 = 4;
const ENTRY: u32 = 544;
const OPERATIONS: usize = memory.data(2176, 16);
const FIRST: u32 = 0x200;
const SECRET: usize = memory.data(160, 16);

function operationAt(handle: TEE_OperationHandle): usize {
  if (handle < FIRST || handle >= FIRST + MAX_OPERATIONS) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  const o = OPERATIONS + <usize>((handle - FIRST) * ENTRY);
  if (!load<u8>(o) || load<u8>(o + 1) != currentApp) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  return o;
}

function modeOf(algorithm: u32): u32 {
  if (algorithm == TEE_ALG_AES_CMAC || algorithm == TEEX_ALG_DES3_RETAIL_MAC) return TEE_MODE_MAC;
  if (algorithm == TEE_ALG_SHA256) return TEE_MODE_DIGEST;
  if (algorithm == TEEX_ALG_HKDF_SHA256) return TEE_MODE_DERIVE;
  return 0;
}

export function TEE_AllocateOperation(
  operation: usize,
  algorithm: u32,
  mode: u32,
  maxKeySize: u32,
): TEE_Result {
  if (mode == 0 || modeOf(algorithm) != mode || maxKeySize > 512) return TEE_ERROR_NOT_SUPPORTED;
  for (let i: u32 = 0; i < MAX_OPERATIONS; i++) {
    const o = OPERATIONS + <usize>(i * ENTRY);
    if (load<u8>(o)) continue;
    store<u8>(o, 1);
    store<u8>(o + 1, <u8>currentApp);
    store<u8>(o + 2, 0);
    store<u32>(o + 4, algorithm);
    store<u32>(o + 8, mode);
    store<u32>(o + 12, 0);
    store<u32>(o + 16, 0);
    store<u32>(operation, FIRST + i);
    return TEE_SUCCESS;
  }
  return TEE_ERROR_OUT_OF_MEMORY;
}

export function TEE_FreeOperation(operation: TEE_OperationHandle): void {
  if (operation == 0) return;
  wipe(operationAt(operation), ENTRY);
}

/** The key object must outlive the operation: it is joined when the operation ends, not when it is set. */
export function TEE_SetOperationKey(operation: TEE_OperationHandle, key: TEE_ObjectHandle): TEE_Result {
  const o = operationAt(operation);
  const algorithm = load<u32>(o + 4);
  const type = secretType(key);
  const fits =
    algorithm == TEE_ALG_AES_CMAC
      ? type == TEE_TYPE_AES && secretLength(key) == 16
      : algorithm == TEEX_ALG_DES3_RETAIL_MAC
        ? type == TEE_TYPE_DES3 && secretLength(key) == 16
        : algorithm == TEEX_ALG_HKDF_SHA256
          ? type == TEE_TYPE_HKDF_IKM
          : false;
  if (!fits) TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  store<u32>(o + 12, key);
  return TEE_SUCCESS;
}

/** No MAC here has an IV: both arguments are zero. */
export function TEE_MACInit(operation: TEE_OperationHandle, iv: usize, ivLen: u32): void {
  const o = operationAt(operation);
  if (load<u32>(o + 8) != TEE_MODE_MAC || !load<u32>(o + 12) || iv != 0 || ivLen != 0)
    TEE_Panic(TEE_ERROR_BAD_STATE);
  store<u8>(o + 2, 1);
  store<u32>(o + 16, 0);
}

export function TEE_MACUpdate(operation: TEE_OperationHandle, chunk: usize, size: u32): void {
  const o = operationAt(operation);
  if (!load<u8>(o + 2)) TEE_Panic(TEE_ERROR_BAD_STATE);
  append(o, chunk, size);
}

function append(o: usize, chunk: usize, size: u32): void {
  const at = load<u32>(o + 16);
  if (size > MESSAGE_MAX || at + size > MESSAGE_MAX) TEE_Panic(TEE_ERROR_EXCESS_DATA);
  memory.copy(o + 32 + <usize>at, chunk, size);
  store<u32>(o + 16, at + size);
}

/** `macLen` in: room; out: 16 (CMAC) or 8 (retail MAC). */
export function TEE_MACComputeFinal(
  operation: TEE_OperationHandle,
  message: usize,
  messageLen: u32,
  mac: usize,
  macLen: usize,
): TEE_Result {
  const o = operationAt(operation);
  if (!load<u8>(o + 2)) TEE_Panic(TEE_ERROR_BAD_STATE);
  const isAes = load<u32>(o + 4) == TEE_ALG_AES_CMAC;
  const size: u32 = isAes ? 16 : 8;
  if (load<u32>(macLen) < size) return TEE_ERROR_SHORT_BUFFER;
  append(o, message, messageLen);
  joinSecret(load<u32>(o + 12), SECRET);
  if (isAes) cmac(SECRET, 16, o + 32, load<u32>(o + 16), mac);
  else retailMac(SECRET, o + 32, load<u32>(o + 16), 2, mac);
  wipe(SECRET, 64);
  store<u8>(o + 2, 0);
  store<u32>(macLen, size);
  return TEE_SUCCESS;
}

/** One-shot: hashLen in: room; out: 32. */
export function TEE_DigestDoFinal(
  operation: TEE_OperationHandle,
  chunk: usize,
  chunkLen: u32,
  hash: usize,
  hashLen: usize,
): TEE_Result {
  if (load<u32>(operationAt(operation) + 8) != TEE_MODE_DIGEST) TEE_Panic(TEE_ERROR_BAD_STATE);
  if (load<u32>(hashLen) < 32) return TEE_ERROR_SHORT_BUFFER;
  sha256(chunk, chunkLen, hash);
  store<u32>(hashLen, 32);
  return TEE_SUCCESS;
}

/** HKDF (RFC 5869). TEE_DeriveKey with its two attributes, salt and info, laid out as plain arguments; `bits` of output into an empty object. */
export function TEEX_DeriveKeyHkdf(
  operation: TEE_OperationHandle,
  salt: usize,
  saltLen: u32,
  info: usize,
  infoLen: u32,
  derivedKey: TEE_ObjectHandle,
  bits: u32,
): TEE_Result {
  const o = operationAt(operation);
  if (load<u32>(o + 8) != TEE_MODE_DERIVE || !load<u32>(o + 12) || bits > 512) TEE_Panic(TEE_ERROR_BAD_STATE);
  const len = joinSecret(load<u32>(o + 12), SECRET);
  hkdfExtract(salt, saltLen, SECRET, len, SECRET + 64);
  hkdfExpand(SECRET + 64, info, infoLen, SECRET + 96, bits >> 3);
  TEEX_PopulateSecret(derivedKey, SECRET + 96, bits >> 3);
  wipe(SECRET, 160);
  return TEE_SUCCESS;
}

export function eraseAllOperations(): void {
  wipe(OPERATIONS, MAX_OPERATIONS * ENTRY);
}
