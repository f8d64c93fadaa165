// The kernel's boundary: bytes in, bytes out, by 64-bit lanes. No imports, no exported memory.
// Every command is a transaction. One that changed something answers PERSIST_FIRST with the next sealed generation;
// its own answer is released only by commit(generation, tag), after the host has made that generation durable.
import { wipe } from '../crypto/constant-time';
import { setHostTime } from '../tee/context';
import { acceptBundle, BUNDLE_MAX, RECEIPT_SIZE } from './bundles';
import { store32be, store64be } from './bytes';
import { committedGeneration, nextGeneration, setCommittedGeneration } from './generation';
import { createIdentity, deviceId, enrol, KERNEL_VERSION, rootIsTest, STATEMENT_SIZE } from './identity';
import { HELD, HELD_SIZE, IO, IO_SIZE, SCRATCH, SCRATCH_SIZE } from './memory-map';
import { commitObjects, eraseObjects, objectsChanged, rollbackObjects } from './objects';
import { ENTROPY_MIN, eraseRandom, randomBytes, reseedRandom, seedRandom } from './random';
import * as record from './record';
import {
  deriveSealingKey,
  eraseSealingKey,
  generationOf,
  openState,
  SEAL_HEADER_SIZE,
  sealState,
} from './sealed-state';
import { DOMAIN_ROOM } from './signature';
import {
  ALREADY_BOOTED,
  COMMIT_MISMATCH,
  COMMIT_PENDING,
  ENTROPY_MISSING,
  MALFORMED,
  NOT_READY,
  OK,
  PERSIST_FIRST,
  POISONED,
  STATE_MALFORMED,
  STORAGE_FULL,
  UNKNOWN_COMMAND,
  UNKNOWN_SESSION,
  UNKNOWN_TRUSTED_APP,
} from './status';
import { ANSWER, answerLength, findTrustedApp, invokeFromHost, trustedAppExists } from './trusted-apps';

const ABI: i64 = 0x5453000000000001; // "TS", version 1

const COLD: i32 = 0;
const READY: i32 = 1;
const PENDING: i32 = 2;
const DEAD: i32 = 3;

const COMMAND_BOOT: i32 = 1;
const COMMAND_ENROL: i32 = 2;
const COMMAND_BUNDLE: i32 = 3;
const COMMAND_OPEN: i32 = 4;
const COMMAND_INVOKE: i32 = 5;
const COMMAND_WIPE: i32 = 12;

/** Lane 0. DOMAIN_ROOM bytes in front of it belong to signatures. */
const LANES: usize = IO + DOMAIN_ROOM;
const LANES_SIZE: i32 = IO_SIZE - <i32>DOMAIN_ROOM;

let current: i32 = COLD;
let busy: bool = false;
let heldLength: i32 = 0;
let pendingTag: i64 = 0;

export function abi(): i64 {
  return ABI;
}

export function state(): i32 {
  return busy ? DEAD : current;
}

export function put(lane: i32, v: i64): void {
  if (<u32>lane < <u32>(LANES_SIZE >> 3)) store<i64>(LANES + ((<usize>lane) << 3), v);
}

/** For secrets of a few bits, a PIN's digits: an i32 leaves no BigInt behind in the host's heap. */
export function put32(lane: i32, v: i32): void {
  if (<u32>lane < <u32>(LANES_SIZE >> 3)) store<i64>(LANES + ((<usize>lane) << 3), <i64>v);
}

/** Reads a lane once: it is cleared. */
export function get(lane: i32): i64 {
  if (<u32>lane >= <u32>(LANES_SIZE >> 3)) return 0;
  const p = LANES + ((<usize>lane) << 3);
  const v = load<i64>(p);
  store<i64>(p, 0);
  return v;
}

/** There is no interpreter in this kernel yet, so no command is ever sliced. */
export function resume(): i64 {
  return word(UNKNOWN_COMMAND, 0);
}

/** Answers status << 32 | length of the answer in bytes. `len`: bytes of input in the lanes. */
export function command(op: i32, len: i32): i64 {
  if (op == COMMAND_WIPE) {
    eraseMemory(); // of a poisoned instance too: a trap may have left secrets half way
    return word(OK, 0);
  }
  if (busy || current == DEAD) {
    current = DEAD;
    return word(POISONED, 0);
  }
  busy = true; // cleared below; a trap leaves it set, and the instance is poisoned
  let status = OK;
  if (current != PENDING) heldLength = 0;
  if (current == PENDING) status = COMMIT_PENDING;
  else if (len < 0 || len > LANES_SIZE) status = MALFORMED;
  else if (op == COMMAND_BOOT) status = current == COLD ? boot(len) : ALREADY_BOOTED;
  else if (current != READY) status = NOT_READY;
  else if (op == COMMAND_ENROL) status = enrolment(len);
  else if (op == COMMAND_BUNDLE) status = bundle(len);
  else if (op == COMMAND_OPEN) status = open(len);
  else if (op == COMMAND_INVOKE) status = invoke(len);
  else status = UNKNOWN_COMMAND;

  if (current == PENDING) {
    // nothing was done: the lanes hold the generation that waits for its commit
    busy = false;
    return word(status, 0);
  }
  if (len > 0 && len <= LANES_SIZE) wipe(LANES, (len + 7) & ~7);
  let length = 0;
  if (status != OK) {
    rollbackObjects();
    wipe(HELD, HELD_SIZE);
  } else if (objectsChanged()) {
    length = sealNext();
    if (length > 0) status = PERSIST_FIRST;
    else {
      // The trusted application already believes that its change holds: end this instance, the last commit stands.
      eraseMemory();
      status = STORAGE_FULL;
    }
  } else length = release();
  busy = false;
  return word(status, length);
}

