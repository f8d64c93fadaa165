// A temporary server leaves nothing behind: neither after a stop, nor, at the next start, after kill -9 of its owner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isLiving } from './process-state.ts';
import { startTemporaryPostgres } from './temporary.ts';

test('its data goes with it, and what a killed owner left goes with the next one', async () => {
  const program = `
    import { startTemporaryPostgres } from ${JSON.stringify(import.meta.resolve('./temporary.ts'))};
    const { pid, dataDir } = await startTemporaryPostgres();
    console.log(JSON.stringify({ pid, dataDir }));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const left = JSON.parse(line.toString()) as { pid: number; dataDir: string };
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  await expect.poll(() => isLiving(left.pid), { timeout: 20_000 }).toBe(false);
  expect(existsSync(left.dataDir)).toBe(true);

  const next = await startTemporaryPostgres();
  expect(existsSync(left.dataDir)).toBe(false);
  expect(existsSync(next.dataDir)).toBe(true);
  await next.stop();
  expect(existsSync(next.dataDir)).toBe(false);
});
