// The host of the test-only kernel: the VSE's own primitives as functions over bytes, for vectors, tests and
// the bench. Nothing here is part of the product: raw keys go in, which the shipped kernel never accepts.

import { readFileSync } from 'node:fs';

export type TestKernelBuild = 'simd' | 'scalar';

const FILES: Record<TestKernelBuild, string> = {
  simd: '../build/test-kernel.wasm',
  scalar: '../build/test-kernel.scalar.wasm',
};

// Operations of assembly/test-kernel.ts.
const OP = {
  aesEncrypt: 16,
  aesDecrypt: 17,
  aesCtr: 18,
  cmac: 19,
  cmacInParts: 20,
  sivSeal: 21,
  sivOpen: 22,
  gcmSeal: 23,
  gcmOpen: 24,
  tdesEncrypt: 25,
  tdesDecrypt: 26,
  retailMac: 27,
  desSetOddParity: 28,
  desEncrypt: 29,
  desDecrypt: 30,
  sivSealInPlace: 31,
  sha256: 32,
  sha256InParts: 33,
  sha1: 34,
  sha512: 35,
  hmacSha256: 36,
  hmacSha1: 37,
  hkdfExtract: 38,
  hkdfExpand: 39,
  drbgInstantiate: 40,
  drbgReseed: 41,
  drbgGenerate: 42,
  drbgSetRequests: 43,
  sivOpenInPlace: 44,
  x25519: 48,
  x25519Base: 49,
  x25519Repeat: 50,
  ed25519PublicKey: 51,
  ed25519Sign: 52,
  ed25519Verify: 53,
} as const;

const ARQC = { open: 1, tdes: 2 } as const;

const STATUS_OK = 0;
const STATUS_REFUSED = 1;
const AREA_BYTES = 320 * 1024;
const FIELDS = 8;
const NONE = new Uint8Array(0);

type Boundary = {
  put(lane: number, value: bigint): void;
  get(lane: number): bigint;
  command(op: number, length: number): bigint;
};

export type TestKernel = ReturnType<typeof testKernelOver>;

/** Compiles and instantiates one of the two builds. Throws when `npm run build` has not made it. */
export function openTestKernel(build: TestKernelBuild = 'simd'): TestKernel {
  const module = new WebAssembly.Module(testKernelBytes(build));
  return testKernelOver(build, new WebAssembly.Instance(module).exports);
}

export function testKernelBytes(build: TestKernelBuild): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(FILES[build], import.meta.url)));
}