/** Releases the held answer when the host names the generation and the tag that it made durable. */
export function commit(generation: i64, tag: i64): i64 {
  if (busy || current == DEAD) return word(POISONED, 0);
  if (current != PENDING) return word(NOT_READY, 0);
  if (<u64>generation != nextGeneration() || tag != pendingTag) return word(COMMIT_MISMATCH, 0);
  commitObjects();
  setCommittedGeneration(<u64>generation);
  current = READY;
  return word(OK, release());
}

function word(status: u32, length: i32): i64 {
  return ((<i64>status) << 32) | <i64>length;
}

/** Lanes: generation, tag, sealed state. The tag is the seal's synthetic IV, first half: it names these very bytes. */
function sealNext(): i32 {
  const sealed = LANES + 16;
  const len = sealState(sealed, LANES_SIZE - 16, nextGeneration());
  if (len == 0) return 0;
  pendingTag = load<i64>(sealed + <usize>SEAL_HEADER_SIZE);
  store<i64>(LANES, <i64>nextGeneration());
  store<i64>(LANES + 8, pendingTag);
  current = PENDING;
  return 16 + len;
}

function release(): i32 {
  memory.copy(LANES, ANSWER, heldLength);
  store<u64>(LANES + <usize>heldLength, 0); // the last lane's rest
  wipe(ANSWER, heldLength);
  return heldLength;
}

/** Input: entropy 64 · platform secret 32 · fingerprint 32 · installation 16 · sealed state, or nothing on the first boot. */
function boot(len: i32): u32 {
  if (len < 144) return ENTROPY_MISSING;
  let any: u64 = 0;
  for (let i: usize = 0; i < <usize>ENTROPY_MIN; i += 8) any |= load<u64>(LANES + i);
  if (any == 0) return ENTROPY_MISSING;
  seedRandom(LANES, 64, LANES + 128);
  deriveSealingKey(LANES + 64, LANES + 128);
  wipe(LANES, 144);
  if (len > 144) {
    const status = openState(LANES + 144, len - 144);
    if (status != OK) return failedBoot(status);
    if (!record.recordExists()) return failedBoot(STATE_MALFORMED);
    setCommittedGeneration(generationOf(LANES + 144));
    ratchetSeed();
    record.setRecord32(record.BOOT_COUNT, record.record32(record.BOOT_COUNT) + 1);
    // The new seed and boot count become durable with the first commit: a boot alone writes nothing.
    commitObjects();
  } else {
    if (!record.createRecord()) return failedBoot(STORAGE_FULL);
    createIdentity();
    record.setRecord32(record.BOOT_COUNT, 1);
  }
  current = READY;
  describeSelf(ANSWER);
  return OK;
}

/** Nothing but the kernel's own has run: what it held is erased, and the host may try again. */
function failedBoot(status: u32): u32 {
  eraseObjects();
  eraseSealingKey();
  eraseRandom();
  wipe(SCRATCH, SCRATCH_SIZE);
  return status;
}

/** The sealed seed is mixed in and replaced before any output of this boot is used (vse-bytecode, entropy). */
function ratchetSeed(): void {
  record.readRecord(record.DRBG_SEED, SCRATCH, 32);
  reseedRandom(SCRATCH, 32);
  randomBytes(SCRATCH, 32);
  record.writeRecord(record.DRBG_SEED, SCRATCH, 32);
  wipe(SCRATCH, 32);
}

/** device id 16 · generation 8 · boot count 4 · kernel version 4 · trusts a test root 1 · enrolled 1. */
function describeSelf(out: usize): void {
  deviceId(out);
  store64be(out + 16, committedGeneration());
  store32be(out + 24, record.record32(record.BOOT_COUNT));
  store32be(out + 28, KERNEL_VERSION);
  store<u8>(out + 32, <u8>rootIsTest());
  store<u8>(out + 33, <u8>record.record8(record.ENROLLED));
  heldLength = 34;
}

/** Input: host's Unix seconds 8 (little-endian) · nonce 32 · padding 6 · issuer certificate 154. */
function enrolment(len: i32): u32 {
  if (len != 200) return MALFORMED;
  const status = enrol(load<u64>(LANES), LANES + 8, LANES + 46, ANSWER, nextGeneration());
  if (status == OK) heldLength = STATEMENT_SIZE;
  return status;
}

function bundle(len: i32): u32 {
  if (len > BUNDLE_MAX) return MALFORMED;
  const status = acceptBundle(LANES, len, ANSWER);
  if (status == OK) heldLength = RECEIPT_SIZE;
  return status;
}

/** Input: TA UUID 16. Answer: session 4 (little-endian). */
function open(len: i32): u32 {
  if (len != 16) return MALFORMED;
  const app = findTrustedApp(LANES);
  if (app < 0) return UNKNOWN_TRUSTED_APP;
  store<u32>(ANSWER, <u32>app + 1);
  heldLength = 4;
  return OK;
}

/** Input: host's Unix seconds 8 · session 4 · command 4 (little-endian, as lanes are) · the TA's input. */
function invoke(len: i32): u32 {
  if (len < 16) return MALFORMED;
  const app = load<i32>(LANES + 8) - 1;
  if (!trustedAppExists(app)) return UNKNOWN_SESSION;
  setHostTime(load<u64>(LANES));
  const status = invokeFromHost(app, load<u32>(LANES + 12), LANES + 16, len - 16);
  heldLength = status == OK ? answerLength : 0;
  return status;
}

/** The end of this instance: every byte it has, a trusted application's and the constants included. */
function eraseMemory(): void {
  wipe(0, memory.size() << 16);
  current = DEAD;
  busy = false;
}
