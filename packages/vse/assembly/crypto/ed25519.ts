// Ed25519 (RFC 8032 §5.1), pure: no prehash, no context.
//
// Verification rule, so that two verifiers never disagree: S below L; A and R canonically encoded points; neither
// of small order; and S·B − h·A = R without cofactor, compared as encodings. RFC 8032 §5.1.7 permits this
// stricter equation; it refuses what honest signers never make.

import { wipe } from './constant-time';
import {
  decodePoint,
  doubleScalarMul,
  encodePoint,
  hasSmallOrder,
  POINT_SIZE,
  scalarMulBase,
} from './edwards25519';
import { scalarIsCanonical, scalarMulAdd, scalarReduce } from './scalar25519';
import { SHA512_STATE_SIZE, sha512, sha512Final, sha512Init, sha512Update } from './sha512';

export const ED25519_SEED: i32 = 32;
export const ED25519_PUBLIC_KEY: i32 = 32;
export const ED25519_SIGNATURE: i32 = 64;

const HASH: usize = memory.data(SHA512_STATE_SIZE, 16);
// Of the seed: the scalar a and the prefix. Of the message: the nonce r, then the challenge h.
const EXPANDED: usize = memory.data(64, 16);
const NONCE: usize = memory.data(64, 16);
const CHALLENGE: usize = memory.data(64, 16);
const POINT: usize = memory.data(POINT_SIZE, 16);
const PUBLIC_POINT: usize = memory.data(POINT_SIZE, 16);
const R: usize = memory.data(32, 16);

/** RFC 8032 §5.1.5. 32 bytes to `out`. */
export function ed25519PublicKey(out: usize, seed: usize): void {
  expandSeed(seed);
  scalarMulBase(POINT, EXPANDED);
  encodePoint(out, POINT);
  wipe(EXPANDED, 64);
  wipe(POINT, POINT_SIZE);
}

/**
 * RFC 8032 §5.1.6. `publicKey` must be that of `seed`: signing one message under two public keys reveals the
 * seed's scalar, so callers take both from one sealed object. `out` must be apart from the message.
 */
export function ed25519Sign(out: usize, seed: usize, publicKey: usize, msg: usize, len: i32): void {
  expandSeed(seed);
  sha512Init(HASH);
  sha512Update(HASH, EXPANDED + 32, 32);
  sha512Update(HASH, msg, len);
  sha512Final(HASH, NONCE);
  scalarReduce(NONCE, NONCE);
  scalarMulBase(POINT, NONCE);
  encodePoint(out, POINT);
  challenge(out, publicKey, msg, len);
  scalarMulAdd(out + 32, CHALLENGE, EXPANDED, NONCE);
  wipe(EXPANDED, 64);
  wipe(NONCE, 64);
  wipe(POINT, POINT_SIZE);
}

/** 1 when the signature is valid under the rule above, else 0. All inputs are public. */
export function ed25519Verify(signature: usize, publicKey: usize, msg: usize, len: i32): i32 {
  if (!scalarIsCanonical(signature + 32)) return 0;
  if (!decodePoint(POINT, publicKey)) return 0;
  memory.copy(PUBLIC_POINT, POINT, POINT_SIZE);
  if (hasSmallOrder(POINT)) return 0;
  challenge(signature, publicKey, msg, len);
  doubleScalarMul(POINT, signature + 32, CHALLENGE, PUBLIC_POINT);
  encodePoint(R, POINT);
  if (hasSmallOrder(POINT)) return 0;
  let difference: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) difference |= load<u64>(R + i) ^ load<u64>(signature + i);
  return i32(difference === 0);
}

/** RFC 8032 §5.1.5 steps 1 and 2. */
function expandSeed(seed: usize): void {
  sha512(seed, 32, EXPANDED);
  store<u8>(EXPANDED, load<u8>(EXPANDED) & 248);
  store<u8>(EXPANDED, (load<u8>(EXPANDED, 31) & 127) | 64, 31);
}

/** h = SHA-512(R ‖ A ‖ M) modulo L. */
function challenge(r: usize, publicKey: usize, msg: usize, len: i32): void {
  sha512Init(HASH);
  sha512Update(HASH, r, 32);
  sha512Update(HASH, publicKey, 32);
  sha512Update(HASH, msg, len);
  sha512Final(HASH, CHALLENGE);
  scalarReduce(CHALLENGE, CHALLENGE);
}
