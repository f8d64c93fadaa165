// TEST ONLY, never shipped: the kernel's primitives behind the kernel's kind of boundary, so that published
// vectors, differential tests and the bench reach the very code that the kernel links. It has no seal, no
// policy and takes raw keys; its measurement is on no issuer's list.
//
// A request in the lanes: eight u32 lengths, then that many fields, each padded to 8 bytes. The answer comes
// back in the lanes from 0. `command` answers status << 32 | length. Operations below 16 take
// their fields unframed: 16 bytes of session key, then the cryptogram input.

import { aesCtr, aesDecryptBlocks, aesEncryptBlocks, aesExpandKey } from './crypto/aes';
import { cmac, cmacFinal, cmacInit, cmacUpdate } from './crypto/cmac';
import { wipe } from './crypto/constant-time';
import {
  desDecryptBlock,
  desEncryptBlock,
  desExpandKey,
  desSetOddParity,
  PADDING_METHOD_2,
  retailMac,
  tdesDecryptBlock,
  tdesEncryptBlock,
  tdesExpandKey,
} from './crypto/des';
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from './crypto/ed25519';
import { gcmOpen, gcmSeal } from './crypto/gcm';
import { hkdfExpand, hkdfExtract } from './crypto/hkdf';
import { hmacSha1, hmacSha256 } from './crypto/hmac';
import { DRBG_STATE_SIZE, drbgGenerate, drbgInstantiate, drbgReseed } from './crypto/hmac-drbg';
import { sha1 } from './crypto/sha1';
import { sha256, sha256Final, sha256Init, sha256Update } from './crypto/sha256';
import { sha512 } from './crypto/sha512';
import { sivOpen, sivSeal } from './crypto/siv';
import { x25519, x25519Base } from './crypto/x25519';

const OK: i64 = 0;
const REFUSED: i64 = 1;
const UNKNOWN_OPERATION: i64 = 2;
const MALFORMED: i64 = 3;

/** Fields, lengths included, and the answer: room for the longest message of the tests (256 KB) and a bit. */
const AREA: i32 = 320 * 1024;
const REQUEST: usize = memory.data(327680, 16);
const ANSWER: usize = memory.data(327680, 16);
const LENGTHS: usize = 32;

const CONTEXT: usize = memory.data(2048, 16);
const ADS: usize = memory.data(64, 16);
const DRBG: usize = memory.data(DRBG_STATE_SIZE, 16);

export function put(lane: i32, value: i64): void {
  if (u32(lane) < u32(AREA >> 3)) store<i64>(REQUEST + (lane << 3), value);
}

export function get(lane: i32): i64 {
  if (u32(lane) >= u32(AREA >> 3)) return 0;
  const at: usize = ANSWER + (lane << 3);
  const value: i64 = load<i64>(at);
  store<i64>(at, 0);
  return value;
}

export function command(op: i32, len: i32): i64 {
  if (len < 0 || len > AREA) return MALFORMED << 32;
  const answer: i64 = op < 16 ? arqc(op, len) : framed(op, len);
  wipe(REQUEST, len);
  return answer;
}

function ok(len: i32): i64 {
  return (OK << 32) | i64(len);
}

function okIf(condition: i32, len: i32): i64 {
  return condition ? ok(len) : REFUSED << 32;
}

function arqc(op: i32, len: i32): i64 {
  if (len < 16) return MALFORMED << 32;
  if (op === 1) {
    // The leftmost 8 bytes of the CMAC.
    cmac(REQUEST, 16, REQUEST + 16, len - 16, ANSWER);
    store<i64>(ANSWER, 0, 8);
    return ok(8);
  }
  if (op === 2) {
    retailMac(REQUEST, REQUEST + 16, len - 16, PADDING_METHOD_2, ANSWER);
    return ok(8);
  }
  return UNKNOWN_OPERATION << 32;
}

