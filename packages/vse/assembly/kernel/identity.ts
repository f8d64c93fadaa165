// The device's identity (Ed25519), its one-time channel key (X25519) and the issuer it trusts. docs/layouts.md §1.

import { MANUFACTURER_ROOT, ROOT_IS_TEST } from '../../build/manufacturer-root';
import { wipe } from '../crypto/constant-time';
import { ed25519PublicKey } from '../crypto/ed25519';
import { sha256 } from '../crypto/sha256';
import { x25519Base } from '../crypto/x25519';
import { ascii } from './ascii';
import { load32be, store32be, store64be } from './bytes';
import { SCRATCH } from './memory-map';
import { randomBytes } from './random';
import * as record from './record';
import { DOMAIN_ROOM, signWithDomain, verifyWithDomain } from './signature';
import {
  ALREADY_ENROLLED,
  CERTIFICATE_MALFORMED,
  CERTIFICATE_NOT_VALID_NOW,
  CERTIFICATE_UNTRUSTED,
  OK,
} from './status';

export const KERNEL_VERSION: u32 = 0x00010000;
export const CERTIFICATE_SIZE: i32 = 154;
export const STATEMENT_SIZE: i32 = 206;
export const CERTIFICATE_ED25519: i32 = 14;
export const CERTIFICATE_X25519: i32 = 46;

export function createIdentity(): void {
  randomBytes(SCRATCH, 32);
  ed25519PublicKey(SCRATCH + 32, SCRATCH);
  record.writeRecord(record.ED25519_SEED, SCRATCH, 64);
  rotateOneTimeKey();
  randomBytes(SCRATCH, 32);
  record.writeRecord(record.DRBG_SEED, SCRATCH, 32);
  wipe(SCRATCH, 64);
}

/** The private key of the bundle that was just opened is overwritten: what it opened stays closed from here on. */
export function rotateOneTimeKey(): void {
  randomBytes(SCRATCH, 32);
  x25519Base(SCRATCH + 32, SCRATCH);
  record.writeRecord(record.ONE_TIME_PRIVATE, SCRATCH, 64);
  wipe(SCRATCH, 64);
}

/** First 16 bytes of SHA-256(Ed25519 public key). `out` needs 32 writable bytes. */
export function deviceId(out: usize): void {
  record.readRecord(record.ED25519_PUBLIC, SCRATCH, 32);
  sha256(SCRATCH, 32, out);
}

export function rootIsTest(): u32 {
  return ROOT_IS_TEST;
}

/** Signs `body` (DOMAIN_ROOM bytes free in front) as this device; the signature lands directly behind it. */
export function signAsDevice(domain: string, body: usize, len: i32): void {
  record.readRecord(record.ED25519_SEED, SCRATCH, 64);
  signWithDomain(domain, body, len, SCRATCH, SCRATCH + 32, body + <usize>len);
  wipe(SCRATCH, 64);
}

/**
 * `now`: Unix seconds as the host claims them. `nonce`: 32 bytes. `certificate`: 154, DOMAIN_ROOM bytes in front are
 * overwritten. Output at `out`: enrolment statement.
 */
export function enrol(now: u64, nonce: usize, certificate: usize, out: usize, generation: u64): u32 {
  if (load<u32>(certificate) != 0x43495354 || load<u8>(certificate + 4) != 1) return CERTIFICATE_MALFORMED; // "TSIC"
  if (load32be(certificate + 86) != 0) return CERTIFICATE_MALFORMED;
  if (load32be(certificate + 78) >= load32be(certificate + 82)) return CERTIFICATE_MALFORMED;
  const isTest: u32 = load<u8>(certificate + 5) & 1;
  if (load<u8>(certificate + 5) & 0xfe) return CERTIFICATE_MALFORMED;
  if (isTest != ROOT_IS_TEST) return CERTIFICATE_UNTRUSTED;
  memory.copy(out + 90, nonce, 32); // first: the domain string is laid over what stands before the certificate
  if (
    !verifyWithDomain('tapseal issuer certificate v1', certificate, CERTIFICATE_SIZE - 64, MANUFACTURER_ROOT)
  )
    return CERTIFICATE_UNTRUSTED;
  // The host may lie about the time; an honest one is not talked into enrolling with a key of years ago.
  if (now < load32be(certificate + 78) || now > load32be(certificate + 82)) return CERTIFICATE_NOT_VALID_NOW;
  if (record.record64(record.BUNDLE_NUMBER) != 0) return ALREADY_ENROLLED;
  record.writeRecord(record.ISSUER_CERTIFICATE, certificate, CERTIFICATE_SIZE);
  record.setRecord8(record.ENROLLED, 1);

  ascii(out, 'TSEN');
  store<u8>(out + 4, 1);
  store<u8>(out + 5, <u8>ROOT_IS_TEST);
  deviceId(SCRATCH + 64);
  memory.copy(out + 6, SCRATCH + 64, 16);
  record.readRecord(record.ED25519_PUBLIC, out + 22, 32);
  record.readRecord(record.ONE_TIME_PUBLIC, out + 54, 32);
  store32be(out + 86, KERNEL_VERSION);
  store64be(out + 122, generation);
  memory.fill(out + 130, 0, 12);
  signAsDevice('tapseal enrolment v1', out, STATEMENT_SIZE - 64);
  return OK;
}
