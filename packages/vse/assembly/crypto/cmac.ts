// AES-CMAC (SP 800-38B; RFC 4493): one call, incremental, and with an expanded key.

import { AES_CONTEXT_SIZE, aesEncryptBlocks, aesExpandKey } from './aes';
import { load64be, store64be, xorBlock } from './bytes';
import { wipe } from './constant-time';

// State: key context · subkeys K1 and K2 · chaining value · waiting block · its fill.
const SUBKEYS: usize = AES_CONTEXT_SIZE;
const CHAIN: usize = SUBKEYS + 32;
const WAITING: usize = CHAIN + 16;
const FILL: usize = WAITING + 16;

/** Bytes of an incremental CMAC, key included: the caller wipes it unless `cmacFinal` has. */
export const CMAC_STATE_SIZE: i32 = i32(FILL) + 16;

const ONE_CALL: usize = memory.data(CMAC_STATE_SIZE, 16);

/** CMAC of `len` bytes under a key of 16, 24 or 32 bytes; 16 bytes to `out`. */
export function cmac(key: usize, keyLen: i32, msg: usize, len: i32, out: usize): void {
  cmacInit(ONE_CALL, key, keyLen);
  cmacUpdate(ONE_CALL, msg, len);
  cmacFinal(ONE_CALL, out);
}

/** As `cmac`, under a key that `aesExpandKey` has expanded into `ctx`. */
export function cmacWithContext(ctx: usize, msg: usize, len: i32, out: usize): void {
  memory.copy(ONE_CALL, ctx, AES_CONTEXT_SIZE);
  begin(ONE_CALL);
  cmacUpdate(ONE_CALL, msg, len);
  cmacFinal(ONE_CALL, out);
}

export function cmacInit(state: usize, key: usize, keyLen: i32): void {
  aesExpandKey(key, keyLen, state);
  begin(state);
}

/** Starts another message under the key that `state` already holds; `cmacFinal` must not have wiped it. */
export function cmacRestart(state: usize): void {
  memory.fill(state + CHAIN, 0, 48);
}

export function cmacUpdate(state: usize, ptr: usize, len: i32): void {
  let fill: i32 = load<i32>(state + FILL);
  while (len > 0) {
    // A full block waits until more follows: the last one is treated differently.
    if (fill === 16) {
      absorb(state, state + WAITING);
      fill = 0;
    }
    if (fill === 0) {
      for (; len > 16; len -= 16) {
        absorb(state, ptr);
        ptr += 16;
      }
    }
    const take: i32 = min(16 - fill, len);
    memory.copy(state + WAITING + fill, ptr, take);
    fill += take;
    ptr += take;
    len -= take;
  }
  store<i32>(state + FILL, fill);
}

/** Writes the 16-byte tag and wipes the state. */
export function cmacFinal(state: usize, out: usize): void {
  cmacTag(state, out);
  wipe(state, CMAC_STATE_SIZE);
}

/** Writes the tag and keeps the key, for `cmacRestart`. */
export function cmacTag(state: usize, out: usize): void {
  const fill: i32 = load<i32>(state + FILL);
  const block: usize = state + WAITING;
  // SP 800-38B §6.2 step 4: K1 for a complete last block, else padding 10…0 and K2.
  let subkey: usize = state + SUBKEYS;
  if (fill < 16) {
    store<u8>(block + fill, 0x80);
    memory.fill(block + fill + 1, 0, 15 - fill);
    subkey += 16;
  }
  xorBlock(block, subkey);
  absorb(state, block);
  memory.copy(out, state + CHAIN, 16);
}

function absorb(state: usize, block: usize): void {
  const chain: usize = state + CHAIN;
  xorBlock(chain, block);
  aesEncryptBlocks(state, chain, chain, 1);
}

/** SP 800-38B §6.1: the subkeys are the doublings of the encrypted zero block. */
function begin(state: usize): void {
  memory.fill(state + CHAIN, 0, 48);
  const k1: usize = state + SUBKEYS;
  aesEncryptBlocks(state, state + CHAIN, k1, 1);
  cmacDouble(k1, k1);
  cmacDouble(k1, k1 + 16);
}

/** Doubling in GF(2^128) with the polynomial of SP 800-38B §5.3, big-endian; also RFC 5297 §2.3. */
export function cmacDouble(src: usize, dst: usize): void {
  const high: u64 = load64be(src);
  const low: u64 = load64be(src + 8);
  store64be(dst, (high << 1) | (low >>> 63));
  store64be(dst + 8, (low << 1) ^ (0x87 & (0 - (high >>> 63))));
}
