// Memory, randomness, time and properties (GPD_SPE_010 4.4, 4.11, 6.10, 7), and what this element adds (TEEX_).

import { wipe } from '../crypto/constant-time';
import { randomBytes } from '../kernel/random';
import * as record from '../kernel/record';
import { sealUplink } from '../kernel/uplink';
import {
  TEE_ERROR_BAD_PARAMETERS,
  TEE_ERROR_BAD_STATE,
  TEE_Result,
  TEE_SUCCESS,
  TEEX_PROPERTY_BOOT_COUNT,
  TEEX_PROPERTY_CALLER_IS_ISSUER,
  TEEX_PROPERTY_POLICY_VERSION,
  TEEX_PROPERTY_RESPONSE_IN_FORCE,
} from './constants';
import { callerIsIssuer, hostTimeSeconds } from './context';
import { TEE_Panic } from './panic';

export function TEE_MemMove(dest: usize, src: usize, size: u32): void {
  memory.copy(dest, src, size);
}

export function TEE_MemFill(buffer: usize, x: u8, size: u32): void {
  memory.fill(buffer, x, size);
}

/** For public values only: secrets are compared by TEE operations. */
export function TEE_MemCompare(a: usize, b: usize, size: u32): i32 {
  return memory.compare(a, b, size);
}

export function TEEX_Wipe(buffer: usize, size: u32): void {
  wipe(buffer, size);
}

export function TEE_GenerateRandom(buffer: usize, size: u32): void {
  randomBytes(buffer, size);
}

/** Unix seconds as the host claims them, never before the issuer's last signed time (7.5: the REE's time is not trusted). */
export function TEEX_GetREETimeSeconds(): u64 {
  const floor = record.record64(record.ISSUER_TIME);
  return hostTimeSeconds > floor ? hostTimeSeconds : floor;
}

/** Unix seconds exactly as the host claims them, 0 when it knows none: for spans, which a floor would stretch. */
export function TEEX_GetREEClaimSeconds(): u64 {
  return hostTimeSeconds;
}

export function TEEX_GetProperty(property: u32): u32 {
  if (property == TEEX_PROPERTY_POLICY_VERSION) return record.record16(record.POLICY_VERSION);
  if (property == TEEX_PROPERTY_RESPONSE_IN_FORCE) return record.record8(record.POLICY_RESPONSE);
  if (property == TEEX_PROPERTY_CALLER_IS_ISSUER) return callerIsIssuer ? 1 : 0;
  if (property == TEEX_PROPERTY_BOOT_COUNT) return record.record32(record.BOOT_COUNT);
  TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
  return 0;
}

/** Seals `payload` to the issuer and signs it as this device (docs/layouts.md §4); `outLen` in: room, out: length. */
export function TEEX_SealToIssuer(payload: usize, len: u32, out: usize, outLen: usize): TEE_Result {
  const sealed = sealUplink(payload, len, out, load<i32>(outLen));
  if (sealed <= 0) return TEE_ERROR_BAD_STATE;
  store<i32>(outLen, sealed);
  return TEE_SUCCESS;
}
