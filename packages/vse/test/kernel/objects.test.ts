// The kernel's object store against a model of thirty lines: random transactions, committed, taken back, sealed and
// opened again. The model also says when there is room: as long as all capacities fit into the arena, and no sooner.
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { hex, type SeededBytes, seededBytes } from '../crypto/seeded-bytes.ts';

const ARENA = 65_536;
const MAX_OBJECTS = 48;
const SEAL_LIMIT = 98_304;

type Exports = {
  reset(seed: bigint): void;
  put(lane: number, value: bigint): void;
  get(lane: number): bigint;
  create(owner: number, idLength: number, length: number): number;
  find(owner: number, idLength: number): number;
  used(index: number): number;
  length(index: number): number;
  read(index: number, at: number, length: number): number;
  write(index: number, at: number, length: number): number;
  resize(index: number, length: number): number;
  remove(index: number): void;
  changed(): number;
  commit(): void;
  rollback(): void;
  joined(backup: number): void;
  serialise(limit: number): number;
  deserialise(length: number): number;
};

const module = new WebAssembly.Module(
  readFileSync(new URL('../../build/test-objects.wasm', import.meta.url)),
);
const store = new WebAssembly.Instance(module).exports as unknown as Exports;
const area = new Uint8Array(SEAL_LIMIT);
const lanes = new BigInt64Array(area.buffer);

function send(bytes: Uint8Array): void {
  area.set(bytes);
  for (let lane = 0; lane < (bytes.length + 7) >> 3; lane++) store.put(lane, lanes[lane]!);
}

function receive(length: number): Uint8Array {
  for (let lane = 0; lane < (length + 7) >> 3; lane++) lanes[lane] = store.get(lane);
  return area.slice(0, length);
}

type Entry = { readonly owner: number; readonly id: Uint8Array; data: Uint8Array; capacity: number };

/** What the store should be. Places are taken from the front; a capacity grows in steps of 256 and never shrinks. */
class Model {
  entries: (Entry | undefined)[] = new Array(MAX_OBJECTS).fill(undefined);
  #before: (Entry | undefined)[] | undefined;

