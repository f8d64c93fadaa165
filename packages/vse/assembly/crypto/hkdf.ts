// HKDF with SHA-256 (RFC 5869).

import { wipe } from './constant-time';
import {
  HMAC_SHA256_STATE_SIZE,
  hmacSha256,
  hmacSha256Final,
  hmacSha256Init,
  hmacSha256Update,
} from './hmac';

/** RFC 5869 §2.3: at most 255 blocks. */
export const HKDF_OUTPUT_MAX: i32 = 255 * 32;

const STATE: usize = memory.data(HMAC_SHA256_STATE_SIZE, 16);
const KEYED: usize = memory.data(HMAC_SHA256_STATE_SIZE, 16);
const BLOCK: usize = memory.data(32, 16);
const COUNTER: usize = memory.data(8, 8);

/** RFC 5869 §2.2. 32 bytes to `prk`; an absent salt is `saltLen` 0. */
export function hkdfExtract(salt: usize, saltLen: i32, ikm: usize, ikmLen: i32, prk: usize): void {
  hmacSha256(salt, saltLen, ikm, ikmLen, prk);
}

/** RFC 5869 §2.3 from a PRK of 32 bytes. Answers 1, or 0 with nothing written when `outLen` is too long. */
export function hkdfExpand(prk: usize, info: usize, infoLen: i32, out: usize, outLen: i32): i32 {
  if (outLen < 0 || outLen > HKDF_OUTPUT_MAX) return 0;
  hmacSha256Init(KEYED, prk, 32);
  let done: i32 = 0;
  for (let counter = 1; done < outLen; counter++) {
    memory.copy(STATE, KEYED, HMAC_SHA256_STATE_SIZE);
    // T(0) is empty.
    if (counter > 1) hmacSha256Update(STATE, BLOCK, 32);
    hmacSha256Update(STATE, info, infoLen);
    store<u8>(COUNTER, counter);
    hmacSha256Update(STATE, COUNTER, 1);
    hmacSha256Final(STATE, BLOCK);
    const take: i32 = min(32, outLen - done);
    memory.copy(out + done, BLOCK, take);
    done += take;
  }
  wipe(KEYED, HMAC_SHA256_STATE_SIZE);
  wipe(BLOCK, 32);
  return 1;
}
