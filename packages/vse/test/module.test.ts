// The built kernel, from outside: no imports, functions only, and a host that lies gets nowhere.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KERNEL_REFUSALS } from '../src/index.ts';
import { Kernel } from '../src/kernel.ts';

const build = (name: string) =>
  new WebAssembly.Module(readFileSync(new URL(`../build/${name}`, import.meta.url)));
const MAGIC_BOOT = 1;

function input(sealed?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(144 + (sealed?.length ?? 0)).fill(5);
  if (sealed) bytes.set(sealed, 144);
  return bytes;
}

describe.each(['kernel.wasm', 'kernel.scalar.wasm'])('%s', (name) => {
  it('imports nothing and exports functions only', () => {
    const module = build(name);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const exported = WebAssembly.Module.exports(module);
    expect(new Set(exported.map(({ kind }) => kind))).toEqual(new Set(['function']));
    expect(exported.map((entry) => entry.name).sort()).toEqual(
      ['abi', 'command', 'commit', 'get', 'put', 'put32', 'resume', 'start', 'state'].sort(),
    );
  });

  it('keeps its answer until the very generation and tag are committed', () => {
    const kernel = new Kernel(build(name));
    kernel.write(input());
    const first = kernel.command(MAGIC_BOOT, 144);
    expect(first.status).toBe(1);
    const generation = kernel.readLane(0);
    const tag = kernel.readLane(1);
    expect(generation).toBe(1n);
    expect(kernel.command(4, 16).status).toBe(0x102);
    expect(kernel.commit(2n, tag).status).toBe(0x106);
    expect(kernel.commit(generation, tag ^ 1n).status).toBe(0x106);
    const sealed = kernel.read(first.length - 16, 16);
    expect(kernel.commit(generation, tag)).toEqual({ status: 0, length: 34 });
    expect(kernel.commit(generation, tag).status).toBe(0x100);

    const again = new Kernel(build(name));
    again.write(input(sealed));
    expect(again.command(MAGIC_BOOT, 144 + sealed.length)).toEqual({ status: 0, length: 34 });
    expect(again.command(MAGIC_BOOT, 144).status).toBe(0x101);
  });

  it('reads a lane once', () => {
    const kernel = new Kernel(build(name));
    kernel.writeLane(3, 77n);
    expect([kernel.readLane(3), kernel.readLane(3)]).toEqual([77n, 0n]);
    expect([kernel.readLane(-1), kernel.readLane(1 << 30)]).toEqual([0n, 0n]);
  });

  it('refuses to start without entropy, and every command before its boot', () => {
    const kernel = new Kernel(build(name));
    kernel.write(new Uint8Array(144));
    expect(kernel.command(MAGIC_BOOT, 144).status).toBe(0x107);
    expect(kernel.command(MAGIC_BOOT, 12).status).toBe(0x107);
    for (const op of [2, 3, 4, 5]) expect(kernel.command(op, 16).status).toBe(0x100);
    expect(kernel.command(MAGIC_BOOT, -1).status).toBe(0x105);
    expect(kernel.command(MAGIC_BOOT, 2 ** 31 - 1).status).toBe(0x105);
  });

  it('is dead after WIPE', () => {
    const kernel = new Kernel(build(name));
    expect(kernel.command(12, 0).status).toBe(0);
    kernel.write(input());
    expect(kernel.command(MAGIC_BOOT, 144).status).toBe(0x103);
  });
});

it('every status word has the same name inside and outside', () => {
  const source = readFileSync(new URL('../assembly/kernel/status.ts', import.meta.url), 'utf8');
  const inside = [...source.matchAll(/export const (\w+): u32 = (0x[0-9a-f]+|\d+);/g)]
    .map(([, name, value]) => [Number(value), name!.toLowerCase()] as const)
    .filter(([value]) => value >= 0x100);
  expect(Object.fromEntries(inside)).toEqual(KERNEL_REFUSALS);
});
