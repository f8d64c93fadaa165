// An application cryptogram from a raw 16-byte session key, key schedule included: inside the kernel, through its
// boundary, against the same bytes by node:crypto, by noble, and by OpenSSL in C.
//
// Bar: ours ≤ 0.5 × node:crypto. Contenders take turns in one process; a figure is the median of the turns.
// They must agree on every cryptogram before any of them is timed.

import { execFileSync } from 'node:child_process';
import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cmac } from '@noble/ciphers/aes.js';
// Test-only code has no place among the package's exports.
import { openTestKernel } from '../../packages/vse/src/test-kernel.ts';

export type ArqcRow = {
  readonly profile: 'open' | 'tdes';
  readonly contender: string;
  /** Undefined when the contender is missing here; `note` says why. */
  readonly medianUs: number | undefined;
  /** To node:crypto; smaller is faster. */
  readonly ratio: number | undefined;
  /** The bar for the ratio, on the row that has one. */
  readonly bar?: number;
  readonly met?: boolean;
  readonly note?: string;
};

type Profile = ArqcRow['profile'];
type Mac = (key: Uint8Array, input: Uint8Array) => Uint8Array;
type Contender = { readonly name: string; readonly mac: Mac; readonly note?: string };

const BAR = 0.5;
const TURNS = 15;
const CRYPTOGRAMS_A_TURN = 4_000;
const NATIVE_A_TURN = 20_000;
const CASES = 64;

/** docs/profiles.md §3.1: the length of the cryptogram input. */
const INPUT_BYTES: Record<Profile, number> = { open: 65, tdes: 47 };

const NODE = 'node:crypto';
const SIMD = 'VSE kernel, SIMD';

export async function benchArqc(): Promise<readonly ArqcRow[]> {
  const simd = openTestKernel('simd');
  const scalar = openTestKernel('scalar');
  const native = compileNative();
  try {
    return (['open', 'tdes'] as const).flatMap((profile) => {
      const contenders: Contender[] = [
        { name: SIMD, mac: (key, input) => simd.arqc(profile, key, input) },
        { name: 'VSE kernel, scalar', mac: (key, input) => scalar.arqc(profile, key, input) },
        { name: NODE, mac: profile === 'open' ? cmacByNode : retailMacByNode },
      ];
      if (profile === 'open') {
        contenders.push({
          name: 'noble',
          mac: (key, input) => cmac(input, key).subarray(0, 8),
          note: 'JavaScript',
        });
      }
      return measure(profile, contenders, native);
    });
  } finally {
    native.remove();
  }
}

// node:crypto as fast as it goes on this Node: from a KeyObject, createCipheriv costs a tenth of what it does from bytes.

/**
 * AES-CMAC with one cipher object. Its CBC encrypts a zero block first, which answers the L of SP 800-38B §6.1;
 * L is then the chaining value, so it is added to the first block to cancel it. `final` would only pad.
 */
function cmacByNode(key: Uint8Array, input: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-cbc', createSecretKey(key), ZERO_16);
  const l = cipher.update(ZERO_16);
  const blocks = Math.max(1, Math.ceil(input.length / 16));
  const message = Buffer.alloc(blocks * 16);
  message.set(input);
  const complete = input.length === message.length;
  if (!complete) message[input.length] = 0x80;
  const subkey = double(complete ? l : double(l));
  const last = message.length - 16;
  for (let i = 0; i < 16; i++) {
    message[i]! ^= l[i]!;
    message[last + i]! ^= subkey[i]!;
  }
  return cipher.update(message).subarray(last, last + 8);
}

const ZERO_16 = Buffer.alloc(16);
const ZERO_8 = Buffer.alloc(8);

function double(block: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(16);
  let carry = block[0]! >> 7 ? 0x87 : 0;
  for (let i = 15; i >= 0; i--) {
    out[i] = (block[i]! << 1) ^ carry;
    carry = block[i]! >> 7;
  }
  return out;
}

/**
 * MAC algorithm 3 with two cipher objects. Node's OpenSSL has no single DES: two-key EDE with equal halves is
 * single DES, and EDE under the whole key does the last block with its output transformation at once.
 */
