// Constant time, tested on the compiled module: with other secrets of the same lengths, each primitive reads and
// writes the same addresses and takes the same branches and selections, in the same order.
import { describe, expect, test } from 'vitest';
import { type TestKernel, testKernelBytes, testKernelOver } from '../../src/test-kernel.ts';
import { type SeededBytes, seededBytes } from './seeded-bytes.ts';
import { traced } from './trace.ts';

type Operation = (kernel: TestKernel, random: SeededBytes) => unknown;

const DATA = Uint8Array.from({ length: 20 }, (_, i) => i);

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'AES-128, encrypt': (kernel, { bytes }) => kernel.aesEncrypt(bytes(16), bytes(96)),
  'AES-192, encrypt': (kernel, { bytes }) => kernel.aesEncrypt(bytes(24), bytes(96)),
  'AES-256, encrypt': (kernel, { bytes }) => kernel.aesEncrypt(bytes(32), bytes(96)),
  'AES-256, decrypt': (kernel, { bytes }) => kernel.aesDecrypt(bytes(32), bytes(96)),
  'counter mode': (kernel, { bytes }) => kernel.aesCtr(bytes(16), DATA.subarray(0, 16), bytes(75)),
  CMAC: (kernel, { bytes }) => kernel.cmac(bytes(16), bytes(65)),
  'SIV, seal': (kernel, { bytes }) => kernel.sivSeal(bytes(32), [DATA], bytes(70)),
  'SIV, open what was sealed': (kernel, { bytes }) => {
    const key = bytes(32);
    return kernel.sivOpen(key, [DATA], kernel.sivSeal(key, [DATA], bytes(70)));
  },
  'GCM, seal': (kernel, { bytes }) => kernel.gcmSeal(bytes(16), DATA.subarray(0, 12), DATA, bytes(70)),
  'GCM, open what was sealed': (kernel, { bytes }) => {
    const key = bytes(16);
    const nonce = DATA.subarray(0, 12);
    return kernel.gcmOpen(key, nonce, DATA, kernel.gcmSeal(key, nonce, DATA, bytes(70)));
  },
  'triple DES, encrypt': (kernel, { bytes }) => kernel.tdesEncrypt(bytes(16), bytes(8)),
  'triple DES, decrypt': (kernel, { bytes }) => kernel.tdesDecrypt(bytes(16), bytes(8)),
  'retail MAC': (kernel, { bytes }) => kernel.retailMac(bytes(16), bytes(47), 2),
  'odd parity': (kernel, { bytes }) => kernel.desSetOddParity(bytes(16)),
  'cryptogram, open': (kernel, { bytes }) => kernel.arqc('open', bytes(16), bytes(65)),
  'cryptogram, tdes': (kernel, { bytes }) => kernel.arqc('tdes', bytes(16), bytes(47)),
  'SHA-256': (kernel, { bytes }) => kernel.sha256(bytes(150)),
  'HMAC-SHA-256': (kernel, { bytes }) => kernel.hmacSha256(bytes(32), bytes(150)),
  'HMAC-SHA-1': (kernel, { bytes }) => kernel.hmacSha1(bytes(20), bytes(8)),
  HKDF: (kernel, { bytes }) => kernel.hkdfExpand(kernel.hkdfExtract(bytes(16), bytes(32)), DATA, 70),
  HMAC_DRBG: (kernel, { bytes }) => {
    kernel.drbgInstantiate(bytes(32), bytes(16));
    kernel.drbgReseed(bytes(32), bytes(5));
    return kernel.drbgGenerate(70, bytes(5));
  },
  X25519: (kernel, { bytes }) => kernel.x25519(bytes(32), bytes(32)),
  'X25519, base point': (kernel, { bytes }) => kernel.x25519Base(bytes(32)),
  'Ed25519, public key': (kernel, { bytes }) => kernel.ed25519PublicKey(bytes(32)),
  'Ed25519, sign': (kernel, { bytes }) => kernel.ed25519Sign(bytes(32), bytes(32), bytes(30)),
};

const SECRETS = 4;

describe.each(['simd', 'scalar'] as const)('%s build', (build) => {
  const trace = traced(testKernelBytes(build));
  const kernel = testKernelOver(build, trace.exports);

  function observe(operation: Operation, random: SeededBytes) {
    trace.take();
    expect(operation(kernel, random)).toBeDefined();
    return trace.take();
  }

  test.each(Object.entries(OPERATIONS))('%s', (name, operation) => {
    const random = seededBytes(name);
    const seen = Array.from({ length: SECRETS }, () => observe(operation, random));
    // Bits that random secrets hardly ever have all of.
    for (const byte of [0x00, 0xff, 0x01, 0x80]) {
      const bytes = (length: number) => new Uint8Array(length).fill(byte);
      if (name !== 'X25519') seen.push(observe(operation, { ...random, bytes }));
    }
    expect(seen[0]!.events).toBeGreaterThan(50);
    expect(new Set(seen.map(({ digest }) => digest)).size).toBe(1);
  });

  test('the trace does see: another length, and a public key that decodes otherwise, leave another trace', () => {
    const random = seededBytes('control');
    const lengths = [47, 48].map((length) =>
      observe((_, { bytes }) => kernel.retailMac(bytes(16), bytes(length), 2), random),
    );
    expect(lengths[0]!.digest).not.toBe(lengths[1]!.digest);
    const keys = Array.from({ length: 16 }, () =>
      observe(() => kernel.ed25519Verify(new Uint8Array(64), random.bytes(32), DATA), random),
    );
    expect(new Set(keys.map(({ digest }) => digest)).size).toBeGreaterThan(1);
  });
});

test('the trace does see: a table read by a secret, a branch, a selection', () => {
  // (param i32) → i32, over one page: byte at the parameter; 1 or 2 by its low bit, by if and by select.
  const bodies = {
    table: [0x20, 0, 0x2d, 0, 0],
    branch: [0x20, 0, 0x41, 1, 0x71, 0x04, 0x7f, 0x41, 1, 0x05, 0x41, 2, 0x0b],
    selection: [0x41, 1, 0x41, 2, 0x20, 0, 0x41, 1, 0x71, 0x1b],
    honest: [0x20, 0, 0x41, 1, 0x71],
  };
  const distinct = (body: readonly number[]) => {
    const trace = traced(moduleOf(body));
    const run = trace.exports.f as (secret: number) => number;
    const digests = [2, 3].map((secret) => {
      run(secret);
      return trace.take().digest;
    });
    return new Set(digests).size;
  };
  expect(distinct(bodies.table)).toBe(2);
  expect(distinct(bodies.branch)).toBe(2);
  expect(distinct(bodies.selection)).toBe(2);
  expect(distinct(bodies.honest)).toBe(1);
});

/** A module that exports `f` with this body, and has a page of memory. */
function moduleOf(body: readonly number[]): Uint8Array {
  const section = (id: number, content: readonly number[]) => [id, content.length, ...content];
  const code = [0, ...body, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(10, [1, code.length, ...code]),
  ]);
}
