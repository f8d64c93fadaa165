import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem, nodeProcesses, type Processes, WalletLock } from '../src/node/index.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapseal-lock-'));
  path = join(folder, 'wallet.lock');
});
afterEach(() => rm(folder, { recursive: true }));

function process_(self: string, alive: readonly string[]): Processes {
  return { self, isAlive: async (name) => alive.includes(name) };
}

const take = (processes: Processes) => WalletLock.take(nodeFileSystem, path, processes);

describe('the lock of a wallet', () => {
  it('is for one process', async () => {
    const lock = await take(process_('100 a', []));
    await expect(take(process_('101 b', ['100 a']))).rejects.toMatchObject({
      reason: 'wallet_open_elsewhere',
    });
    await lock.assertHeld();
    await lock.release();
    await (await take(process_('101 b', ['100 a']))).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over when its owner is gone, also when its process id was given away', async () => {
    await take(process_('100 a', []));
    const lock = await take(process_('101 b', ['100 another-start']));
    await lock.assertHeld();
    expect(await readdir(folder)).toEqual(['wallet.lock']);
  });

  it('is noticed to be lost before keys are written', async () => {
    const lock = await take(process_('100 a', []));
    await writeFile(path, '101 b');
    await expect(lock.assertHeld()).rejects.toMatchObject({ reason: 'wallet_open_elsewhere' });
    await lock.release();
    expect(await readdir(folder)).toEqual(['wallet.lock']);
  });

  it('goes to one of many that find a dead owner', async () => {
    await take(process_('100 dead', []));
    const names = Array.from({ length: 20 }, (_, index) => `${200 + index} x`);
    const results = await Promise.allSettled(names.map((self) => take(process_(self, names))));
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const held = await Promise.allSettled(locks.map((lock) => lock.assertHeld()));
    expect(held.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('knows real processes', async () => {
    const processes = await nodeProcesses();
    expect(await processes.isAlive(processes.self)).toBe(true);
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    expect(await processes.isAlive(`${child.pid} -`)).toBe(false);
    expect(await processes.isAlive('not a process')).toBe(false);
  });

  it('tells a process from a later one with its id', async ({ skip }) => {
    skip(process.platform !== 'linux', 'only Linux tells when a process started (/proc)');
    const processes = await nodeProcesses();
    expect(await processes.isAlive(`${process.pid} some-other-boot/1`)).toBe(false);
  });
});
