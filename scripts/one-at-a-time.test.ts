// The lock around installing and building: exclusive between processes, and not blocked by a dead one.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { oneAtATime } from './one-at-a-time.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapseal-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('four processes take turns: none sees another in the middle of its work', async () => {
  const counter = join(folder, 'counter');
  writeFileSync(counter, '0');
  // Each turn reads, waits, and writes: two at once would lose one.
  const program = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { oneAtATime } from ${JSON.stringify(import.meta.resolve('./one-at-a-time.mjs'))};
    const [lock, counter] = process.argv.slice(1);
    await oneAtATime(lock, async () => {
      const n = Number(readFileSync(counter, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 30));
      writeFileSync(counter, String(n + 1));
    });`;
  const args = ['--input-type=module', '-e', program, join(folder, 'lock'), counter];
  await Promise.all([1, 2, 3, 4].map(() => promisify(execFile)(process.execPath, args)));
  expect(readFileSync(counter, 'utf8')).toBe('4');
});

test('a lock left by a process that was killed is taken over without waiting', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const lock = join(folder, 'lock');
  symlinkSync(String(child.pid), lock);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const waitedFor: number[] = [];
  const result = await oneAtATime(
    lock,
    async () => 'done',
    (pid) => waitedFor.push(pid),
  );
  expect(result).toBe('done');
  expect(waitedFor).toEqual([]);
});

test('the lock is given back when the work fails', async () => {
  const lock = join(folder, 'lock');
  const failing = oneAtATime(lock, async () => {
    throw new Error('compiler crashed');
  });
  await expect(failing).rejects.toThrow('compiler crashed');
  expect(await oneAtATime(lock, async () => 1)).toBe(1);
});
