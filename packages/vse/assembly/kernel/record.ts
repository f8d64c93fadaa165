// The kernel's own persistent object: identity, channel and policy. Offsets of its 576 bytes.

import { wipe } from '../crypto/constant-time';
import { load16be, load32be, load64be, store16be, store32be, store64be } from './bytes';
import { createObject, findObject, KERNEL_OWNER, objectLength, readObject, writeObject } from './objects';

export const RECORD_SIZE: i32 = 576;
export const ED25519_SEED: i32 = 0; // 32
export const ED25519_PUBLIC: i32 = 32; // 32
export const ONE_TIME_PRIVATE: i32 = 64; // 32
export const ONE_TIME_PUBLIC: i32 = 96; // 32
export const DRBG_SEED: i32 = 128; // 32
export const BUNDLE_NUMBER: i32 = 160; // 8
export const BUNDLE_HASH: i32 = 168; // 32
export const RECEIPT: i32 = 200; // 178
export const ENROLLED: i32 = 378; // 1
export const ISSUER_CERTIFICATE: i32 = 379; // 154
export const UPLINK_NUMBER: i32 = 536; // 8
export const BOOT_COUNT: i32 = 544; // 4
export const POLICY_VERSION: i32 = 548; // 2
export const POLICY_VALID_UNTIL: i32 = 550; // 4
export const POLICY_RESPONSE: i32 = 554; // 1
export const ISSUER_TIME: i32 = 560; // 8

const NAME: usize = memory.data<u8>([0x6b]);
const FIELD: usize = memory.data(16, 16);

function recordIndex(): i32 {
  return findObject(KERNEL_OWNER, NAME, 1);
}

export function createRecord(): bool {
  return createObject(KERNEL_OWNER, NAME, 1, RECORD_SIZE) >= 0;
}

/** Whether the state that was opened holds a record of this version's size. */
export function recordExists(): bool {
  const index = recordIndex();
  return index >= 0 && objectLength(index) == RECORD_SIZE;
}

export function readRecord(at: i32, dst: usize, len: i32): void {
  if (!readObject(recordIndex(), at, dst, len)) unreachable();
}

/** The record never changes its length: there is always room. */
export function writeRecord(at: i32, src: usize, len: i32): void {
  if (!writeObject(recordIndex(), at, src, len)) unreachable();
}

export function record8(at: i32): u32 {
  readRecord(at, FIELD, 1);
  return load<u8>(FIELD);
}

export function record16(at: i32): u32 {
  readRecord(at, FIELD, 2);
  return load16be(FIELD);
}

export function record32(at: i32): u32 {
  readRecord(at, FIELD, 4);
  return load32be(FIELD);
}

export function record64(at: i32): u64 {
  readRecord(at, FIELD, 8);
  const v = load64be(FIELD);
  wipe(FIELD, 8);
  return v;
}

export function setRecord8(at: i32, v: u32): void {
  store<u8>(FIELD, <u8>v);
  writeRecord(at, FIELD, 1);
}

export function setRecord16(at: i32, v: u32): void {
  store16be(FIELD, v);
  writeRecord(at, FIELD, 2);
}

export function setRecord32(at: i32, v: u32): void {
  store32be(FIELD, v);
  writeRecord(at, FIELD, 4);
}

export function setRecord64(at: i32, v: u64): void {
  store64be(FIELD, v);
  writeRecord(at, FIELD, 8);
}