/** Length and place of a field. */
function size(field: i32): i32 {
  return load<i32>(REQUEST + (field << 2));
}

function at(field: i32): usize {
  let place: usize = REQUEST + LENGTHS;
  for (let i = 0; i < field; i++) place += (size(i) + 7) & ~7;
  return place;
}

function framed(op: i32, len: i32): i64 {
  let total: i64 = LENGTHS;
  for (let i = 0; i < 8; i++) {
    if (size(i) < 0) return MALFORMED << 32;
    total += (i64(size(i)) + 7) & ~7;
  }
  if (total !== i64(len)) return MALFORMED << 32;
  const p0: usize = at(0);
  const p1: usize = at(1);
  const p2: usize = at(2);
  const p3: usize = at(3);
  const n0: i32 = size(0);
  const n1: i32 = size(1);
  const n2: i32 = size(2);
  const n3: i32 = size(3);
  switch (op) {
    case 16: // AES, encrypt blocks: key, blocks
      aesExpandKey(p0, n0, CONTEXT);
      aesEncryptBlocks(CONTEXT, p1, ANSWER, n1 >> 4);
      return ok(n1);
    case 17: // AES, decrypt blocks
      aesExpandKey(p0, n0, CONTEXT);
      aesDecryptBlocks(CONTEXT, p1, ANSWER, n1 >> 4);
      return ok(n1);
    case 18: // AES-CTR: key, counter block, message
      aesExpandKey(p0, n0, CONTEXT);
      aesCtr(CONTEXT, p1, p2, ANSWER, n2);
      return ok(n2);
    case 19: // CMAC: key, message
      cmac(p0, n0, p1, n1, ANSWER);
      return ok(16);
    case 20: // CMAC in two parts: key, first, second
      cmacInit(CONTEXT, p0, n0);
      cmacUpdate(CONTEXT, p1, n1);
      cmacUpdate(CONTEXT, p2, n2);
      cmacFinal(CONTEXT, ANSWER);
      return ok(16);
    case 21: // SIV, seal: key, plaintext, associated data…
      sivSeal(p0, n0, ADS, associatedData(2), p1, n1, ANSWER);
      return ok(16 + n1);
    case 22: // SIV, open: key, V ‖ C, associated data…
      return okIf(sivOpen(p0, n0, ADS, associatedData(2), p1, n1, ANSWER), n1 - 16);
    case 23: // GCM, seal: key, nonce, associated data, plaintext
      gcmSeal(p0, p1, p2, n2, p3, n3, ANSWER);
      return ok(n3 + 16);
    case 24: // GCM, open: key, nonce, associated data, ciphertext ‖ tag
      return okIf(gcmOpen(p0, p1, p2, n2, p3, n3, ANSWER), n3 - 16);
    case 25: // TDES, encrypt a block: key, block
      tdesExpandKey(p0, CONTEXT);
      tdesEncryptBlock(CONTEXT, p1, ANSWER);
      return ok(8);
    case 26: // TDES, decrypt a block
      tdesExpandKey(p0, CONTEXT);
      tdesDecryptBlock(CONTEXT, p1, ANSWER);
      return ok(8);
    case 27: // ISO/IEC 9797-1 MAC algorithm 3: key, message, padding method (u32)
      retailMac(p0, p1, n1, load<i32>(p2), ANSWER);
      return ok(8);
    case 28: // Odd parity: key
      memory.copy(ANSWER, p0, n0);
      desSetOddParity(ANSWER, n0);
      return ok(n0);
    case 29: // DES, encrypt a block: key, block
      desExpandKey(p0, CONTEXT);
      desEncryptBlock(CONTEXT, p1, ANSWER);
      return ok(8);
    case 30: // DES, decrypt a block
      desExpandKey(p0, CONTEXT);
      desDecryptBlock(CONTEXT, p1, ANSWER);
      return ok(8);
    case 31: // SIV, seal in place: key, plaintext, associated data…
      memory.copy(ANSWER + 16, p1, n1);
      sivSeal(p0, n0, ADS, associatedData(2), ANSWER + 16, n1, ANSWER);
      return ok(16 + n1);
    case 32: // SHA-256: message
      sha256(p0, n0, ANSWER);
      return ok(32);
    case 33: // SHA-256 in two parts
      sha256Init(CONTEXT);
      sha256Update(CONTEXT, p0, n0);
      sha256Update(CONTEXT, p1, n1);
      sha256Final(CONTEXT, ANSWER);
      return ok(32);
    case 34:
      sha1(p0, n0, ANSWER);
      return ok(20);
    case 35:
      sha512(p0, n0, ANSWER);
      return ok(64);
    case 36: // HMAC: key, message
      hmacSha256(p0, n0, p1, n1, ANSWER);
      return ok(32);
    case 37:
      hmacSha1(p0, n0, p1, n1, ANSWER);
      return ok(20);
    case 38: // HKDF-Extract: salt, input keying material
      hkdfExtract(p0, n0, p1, n1, ANSWER);
      return ok(32);
    case 39: // HKDF-Expand: PRK, info, length (u32)
      return okIf(hkdfExpand(p0, p1, n1, ANSWER, load<i32>(p2)), load<i32>(p2));
    case 40: // DRBG, instantiate: entropy, nonce, personalisation
      drbgInstantiate(DRBG, p0, n0, p1, n1, p2, n2);
      return ok(0);
    case 41: // DRBG, reseed: entropy, additional input
      drbgReseed(DRBG, p0, n0, p1, n1);
      return ok(0);
    case 42: // DRBG, generate: length (u32), additional input
      return okIf(drbgGenerate(DRBG, ANSWER, load<i32>(p0), p1, n1), load<i32>(p0));
    case 43: // DRBG, set the reseed counter (u64): a test cannot ask 2^48 times
      store<u64>(DRBG, load<u64>(p0), 64);
      return ok(0);
    case 44: // SIV, open in place: key, V ‖ C, associated data…; the plaintext is answered from 16 on
      memory.copy(ANSWER, p1, n1);
      return okIf(sivOpen(p0, n0, ADS, associatedData(2), ANSWER, n1, ANSWER + 16), n1);
    case 48: // X25519: scalar, u
      return okIf(x25519(ANSWER, p0, p1), 32);
    case 49: // X25519 with the base point: scalar
      x25519Base(ANSWER, p0);
      return ok(32);
    case 50: // X25519 repeated, RFC 7748 §5.2: k, u, times (u32)
      for (let i = load<i32>(p2); i > 0; i--) {
        x25519(p1, p0, p1);
        memory.copy(ANSWER, p0, 32);
        memory.copy(p0, p1, 32);
        memory.copy(p1, ANSWER, 32);
      }
      memory.copy(ANSWER, p0, 32);
      return ok(32);
    case 51: // Ed25519, public key: seed
      ed25519PublicKey(ANSWER, p0);
      return ok(32);
    case 52: // Ed25519, sign: seed, public key, message
      ed25519Sign(ANSWER, p0, p1, p2, n2);
      return ok(64);
    case 53: // Ed25519, verify: signature, public key, message
      return okIf(ed25519Verify(p0, p1, p2, n2), 0);
    default:
      return UNKNOWN_OPERATION << 32;
  }
}

/** Fields from `first` on, but for the last that is marked absent by its own slot, as (pointer, length) pairs. */
function associatedData(first: i32): i32 {
  let count: i32 = 0;
  // Field 7 holds the count (u32), so that an empty string and an absent one differ.
  const wanted: i32 = load<i32>(at(7));
  for (; count < wanted; count++) {
    store<u32>(ADS + (count << 3), u32(at(first + count)));
    store<u32>(ADS + (count << 3), size(first + count), 4);
  }
  return count;
}