  begin(): void {
    this.#before ??= this.entries.map((entry) => entry && { ...entry });
  }
  commit(): void {
    this.#before = undefined;
  }
  rollback(): void {
    if (this.#before) this.entries = this.#before;
    this.#before = undefined;
  }
  get capacity(): number {
    return this.entries.reduce((sum, entry) => sum + (entry?.capacity ?? 0), 0);
  }
  create(owner: number, id: Uint8Array, length: number): number {
    this.begin();
    const index = this.entries.indexOf(undefined);
    const capacity = (length + 15) & ~15;
    if (index < 0 || this.capacity + capacity > ARENA) return -1;
    this.entries[index] = { owner, id, data: new Uint8Array(length), capacity };
    return index;
  }
  resize(index: number, length: number): number {
    this.begin();
    const entry = this.entries[index]!;
    const capacity = length <= entry.capacity ? entry.capacity : (length + 255) & ~255;
    if (this.capacity - entry.capacity + capacity > ARENA) return 0;
    const data = new Uint8Array(length);
    data.set(entry.data.subarray(0, length));
    Object.assign(entry, { data, capacity });
    return 1;
  }
  write(index: number, at: number, bytes: Uint8Array): number {
    const { data } = this.entries[index]!;
    if (at > data.length) return 0;
    const end = at + bytes.length;
    if (end > data.length && !this.resize(index, end)) return 0;
    this.begin();
    const entry = this.entries[index]!;
    entry.data = entry.data.slice();
    entry.data.set(bytes, at);
    return 1;
  }
  remove(index: number): void {
    this.begin();
    this.entries[index] = undefined;
  }
  /** count 2, then owner 1 · id length 1 · length 4 · id · data. */
  serialised(): Uint8Array {
    const live = this.entries.filter((entry) => entry !== undefined);
    const header = ({ owner, id, data }: Entry) => {
      const bytes = Buffer.from([owner, id.length, 0, 0, 0, 0]);
      bytes.writeUInt32BE(data.length, 2);
      return bytes;
    };
    const count = Buffer.from([live.length >> 8, live.length & 255]);
    return Buffer.concat([count, ...live.flatMap((entry) => [header(entry), entry.id, entry.data])]);
  }
}

let model: Model;
beforeEach(() => {
  store.reset(1n);
  model = new Model();
});

function expectSame(step: string): void {
  const wanted = model.serialised();
  const length = store.serialise(SEAL_LIMIT);
  if (length !== wanted.length || !Buffer.from(receive(length)).equals(wanted)) {
    expect({ step, state: hex(receive(length)) }).toEqual({ step, state: hex(wanted) });
  }
}

/** Mostly small, now and then a large part of the arena. */
function someLength({ below }: SeededBytes): number {
  return [below(20), below(300), below(3000), below(20_000)][below(4)]!;
}

function step(random: SeededBytes): void {
  const { bytes, below } = random;
  const live = model.entries.flatMap((entry, index) => (entry ? [index] : []));
  const index = live.length > 0 ? live[below(live.length)]! : -1;
  const choice = below(10);
  if (index < 0 || choice < 2) {
    const owner = below(2) * 255;
    const id = bytes(1 + below(64));
    const length = someLength(random);
    send(id);
    expect(store.find(owner, id.length)).toBe(-1);
    expect(store.create(owner, id.length, length)).toBe(model.create(owner, id, length));
    expect(store.find(owner, id.length)).toBe(model.entries.findIndex((entry) => entry?.id === id));
  } else if (choice < 7) {
    const data = bytes(someLength(random));
    const at = below(model.entries[index]!.data.length + 3);
    send(data);
    expect(store.write(index, at, data.length)).toBe(model.write(index, at, data));
  } else if (choice < 9) {
    const length = someLength(random);
    expect(store.resize(index, length)).toBe(model.resize(index, length));
  } else {
    store.remove(index);
    model.remove(index);
  }
}

function finish({ below }: SeededBytes): void {
  const choice = below(4);
  if (choice === 0) {
    store.rollback();
    model.rollback();
  } else {
    store.commit();
    model.commit();
  }
  expect(store.changed()).toBe(0);
  if (choice === 1) reopen();
}

/** Seals and opens under another mask: capacities become what the lengths need, places move to the front. */
function reopen(): void {
  const length = store.serialise(SEAL_LIMIT);
  const sealed = receive(length);
  store.reset(BigInt(length));
  send(sealed);
  expect(store.deserialise(length)).toBe(1);
  store.commit();
  const live = model.entries.filter((entry) => entry !== undefined);
  model.entries = new Array(MAX_OBJECTS).fill(undefined);
  live.forEach((entry, index) => {
    model.entries[index] = { ...entry, capacity: (entry.data.length + 15) & ~15 };
  });
}

describe.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
  it('300 transactions of one to eight steps', () => {
    const random = seededBytes(`objects ${seed}`);
    for (let transaction = 0; transaction < 300; transaction++) {
      for (let steps = 1 + random.below(8); steps > 0; steps--) {
        step(random);
        expectSame(`transaction ${transaction}`);
      }
      finish(random);
      expectSame(`end of transaction ${transaction}`);
    }
  });
});

