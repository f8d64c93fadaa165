// Single-use key sets of a token (docs/profiles.md §4, docs/layouts.md §3 `8002`): kept lowest ATC first, erased when spent.
import {
  TEE_MemMove,
  TEE_SUCCESS,
  TEEX_GetREETimeSeconds,
  TEEX_Wipe,
} from '../../../packages/vse/assembly/tee';
import { dateOf, read16 } from './bytes';
import * as objects from './objects';
import {
  ATC_NOT_RISING,
  MESSAGE_MALFORMED,
  STORAGE_EXHAUSTED,
  TOO_MANY_KEY_SETS,
  UNKNOWN_TOKEN,
} from './refusals';
import * as tokens from './tokens';

export const SET_SIZE: i32 = 79;
export const SETS_MAX: i32 = 30;

export const K_ID: usize = 0;
export const K_ATC: usize = 7;
export const K_IDN: usize = 9;
export const K_MD: usize = 11;
export const K_UMD: usize = 27;
const K_FLAGS: usize = 43;
export const K_SALT: usize = 60;
export const K_EXPIRY: usize = 76;

const SETS: usize = memory.data(2376, 16);
const ROOM: u32 = 2370;
const TODAY: usize = memory.data(4, 16);

/** How many sets a token has that have not expired. */
export function liveCount(tokenId: usize): i32 {
  return loadLive(tokenId) / SET_SIZE;
}

/** `expiry`: YYMMDD; a set is good to the end of that day. */
export function isExpired(expiry: usize): bool {
  dateOf(TEEX_GetREETimeSeconds(), TODAY);
  return memory.compare(expiry, TODAY, 3) < 0;
}

/** Reads the sets that have not expired into SETS; their length. Expired ones leave the store with the next write. */
function loadLive(tokenId: usize): i32 {
  const len = objects.read(objects.KEYS, tokenId, SETS, ROOM);
  let kept = 0;
  for (let at = 0; at + SET_SIZE <= len; at += SET_SIZE) {
    const set = SETS + <usize>at;
    if (isExpired(set + K_EXPIRY)) continue;
    if (kept != at) TEE_MemMove(SETS + <usize>kept, set, SET_SIZE);
    kept += SET_SIZE;
  }
  return kept;
}

/** After every command: no set stays in clear. */
export function forgetSets(): void {
  TEEX_Wipe(SETS, ROOM);
}

/** Issuer's `8002`: tokenId 16 · count 1 · sets. */
export function add(message: usize, len: i32): u32 {
  if (len < 17) return MESSAGE_MALFORMED;
  const count: i32 = load<u8>(message + 16);
  if (count == 0 || len != 17 + count * SET_SIZE) return MESSAGE_MALFORMED;
  if (tokens.placeOf(message) < 0 || !tokens.loadToken(message)) return UNKNOWN_TOKEN;
  if (load<u8>(tokens.STATE + tokens.S_STATE) == tokens.DELETED) return UNKNOWN_TOKEN;
  let highest = read16(tokens.STATE + tokens.S_HIGHEST_ATC);
  for (let i = 0; i < count; i++) {
    const set = message + 17 + <usize>(i * SET_SIZE);
    const atc = read16(set + K_ATC);
    if (atc <= highest) return ATC_NOT_RISING;
    if (load<u8>(set + K_FLAGS) != 0) return MESSAGE_MALFORMED;
    highest = atc;
  }
  const held = loadLive(message);
  if (held / SET_SIZE + count > SETS_MAX) return TOO_MANY_KEY_SETS;
  TEE_MemMove(SETS + <usize>held, message + 17, <u32>(count * SET_SIZE));
  const stored = objects.write(objects.KEYS, message, SETS, <u32>(held + count * SET_SIZE));
  tokens.raiseHighestAtc(highest);
  store<u8>(tokens.STATE + tokens.S_TAPS, 0);
  const noted = tokens.saveState(message);
  return stored && noted ? TEE_SUCCESS : STORAGE_EXHAUSTED;
}

/**
 * Takes the set with the lowest ATC that has not expired out of the store into `out`; expired ones are erased on the way.
 * Returns how many are left, −1 when there is none to take, −2 when storage is full.
 */
export function takeNext(tokenId: usize, out: usize): i32 {
  const rest = loadLive(tokenId) - SET_SIZE;
  if (rest < 0) return -1;
  if (!objects.write(objects.KEYS, tokenId, SETS + SET_SIZE, rest)) return -2;
  TEE_MemMove(out, SETS, SET_SIZE);
  return rest / SET_SIZE;
}

/** Issuer's `8006`: the PIN changed, what is masked by the old one goes. */
export function eraseAll(tokenId: usize): u32 {
  if (tokens.placeOf(tokenId) < 0) return UNKNOWN_TOKEN;
  objects.remove(objects.KEYS, tokenId);
  return TEE_SUCCESS;
}
