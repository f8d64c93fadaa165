// One instance of the kernel: bytes to lanes, lanes to bytes. Nothing here knows what the bytes mean.
//
// The page that embeds us may have replaced any global. What this file needs of them it takes once, when it is loaded;
// afterwards it only calls the module's own exports and indexes typed arrays, which nothing can intercept.

const { Instance } = WebAssembly;
const { freeze } = Object;
const toNumber = Number;

type Exports = {
  start(): void;
  abi(): bigint;
  put(lane: number, v: bigint): void;
  put32(lane: number, v: number): void;
  get(lane: number): bigint;
  command(op: number, len: number): bigint;
  commit(generation: bigint, tag: bigint): bigint;
  state(): number;
};

const ABI = 0x5453000000000001n;
/** Largest input and output, in bytes: the kernel's lanes. */
export const CAPACITY = 131072 - 64;

export type Answer = { readonly status: number; readonly length: number };

export class Kernel {
  readonly #exports: Exports;
  // The same memory seen as bytes and as lanes. Holds a command's bytes only while they cross.
  readonly #bytes = new Uint8Array(CAPACITY);
  readonly #lanes = new BigInt64Array(this.#bytes.buffer);

  constructor(module: WebAssembly.Module) {
    this.#exports = new Instance(module).exports as unknown as Exports;
    this.#exports.start();
    if (this.#exports.abi() !== ABI) throw new Error('this is not a kernel of ABI version 1');
    freeze(this);
  }

  /** Lays `bytes` into the lanes from `at` on, which is a multiple of 8. */
  write(bytes: Uint8Array, at = 0): void {
    const length = bytes.length;
    if (at + length > CAPACITY) throw new RangeError('more bytes than the kernel has lanes for');
    const view = this.#bytes;
    const last = (length + 7) >> 3;
    for (let i = 0; i < length; i++) view[i] = bytes[i]!;
    for (let i = length; i < last << 3; i++) view[i] = 0;
    const first = at >> 3;
    for (let lane = 0; lane < last; lane++) {
      this.#exports.put(first + lane, this.#lanes[lane]!);
      this.#lanes[lane] = 0n;
    }
  }

  writeLane(lane: number, value: bigint): void {
    this.#exports.put(lane, value);
  }

  /** A few secret bits, a PIN's digit: leaves no BigInt behind. */
  writeSmall(lane: number, value: number): void {
    this.#exports.put32(lane, value);
  }

  /** Throws `WebAssembly.RuntimeError` when a trusted application panics: the instance is then poisoned. */
  command(op: number, length: number): Answer {
    return answer(this.#exports.command(op, length));
  }

  commit(generation: bigint, tag: bigint): Answer {
    return answer(this.#exports.commit(generation, tag));
  }

  readLane(lane: number): bigint {
    return this.#exports.get(lane);
  }

  /** Takes `length` bytes out of the lanes from `at` on, which is a multiple of 8; each lane is cleared by being read. */
  read(length: number, at = 0): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(length);
    const first = at >> 3;
    const last = (length + 7) >> 3;
    for (let lane = 0; lane < last; lane++) this.#lanes[lane] = this.#exports.get(first + lane);
    for (let i = 0; i < length; i++) out[i] = this.#bytes[i]!;
    for (let lane = 0; lane < last; lane++) this.#lanes[lane] = 0n;
    return out;
  }
}

function answer(word: bigint): Answer {
  return { status: toNumber(word >> 32n), length: toNumber(word & 0xffffffffn) };
}
