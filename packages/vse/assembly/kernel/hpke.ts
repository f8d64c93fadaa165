// HPKE base mode, RFC 9180: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, AES-128-GCM 0x0001.
// One message per encapsulation: the sequence number is zero, so the nonce is base_nonce (5.2).
import { wipe } from '../crypto/constant-time';
import { gcmOpen, gcmSeal } from '../crypto/gcm';
import { hkdfExpand, hkdfExtract } from '../crypto/hkdf';
import { x25519, x25519Base } from '../crypto/x25519';
import { ascii } from './ascii';

export const HPKE_ENC_SIZE: i32 = 32;
export const HPKE_TAG_SIZE: i32 = 16;

// work area: 0 labelled input (256) · 256 kem context (64) · 320 dh (32) · 352 prk (32) · 384 shared secret (32)
//            416 key schedule context (65) · 496 key (16) · 512 base nonce (12) · 528 ephemeral public (32)
const WORK_SIZE: i32 = 576;
const WORK: usize = memory.data(576, 16);

function suite(p: usize, kem: bool): usize {
  if (kem) {
    p = ascii(p, 'KEM');
    store<u16>(p, 0x2000);
    return p + 2;
  }
  p = ascii(p, 'HPKE');
  store<u16>(p, 0x2000);
  store<u16>(p + 2, 0x0100);
  store<u16>(p + 4, 0x0100);
  return p + 6;
}

/** RFC 9180 section 4, LabeledExtract. */
function labeledExtract(
  salt: usize,
  saltLen: i32,
  kem: bool,
  label: string,
  ikm: usize,
  ikmLen: i32,
  prk: usize,
): void {
  let p = ascii(WORK, 'HPKE-v1');
  p = suite(p, kem);
  p = ascii(p, label);
  memory.copy(p, ikm, ikmLen);
  hkdfExtract(salt, saltLen, WORK, <i32>(p - WORK) + ikmLen, prk);
}

/** RFC 9180 section 4, LabeledExpand. */
function labeledExpand(
  prk: usize,
  kem: bool,
  label: string,
  info: usize,
  infoLen: i32,
  out: usize,
  len: i32,
): void {
  store<u16>(WORK, bswap<u16>(<u16>len));
  let p = ascii(WORK + 2, 'HPKE-v1');
  p = suite(p, kem);
  p = ascii(p, label);
  memory.copy(p, info, infoLen);
  hkdfExpand(prk, WORK, <i32>(p - WORK) + infoLen, out, len);
}

/** 4.1 ExtractAndExpand, then 5.1 KeySchedule with mode_base; leaves key and nonce in WORK. `info` is at most 128 bytes. */
function schedule(enc: usize, recipientPublic: usize, info: usize, infoLen: i32): void {
  memory.copy(WORK + 256, enc, 32);
  memory.copy(WORK + 288, recipientPublic, 32);
  labeledExtract(0, 0, true, 'eae_prk', WORK + 320, 32, WORK + 352);
  labeledExpand(WORK + 352, true, 'shared_secret', WORK + 256, 64, WORK + 384, 32);
  store<u8>(WORK + 416, 0);
  labeledExtract(0, 0, false, 'psk_id_hash', 0, 0, WORK + 417);
  labeledExtract(0, 0, false, 'info_hash', info, infoLen, WORK + 449);
  labeledExtract(WORK + 384, 32, false, 'secret', 0, 0, WORK + 352);
  labeledExpand(WORK + 352, false, 'key', WORK + 416, 65, WORK + 496, 16);
  labeledExpand(WORK + 352, false, 'base_nonce', WORK + 416, 65, WORK + 512, 12);
}

/** Opens `ct` (with its tag) into `out`, `ctLen` − 16 bytes. 0 when it does not authenticate. */
export function hpkeOpen(
  enc: usize,
  recipientPrivate: usize,
  recipientPublic: usize,
  info: usize,
  infoLen: i32,
  aad: usize,
  aadLen: i32,
  ct: usize,
  ctLen: i32,
  out: usize,
): i32 {
  let ok = x25519(WORK + 320, recipientPrivate, enc);
  if (ok) {
    schedule(enc, recipientPublic, info, infoLen);
    ok = gcmOpen(WORK + 496, WORK + 512, aad, aadLen, ct, ctLen, out);
  }
  wipe(WORK, WORK_SIZE);
  return ok;
}

/** Seals to `recipientPublic` with the ephemeral private key given; writes enc (32) and ciphertext with tag. 0 for a bad public key. */
export function hpkeSeal(
  ephemeralPrivate: usize,
  recipientPublic: usize,
  info: usize,
  infoLen: i32,
  aad: usize,
  aadLen: i32,
  pt: usize,
  ptLen: i32,
  enc: usize,
  ct: usize,
): i32 {
  x25519Base(WORK + 528, ephemeralPrivate);
  memory.copy(enc, WORK + 528, 32);
  const ok = x25519(WORK + 320, ephemeralPrivate, recipientPublic);
  if (ok) {
    schedule(enc, recipientPublic, info, infoLen);
    gcmSeal(WORK + 496, WORK + 512, aad, aadLen, pt, ptLen, ct);
  }
  wipe(WORK, WORK_SIZE);
  return ok;
}
