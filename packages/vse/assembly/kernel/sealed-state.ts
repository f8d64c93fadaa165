// Sealed state (docs/layouts.md §6): AES-SIV (RFC 5297) over all objects, under a key of this device.
// SIV needs no nonce: a snapshot that replays entropy seals the same state to the same bytes and tells nothing more.

import { wipe } from '../crypto/constant-time';
import { hkdfExpand, hkdfExtract } from '../crypto/hkdf';
import { sivOpen, sivSeal } from '../crypto/siv';
import { ascii } from './ascii';
import { load32be, load64be, store32be, store64be } from './bytes';
import { IO_SIZE, PLAIN, PLAIN_SIZE, SCRATCH } from './memory-map';
import { deserialiseObjects, serialiseObjects } from './objects-sealed';
import { randomBytes } from './random';
import { OK, STATE_MALFORMED, STATE_NOT_AUTHENTIC } from './status';

export const SEAL_HEADER_SIZE: i32 = 34;
const KEY_SIZE: i32 = 32;

// The sealing key as two XOR shares.
const SHARE_A: usize = memory.data(32, 16);
const SHARE_B: usize = memory.data(32, 16);
const INSTALLATION: usize = memory.data(16, 16);
const AD_LIST: usize = memory.data(8, 16);

/** `secret`: platform secret 32 || fingerprint 32. */
export function deriveSealingKey(secret: usize, installation: usize): void {
  memory.copy(INSTALLATION, installation, 16);
  hkdfExtract(installation, 16, secret, 64, SCRATCH);
  const end = ascii(SCRATCH + 32, 'tapseal seal v1');
  hkdfExpand(SCRATCH, SCRATCH + 32, <i32>(end - SCRATCH) - 32, SCRATCH + 128, KEY_SIZE);
  randomBytes(SHARE_B, KEY_SIZE);
  for (let i: usize = 0; i < <usize>KEY_SIZE; i += 8)
    store<u64>(SHARE_A + i, load<u64>(SCRATCH + 128 + i) ^ load<u64>(SHARE_B + i));
  wipe(SCRATCH, 192);
}

function joinKey(dst: usize): void {
  for (let i: usize = 0; i < <usize>KEY_SIZE; i += 8)
    store<u64>(dst + i, load<u64>(SHARE_A + i) ^ load<u64>(SHARE_B + i));
}

function associatedData(header: usize): void {
  store<u32>(AD_LIST, <u32>header);
  store<u32>(AD_LIST + 4, SEAL_HEADER_SIZE);
}

/** Writes the whole sealed state at `out`; its length, or 0 when the objects outgrew the room. */
export function sealState(out: usize, room: i32, generation: u64): i32 {
  const len = serialiseObjects(PLAIN, min(PLAIN_SIZE, room - SEAL_HEADER_SIZE - 16));
  if (len < 0) {
    wipe(PLAIN, PLAIN_SIZE);
    return 0;
  }
  ascii(out, 'TSVS');
  store<u8>(out + 4, 1);
  store<u8>(out + 5, 0);
  memory.copy(out + 6, INSTALLATION, 16);
  store64be(out + 22, generation);
  store32be(out + 30, <u32>len);
  associatedData(out);
  joinKey(SCRATCH);
  sivSeal(SCRATCH, KEY_SIZE, AD_LIST, 1, PLAIN, len, out + <usize>SEAL_HEADER_SIZE);
  wipe(SCRATCH, KEY_SIZE);
  wipe(PLAIN, len);
  return SEAL_HEADER_SIZE + 16 + len;
}

/** Opens into the empty object store. */
export function openState(sealed: usize, len: i32): u32 {
  if (len < SEAL_HEADER_SIZE + 16 || len > IO_SIZE) return STATE_MALFORMED;
  if (load<u32>(sealed) != 0x53565354 || load<u8>(sealed + 4) != 1 || load<u8>(sealed + 5) != 0)
    return STATE_MALFORMED; // "TSVS"
  const plainLen = <i32>load32be(sealed + 30);
  if (plainLen < 0 || plainLen > PLAIN_SIZE || plainLen != len - SEAL_HEADER_SIZE - 16)
    return STATE_MALFORMED;
  if (memory.compare(sealed + 6, INSTALLATION, 16) != 0) return STATE_NOT_AUTHENTIC;
  associatedData(sealed);
  joinKey(SCRATCH);
  const authentic = sivOpen(
    SCRATCH,
    KEY_SIZE,
    AD_LIST,
    1,
    sealed + <usize>SEAL_HEADER_SIZE,
    plainLen + 16,
    PLAIN,
  );
  wipe(SCRATCH, KEY_SIZE);
  if (!authentic) return STATE_NOT_AUTHENTIC;
  const wellFormed = deserialiseObjects(PLAIN, plainLen);
  wipe(PLAIN, plainLen);
  return wellFormed ? OK : STATE_MALFORMED;
}

export function generationOf(sealed: usize): u64 {
  return load64be(sealed + 22);
}

export function eraseSealingKey(): void {
  wipe(SHARE_A, KEY_SIZE);
  wipe(SHARE_B, KEY_SIZE);
}