function retailMacByNode(key: Uint8Array, input: Uint8Array): Uint8Array {
  const message = Buffer.alloc((input.length + 8) & ~7);
  message.set(input);
  message[input.length] = 0x80;
  const last = message.length - 8;
  let chain: Uint8Array = ZERO_8;
  if (last > 0) {
    const twice = Buffer.allocUnsafe(16);
    twice.set(key.subarray(0, 8), 0);
    twice.set(key.subarray(0, 8), 8);
    chain = createCipheriv('des-ede-cbc', createSecretKey(twice), ZERO_8)
      .update(message.subarray(0, last))
      .subarray(last - 8);
  }
  return createCipheriv('des-ede-cbc', createSecretKey(key), chain).update(message.subarray(last));
}

function measure(profile: Profile, contenders: readonly Contender[], native: Native): ArqcRow[] {
  const cases = Array.from({ length: CASES }, () => ({
    key: new Uint8Array(randomBytes(16)),
    input: new Uint8Array(randomBytes(INPUT_BYTES[profile])),
  }));
  const agreed = cases.map(({ key, input }) => hex(contenders[0]!.mac(key, input)));
  for (const { name, mac } of contenders) {
    cases.forEach(({ key, input }, i) => {
      if (hex(mac(key, input)) !== agreed[i]) throw new Error(`${name} differs on a ${profile} cryptogram`);
    });
  }
  if (native.run && native.run(profile, cases[0]!.key, cases[0]!.input, 1).mac !== agreed[0]) {
    throw new Error(`OpenSSL in C differs on a ${profile} cryptogram`);
  }

  const turns = contenders.map(() => [] as number[]);
  const nativeTurns: number[] = [];
  for (let turn = -2; turn < TURNS; turn++) {
    contenders.forEach(({ mac }, i) => {
      const us = timeUs(mac, cases);
      if (turn >= 0) turns[i]!.push(us);
    });
    if (native.run && turn >= 0) {
      const { key, input } = cases[turn % CASES]!;
      nativeTurns.push(native.run(profile, key, input, NATIVE_A_TURN).us);
    }
  }

  const medians = turns.map(median);
  const reference = medians[contenders.findIndex(({ name }) => name === NODE)]!;
  const rows = contenders.map(({ name, note }, i): ArqcRow => {
    const ratio = medians[i]! / reference;
    const judged = name === SIMD ? { bar: BAR, met: ratio <= BAR } : {};
    return { profile, contender: name, medianUs: medians[i], ratio, ...judged, ...(note ? { note } : {}) };
  });
  const medianUs = nativeTurns.length > 0 ? median(nativeTurns) : undefined;
  const ratio = medianUs === undefined ? undefined : medianUs / reference;
  rows.push({ profile, contender: 'OpenSSL in C', medianUs, ratio, note: native.note[profile] });
  return rows;
}

function timeUs(mac: Mac, cases: readonly { key: Uint8Array; input: Uint8Array }[]): number {
  let sink = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < CRYPTOGRAMS_A_TURN; i++) {
    const { key, input } = cases[i % CASES]!;
    sink ^= mac(key, input)[0]!;
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  // A result that nobody reads need not be computed.
  if (sink > 255) throw new Error('unreachable');
  return elapsed / CRYPTOGRAMS_A_TURN / 1000;
}

type Native = {
  readonly run?: (
    profile: Profile,
    key: Uint8Array,
    input: Uint8Array,
    count: number,
  ) => { mac: string; us: number };
  readonly note: Record<Profile, string>;
  remove(): void;
};

/** Needs a C compiler and OpenSSL's headers; without them the row says so. */
function compileNative(): Native {
  const folder = mkdtempSync(join(tmpdir(), 'tapseal-bench-'));
  const program = join(folder, 'arqc-openssl');
  const source = fileURLToPath(new URL('arqc-openssl.c', import.meta.url));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('cc', ['-O2', '-o', program, source, '-lcrypto'], { stdio: 'ignore' });
  } catch {
    const missing = 'not measured: needs cc and the headers of OpenSSL';
    return { note: { open: missing, tdes: missing }, remove };
  }
  return {
    run(profile, key, input, count) {
      const args = [profile, hex(key), hex(input), String(count)];
      const [mac, ns] = execFileSync(program, args, { encoding: 'utf8' }).trim().split(' ');
      return { mac: mac!, us: Number(ns) / 1000 };
    },
    note: { open: 'AES instructions', tdes: 'tables, not constant time' },
    remove,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}
