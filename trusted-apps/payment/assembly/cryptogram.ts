// The card's reading of docs/profiles.md §3: cryptogram input, CVR, IAD, UMD, MD.
import {
  TEE_ALG_AES_CMAC,
  TEE_AllocateOperation,
  TEE_FreeOperation,
  TEE_MACComputeFinal,
  TEE_MACInit,
  TEE_MemFill,
  TEE_MemMove,
  TEE_MODE_MAC,
  TEE_SetOperationKey,
  TEEX_ALG_DES3_RETAIL_MAC,
} from '../../../packages/vse/assembly/tee';
import { write16, write32 } from './bytes';
import { dolOffset } from './dol';
import * as tokens from './tokens';

export const IAD: usize = memory.data(32, 16);
export let iadLength: i32 = 0;

const INPUT: usize = memory.data(80, 16);
const COMMON: usize = 33;
const HANDLE: usize = memory.data(16, 16);
const MAC: usize = memory.data(16, 16);

/** What enters the CVR and the IAD; set before `compute`. */
export let isArqc: bool = false;
export let cdcvm: bool = false;
export let response: u32 = 0;
export let policyVersion: u32 = 0;
export let keysLeft: u32 = 0;
export let tapsSinceBundle: u32 = 0;
export let logSeq: u32 = 0;
export let keySetId: usize = 0;
export let idn: usize = 0;

export function describeTap(
  arqc: bool,
  verified: bool,
  responseInForce: u32,
  policy: u32,
  left: u32,
  taps: u32,
  seq: u32,
  setId: usize,
  setIdn: usize,
): void {
  isArqc = arqc;
  cdcvm = verified;
  response = responseInForce;
  policyVersion = policy;
  keysLeft = left > 255 ? 255 : left;
  tapsSinceBundle = taps > 255 ? 255 : taps;
  logSeq = seq;
  keySetId = setId;
  idn = setIdn;
}

/** `data`: what the terminal sent for CDOL1. `umdKey` 0: no CDCVM. Writes 8 bytes at `ac`, the IAD at IAD. */
export function compute(data: usize, atc: u32, mdKey: u32, umdKey: u32, ac: usize): void {
  const open = load<u8>(tokens.PROFILE + tokens.P_PROFILE) == tokens.PROFILE_OPEN;
  if (open) iadOpen();
  else iadTdes();
  const umd = IAD + (open ? 17 : 10);

  commonInput(data, atc);
  if (umdKey) {
    mac(open, umdKey, inputLength(open));
    TEE_MemMove(umd, MAC, 8);
  }
  mac(open, mdKey, inputLength(open));
  TEE_MemMove(ac, MAC, 8);
}

/** §3.1, the 33 bytes that all profiles share. */
function commonInput(data: usize, atc: u32): void {
  let p = INPUT;
  p = field(p, data, 0x9f02, 6);
  p = field(p, data, 0x9f03, 6);
  p = field(p, data, 0x9f1a, 2);
  p = field(p, data, 0x95, 5);
  p = field(p, data, 0x5f2a, 2);
  p = field(p, data, 0x9a, 3);
  p = field(p, data, 0x9c, 1);
  p = field(p, data, 0x9f37, 4);
  TEE_MemMove(p, tokens.PROFILE + tokens.P_AIP, 2);
  write16(p + 2, atc);
}

/** Personalisation checked that CDOL1 asks for every one of these. */
function field(p: usize, data: usize, tag: u32, size: i32): usize {
  TEE_MemMove(p, data + <usize>dolOffset(tokens.cdol1, tokens.cdol1Len, tag, size), size);
  return p + <usize>size;
}

/** The IAD's part of the input, as it stands now; the length of the whole. */
function inputLength(open: bool): u32 {
  if (open) {
    TEE_MemMove(INPUT + COMMON, IAD, 32);
    return 65;
  }
  TEE_MemMove(INPUT + COMMON, IAD + 2, 6);
  TEE_MemMove(INPUT + COMMON + 6, IAD + 10, 8);
  return 47;
}

function mac(open: bool, key: u32, len: u32): void {
  TEE_AllocateOperation(HANDLE, open ? TEE_ALG_AES_CMAC : TEEX_ALG_DES3_RETAIL_MAC, TEE_MODE_MAC, 128);
  const operation = load<u32>(HANDLE);
  TEE_SetOperationKey(operation, key);
  TEE_MACInit(operation, 0, 0);
  store<u32>(HANDLE + 8, 16);
  TEE_MACComputeFinal(operation, INPUT, len, MAC, HANDLE + 8);
  TEE_FreeOperation(operation);
}

/** §3.3 */
function iadTdes(): void {
  TEE_MemFill(IAD, 0, 32);
  store<u8>(IAD, load<u8>(tokens.PROFILE + tokens.P_DKI));
  store<u8>(IAD + 1, load<u8>(tokens.PROFILE + tokens.P_CVN));
  store<u8>(IAD + 2, 0x80 | (isArqc ? 0x20 : 0) | (cdcvm ? 0x08 : 0));
  store<u8>(IAD + 3, <u8>response);
  write16(IAD + 4, policyVersion);
  store<u8>(IAD + 6, <u8>keysLeft);
  store<u8>(IAD + 7, <u8>tapsSinceBundle);
  TEE_MemMove(IAD + 8, idn, 2);
  iadLength = 18;
}

/** §3.4 */
function iadOpen(): void {
  TEE_MemFill(IAD, 0, 32);
  store<u8>(IAD, 0x0f);
  store<u8>(IAD + 1, load<u8>(tokens.PROFILE + tokens.P_CVN));
  store<u8>(IAD + 2, load<u8>(tokens.PROFILE + tokens.P_DKI));
  store<u8>(IAD + 3, 0x80 | (isArqc ? 0x20 : 0));
  store<u8>(IAD + 4, cdcvm ? 0x08 : 0);
  write16(IAD + 8, policyVersion);
  store<u8>(IAD + 10, <u8>response);
  store<u8>(IAD + 11, <u8>keysLeft);
  write32(IAD + 12, logSeq);
  store<u8>(IAD + 16, 0x0f);
  TEE_MemMove(IAD + 25, keySetId, 7);
  iadLength = 32;
}