/** The functions over an instance that the caller has made. */
export function testKernelOver(build: TestKernelBuild, exports: WebAssembly.Exports) {
  const { put, get, command } = exports as unknown as Boundary;
  const bytes = new Uint8Array(AREA_BYTES);
  const lanes = new BigInt64Array(bytes.buffer);

  function send(length: number): void {
    for (let lane = 0; lane << 3 < length; lane++) put(lane, lanes[lane]!);
  }

  function receive(length: number): Uint8Array {
    for (let lane = 0; lane << 3 < length; lane++) lanes[lane] = get(lane);
    return bytes.slice(0, length);
  }

  /** The answer's bytes, or undefined for a refusal. Any other status is a bug on this side. */
  function call(op: number, ...fields: readonly Uint8Array[]): Uint8Array | undefined {
    const header = new DataView(bytes.buffer, 0, FIELDS * 4);
    let at = FIELDS * 4;
    for (let i = 0; i < FIELDS; i++) {
      const field = fields[i] ?? NONE;
      header.setUint32(i * 4, field.length, true);
      const end = (at + field.length + 7) & ~7;
      if (end > AREA_BYTES) throw new RangeError('the request does not fit the lanes of the test kernel');
      bytes.set(field, at);
      bytes.fill(0, at + field.length, end);
      at = end;
    }
    send(at);
    const answer = command(op, at);
    const status = Number(answer >> 32n);
    if (status === STATUS_REFUSED) return undefined;
    if (status !== STATUS_OK) throw new Error(`test kernel: status ${status} for operation ${op}`);
    return receive(Number(answer & 0xffff_ffffn));
  }

  function must(op: number, ...fields: readonly Uint8Array[]): Uint8Array {
    const answer = call(op, ...fields);
    if (answer === undefined) throw new Error(`test kernel: operation ${op} refused`);
    return answer;
  }

  /** Associated data in fields 2 to 6, its count in field 7. */
  function withCount(data: readonly Uint8Array[]): Uint8Array[] {
    if (data.length > 5) throw new RangeError('the test kernel takes five strings of associated data');
    return [...data, ...new Array<Uint8Array>(5 - data.length).fill(NONE), u32(data.length)];
  }

  return {
    build,
    /** Whole blocks under a key of 16, 24 or 32 bytes. */
    aesEncrypt: (key: Uint8Array, blocks: Uint8Array) => must(OP.aesEncrypt, key, blocks),
    aesDecrypt: (key: Uint8Array, blocks: Uint8Array) => must(OP.aesDecrypt, key, blocks),
    aesCtr: (key: Uint8Array, counter: Uint8Array, message: Uint8Array) =>
      must(OP.aesCtr, key, counter, message),
    cmac: (key: Uint8Array, message: Uint8Array) => must(OP.cmac, key, message),
    cmacInParts: (key: Uint8Array, a: Uint8Array, b: Uint8Array) => must(OP.cmacInParts, key, a, b),
    /** V ‖ C. */
    sivSeal: (key: Uint8Array, data: readonly Uint8Array[], plaintext: Uint8Array) =>
      must(OP.sivSeal, key, plaintext, ...withCount(data)),
    sivOpen: (key: Uint8Array, data: readonly Uint8Array[], sealed: Uint8Array) =>
      call(OP.sivOpen, key, sealed, ...withCount(data)),
    /** The plaintext lies where the ciphertext comes to lie, and the other way round. */
    sivSealInPlace: (key: Uint8Array, data: readonly Uint8Array[], plaintext: Uint8Array) =>
      must(OP.sivSealInPlace, key, plaintext, ...withCount(data)),
    sivOpenInPlace: (key: Uint8Array, data: readonly Uint8Array[], sealed: Uint8Array) =>
      call(OP.sivOpenInPlace, key, sealed, ...withCount(data))?.slice(16),
    /** What the last operation left where answers lie, whether it refused or not. */
    peekAnswer: (length: number) => receive(length),
    /** Ciphertext ‖ tag. */
    gcmSeal: (key: Uint8Array, nonce: Uint8Array, data: Uint8Array, plaintext: Uint8Array) =>
      must(OP.gcmSeal, key, nonce, data, plaintext),
    gcmOpen: (key: Uint8Array, nonce: Uint8Array, data: Uint8Array, sealed: Uint8Array) =>
      call(OP.gcmOpen, key, nonce, data, sealed),
    /** One block under a key of 8 bytes. */
    desEncrypt: (key: Uint8Array, block: Uint8Array) => must(OP.desEncrypt, key, block),
    desDecrypt: (key: Uint8Array, block: Uint8Array) => must(OP.desDecrypt, key, block),
    /** One block under a key of 16 bytes. */
    tdesEncrypt: (key: Uint8Array, block: Uint8Array) => must(OP.tdesEncrypt, key, block),
    tdesDecrypt: (key: Uint8Array, block: Uint8Array) => must(OP.tdesDecrypt, key, block),
    retailMac: (key: Uint8Array, message: Uint8Array, paddingMethod: 1 | 2) =>
      must(OP.retailMac, key, message, u32(paddingMethod)),
    desSetOddParity: (key: Uint8Array) => must(OP.desSetOddParity, key),
    sha256: (message: Uint8Array) => must(OP.sha256, message),
    sha256InParts: (a: Uint8Array, b: Uint8Array) => must(OP.sha256InParts, a, b),
    sha1: (message: Uint8Array) => must(OP.sha1, message),
    sha512: (message: Uint8Array) => must(OP.sha512, message),
    hmacSha256: (key: Uint8Array, message: Uint8Array) => must(OP.hmacSha256, key, message),
    hmacSha1: (key: Uint8Array, message: Uint8Array) => must(OP.hmacSha1, key, message),
    hkdfExtract: (salt: Uint8Array, ikm: Uint8Array) => must(OP.hkdfExtract, salt, ikm),
    /** Undefined when more than 255 blocks are asked for. */
    hkdfExpand: (prk: Uint8Array, info: Uint8Array, length: number) =>
      call(OP.hkdfExpand, prk, info, u32(length)),
    drbgInstantiate: (entropy: Uint8Array, nonce: Uint8Array, personalisation: Uint8Array = NONE): void => {
      must(OP.drbgInstantiate, entropy, nonce, personalisation);
    },
    drbgReseed: (entropy: Uint8Array, additional: Uint8Array = NONE): void => {
      must(OP.drbgReseed, entropy, additional);
    },
    /** Undefined past the request limit. */
    drbgGenerate: (length: number, additional: Uint8Array = NONE) =>
      call(OP.drbgGenerate, u32(length), additional),
    /** As if so many requests had been answered since the last seed: a test cannot ask 2^48 times. */
    drbgSetRequests(count: bigint): void {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, count, true);
      must(OP.drbgSetRequests, bytes);
    },
    /** Undefined when the shared secret is all zero. */
    x25519: (scalar: Uint8Array, u: Uint8Array) => call(OP.x25519, scalar, u),
    x25519Base: (scalar: Uint8Array) => must(OP.x25519Base, scalar),
    /** RFC 7748 §5.2: (k, u) = (X25519(k, u), k), `times` times. */
    x25519Repeat: (scalar: Uint8Array, u: Uint8Array, times: number) =>
      must(OP.x25519Repeat, scalar, u, u32(times)),
    ed25519PublicKey: (seed: Uint8Array) => must(OP.ed25519PublicKey, seed),
    ed25519Sign: (seed: Uint8Array, publicKey: Uint8Array, message: Uint8Array) =>
      must(OP.ed25519Sign, seed, publicKey, message),
    ed25519Verify: (signature: Uint8Array, publicKey: Uint8Array, message: Uint8Array) =>
      call(OP.ed25519Verify, signature, publicKey, message) !== undefined,
    /**
     * An application cryptogram from a raw 16-byte session key, key schedule included: `open` is the leftmost
     * 8 bytes of the CMAC, `tdes` is ISO/IEC 9797-1 MAC algorithm 3 with padding method 2.
     */
    arqc(profile: 'open' | 'tdes', sessionKey: Uint8Array, input: Uint8Array): Uint8Array {
      const length = 16 + input.length;
      bytes.set(sessionKey, 0);
      bytes.set(input, 16);
      send(length);
      const answer = command(ARQC[profile], length);
      bytes.fill(0, 0, 16);
      if (answer !== 8n) throw new Error(`test kernel: status ${answer >> 32n} for a cryptogram`);
      return receive(8);
    },
  };
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