describe('at the edges', () => {
  const named = (text: string) => {
    send(Buffer.from(text));
    return text.length;
  };
  const make = (text: string, length: number) => store.create(0, named(text), length);

  it('an object grows into the last byte of the arena, wherever it lies', () => {
    for (const grown of [0, 1, 2]) {
      store.reset(7n);
      for (const name of ['a', 'b', 'c']) make(name, 16_384);
      for (const index of [0, 1, 2]) {
        send(new Uint8Array(16_384).fill(index + 1));
        expect(store.write(index, 0, 16_384)).toBe(1);
      }
      expect(store.resize(grown, 32_768)).toBe(1);
      expect(store.resize(grown, 32_769)).toBe(0);
      for (const index of [0, 1, 2]) {
        expect(store.read(index, 0, 16_384)).toBe(1);
        expect(receive(16_384).every((byte) => byte === index + 1)).toBe(true);
      }
      expect(store.read(grown, 16_384, 16_384)).toBe(1);
      expect(receive(16_384).every((byte) => byte === 0)).toBe(true);
    }
  });

  it('48 objects, and not one more; names of 1 to 64 bytes', () => {
    for (let i = 0; i < MAX_OBJECTS; i++) expect(make(`object ${i}`, 1)).toBe(i);
    expect(make('one more', 1)).toBe(-1);
    store.remove(7);
    expect(store.create(0, named('x'.repeat(65)), 1)).toBe(-1);
    expect(store.create(0, 0, 1)).toBe(-1);
    expect(store.create(0, named('x'.repeat(64)), 1)).toBe(7);
  });

  const MOST = 2 ** 31 - 1;
  it.each([
    [0, -1],
    [-1, 4],
    [101, 0],
    [1, 100],
    [100, 1],
    [1, MOST],
    [MOST, 1],
    [MOST, MOST],
    [-MOST - 1, MOST],
  ])('a read at %i of %i bytes from an object of 100 reads nothing', (at, length) => {
    make('a', 100);
    expect(store.read(0, at, length)).toBe(0);
  });

  it.each([
    [0, -1],
    [-1, 4],
    [101, 1],
    [1, MOST],
    [100, MOST],
    [MOST, 1],
    [0, ARENA + 1],
    [100, ARENA],
  ])('a write at %i of %i bytes to an object of 100 writes nothing', (at, length) => {
    make('a', 100);
    make('b', 100);
    expect(store.write(0, at, length)).toBe(0);
    expect([store.length(0), store.length(1)]).toEqual([100, 100]);
    expect(store.resize(0, length < 0 ? length : ARENA + 1)).toBe(0);
  });

  it('what was cut off does not come back when the object grows again', () => {
    make('a', 0);
    send(Buffer.from('a secret that ends'));
    store.write(0, 0, 18);
    store.resize(0, 2);
    store.resize(0, 18);
    store.read(0, 0, 18);
    expect(Buffer.from(receive(18)).toString('latin1')).toBe(`a ${'\0'.repeat(16)}`);
  });
});

// A spent key must be gone from memory, not only from the directory: who reads both shares reads the arena.
describe('is erased, not only forgotten', () => {
  const SECRET = Buffer.from('a key that was spent');
  const BESIDE = 8_192;

  /** How often the secret lies in the joined arena and in the backup of the last transaction. */
  function copies(): number {
    let count = 0;
    for (const backup of [0, 1]) {
      store.joined(backup);
      const image = Buffer.from(receive(ARENA));
      for (let at = image.indexOf(SECRET); at >= 0; at = image.indexOf(SECRET, at + 1)) count++;
    }
    return count;
  }

  /** The secret in the second of three objects. */
  function threeObjects(committed = true): void {
    for (const name of ['a', 'b', 'c']) {
      send(Buffer.from(name));
      store.create(0, 1, BESIDE);
    }
    send(SECRET);
    store.write(1, 100, SECRET.length);
    expect(copies()).toBe(1);
    if (committed) store.commit();
  }

  it.each<[string, () => void]>([
    ['deleted', () => store.remove(1)],
    ['cut off', () => store.resize(1, 100)],
    ['overwritten', () => [send(new Uint8Array(SECRET.length)), store.write(1, 100, SECRET.length)]],
  ])('%s', (_, end) => {
    threeObjects();
    end();
    store.commit();
    expect(copies()).toBe(0);
  });

  it.each<[string, () => void]>([
    ['moved to a larger place', () => store.resize(1, 20_000)],
    ['grown where it lies', () => store.resize(1, ARENA - 2 * BESIDE)],
    ['moved down by compaction', () => [store.remove(0), store.resize(2, 45_000)]],
  ])('%s: there is one copy, not two', (_, move) => {
    threeObjects();
    move();
    store.commit();
    expect(copies()).toBe(1);
    store.remove(1);
    store.commit();
    expect(copies()).toBe(0);
  });

  it('moved far down by compaction: nothing is left behind at the end', () => {
    send(Buffer.from('ab'));
    store.create(0, 1, 50_000);
    store.create(0, 2, BESIDE);
    send(SECRET);
    store.write(1, 100, SECRET.length);
    store.remove(0);
    send(Buffer.from('c'));
    expect(store.create(0, 1, 10_000)).toBe(0);
    store.commit();
    expect(copies()).toBe(1);
  });

  it('of a transaction that is taken back', () => {
    threeObjects(false);
    store.rollback();
    expect(copies()).toBe(0);
  });
});
