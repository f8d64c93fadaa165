// Bundles from the issuer (docs/layouts.md §2): verified, opened, applied as one transaction, receipted.

import { wipe } from '../crypto/constant-time';
import { sha256 } from '../crypto/sha256';
import { ascii } from './ascii';
import { load16be, load32be, load64be, store32be, store64be } from './bytes';
import { nextGeneration } from './generation';
import { hpkeOpen } from './hpke';
import { CERTIFICATE_ED25519, deviceId, rotateOneTimeKey, signAsDevice } from './identity';
import { PLAIN, PLAIN_SIZE } from './memory-map';
import { rollbackObjects } from './objects';
import { reseedRandom } from './random';
import * as record from './record';
import { verifyWithDomain } from './signature';
import {
  BUNDLE_KEY_UNKNOWN,
  BUNDLE_MALFORMED,
  BUNDLE_NOT_AUTHENTIC,
  BUNDLE_NOT_DECRYPTED,
  BUNDLE_NOT_FOR_THIS_DEVICE,
  BUNDLE_OUT_OF_ORDER,
  BUNDLE_RECORD_UNKNOWN,
  NOT_ENROLLED,
  OK,
  POLICY_ROLLED_BACK,
  UNKNOWN_TRUSTED_APP,
} from './status';
import { findTrustedApp, invokeFromIssuer } from './trusted-apps';

const HEADER_SIZE: i32 = 38;
export const BUNDLE_MAX: i32 = 32768;
export const RECEIPT_SIZE: i32 = 178;

const WORK: usize = memory.data(192, 16);
const HASH: usize = memory.data(32, 16);

/** `bundle` has DOMAIN_ROOM bytes free in front, and so has `receipt`, which gets RECEIPT_SIZE bytes. */
export function acceptBundle(bundle: usize, len: i32, receipt: usize): u32 {
  if (!record.record8(record.ENROLLED)) return NOT_ENROLLED;
  if (len < HEADER_SIZE + 32 + 4 + 16 + 64 || len > BUNDLE_MAX) return BUNDLE_MALFORMED;
  if (load<u32>(bundle) != 0x4e425354 || load<u8>(bundle + 4) != 1 || load<u8>(bundle + 5) != 0)
    return BUNDLE_MALFORMED; // "TSBN"
  const enc = bundle + <usize>HEADER_SIZE;
  const ctLen = <i32>load32be(enc + 32);
  if (ctLen < 16 || ctLen != len - HEADER_SIZE - 36 - 64) return BUNDLE_MALFORMED;
  deviceId(WORK);
  if (memory.compare(bundle + 6, WORK, 16) != 0) return BUNDLE_NOT_FOR_THIS_DEVICE;

  sha256(bundle, len, HASH);
  const number = load64be(bundle + 22);
  const last = record.record64(record.BUNDLE_NUMBER);
  if (number == last && last > 0) {
    record.readRecord(record.BUNDLE_HASH, WORK, 32);
    if (memory.compare(WORK, HASH, 32) != 0) return BUNDLE_OUT_OF_ORDER;
    record.readRecord(record.RECEIPT, receipt, RECEIPT_SIZE);
    return OK;
  }
  if (number != last + 1) return BUNDLE_OUT_OF_ORDER;

  record.readRecord(record.ISSUER_CERTIFICATE + CERTIFICATE_ED25519, WORK, 32);
  if (!verifyWithDomain('tapseal bundle v1', bundle, len - 64, WORK)) return BUNDLE_NOT_AUTHENTIC;

  record.readRecord(record.ONE_TIME_PRIVATE, WORK, 64);
  sha256(WORK + 32, 32, WORK + 64);
  if (memory.compare(WORK + 64, bundle + 30, 8) != 0) {
    wipe(WORK, 64);
    return BUNDLE_KEY_UNKNOWN;
  }
  const info = ascii(WORK + 96, 'tapseal bundle v1');
  memory.copy(info, bundle + 6, 24);
  const infoLen = <i32>(info - WORK) - 96 + 24;
  const opened = hpkeOpen(
    enc,
    WORK,
    WORK + 32,
    WORK + 96,
    infoLen,
    bundle,
    HEADER_SIZE,
    enc + 36,
    ctLen,
    PLAIN,
  );
  wipe(WORK, 64);
  if (!opened) return BUNDLE_NOT_DECRYPTED;

  // What was sent is secret to everyone but the issuer: it strengthens a generator that the host seeded (vse-bytecode, entropy).
  reseedRandom(PLAIN, min(ctLen - 16, 4096));
  const status = applyRecords(PLAIN, ctLen - 16);
  wipe(PLAIN, min(ctLen, PLAIN_SIZE));
  if (status != OK) rollbackObjects(); // the refusal still uses up number and key, and the receipt says why

  rotateOneTimeKey();
  writeReceipt(receipt, number, status);
  record.setRecord64(record.BUNDLE_NUMBER, number);
  record.writeRecord(record.BUNDLE_HASH, HASH, 32);
  record.writeRecord(record.RECEIPT, receipt, RECEIPT_SIZE);
  return OK;
}

function writeReceipt(out: usize, number: u64, status: u32): void {
  ascii(out, 'TSRC');
  store<u8>(out + 4, 1);
  store<u8>(out + 5, 0);
  deviceId(WORK);
  memory.copy(out + 6, WORK, 16);
  store64be(out + 22, number);
  memory.copy(out + 30, HASH, 32);
  store64be(out + 62, nextGeneration());
  store32be(out + 70, status);
  record.readRecord(record.ONE_TIME_PUBLIC, out + 74, 32);
  memory.fill(out + 106, 0, 8);
  signAsDevice('tapseal receipt v1', out, RECEIPT_SIZE - 64);
}

function applyRecords(plain: usize, len: i32): u32 {
  let at = 0;
  while (at < len) {
    if (at + 3 > len) return BUNDLE_MALFORMED;
    const type: u32 = load<u8>(plain + <usize>at);
    const size = <i32>load16be(plain + <usize>at + 1);
    at += 3;
    if (at + size > len) return BUNDLE_MALFORMED;
    const status = applyRecord(type, plain + <usize>at, size);
    if (status != OK) return status;
    at += size;
  }
  return OK;
}

function applyRecord(type: u32, value: usize, size: i32): u32 {
  if (type == 0x01) {
    if (size != 8) return BUNDLE_MALFORMED;
    const seconds = load64be(value);
    if (seconds > record.record64(record.ISSUER_TIME)) record.setRecord64(record.ISSUER_TIME, seconds);
    return OK;
  }
  if (type == 0x02) {
    if (size != 7 || load<u8>(value + 6) > 6) return BUNDLE_MALFORMED;
    if (load16be(value) < record.record16(record.POLICY_VERSION)) return POLICY_ROLLED_BACK;
    record.writeRecord(record.POLICY_VERSION, value, 7);
    return OK;
  }
  if (type == 0x10) {
    if (size < 20) return BUNDLE_MALFORMED;
    const app = findTrustedApp(value);
    if (app < 0) return UNKNOWN_TRUSTED_APP;
    return invokeFromIssuer(app, load32be(value + 16), value + 20, size - 20);
  }
  return BUNDLE_RECORD_UNKNOWN;
}
