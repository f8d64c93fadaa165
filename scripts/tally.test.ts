// The last line of `npm test` decides whether a change goes in, so it is tested against a real run of Vitest
// over files that pass, fail, skip, break in a hook, break on import, or reject behind everyone's back.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const files = {
  'a.test.ts': `
    test('passes', () => {});
    test('fails', () => { expect(1).toBe(2); });
    test('skips itself', ({ skip }) => { skip(true, 'no smart-card reader'); });
    test.skip('is switched off', () => {});
    test.todo('is not written');`,
  'b.test.ts': `
    describe('with a broken hook', () => {
      beforeAll(() => { throw new Error('no database'); });
      test('never runs', () => {});
    });`,
  'c.test.ts': `throw new Error('cannot be imported');`,
  'd.test.ts': `test('leaves a rejection', async () => {
      Promise.reject(new Error('nobody waits for this'));
      await new Promise((resolve) => setTimeout(resolve, 50));
    });`,
};

function runOver(folder: string): string[] {
  const program = `
    import { startVitest } from 'vitest/node';
    import { Tally } from ${JSON.stringify(import.meta.resolve('./tally.ts'))};
    const tally = new Tally();
    const options = { root: process.argv[1], config: false, globals: true, watch: false, reporters: [tally.reporter()] };
    const vitest = await startVitest('test', [], options);
    await vitest.close();
    console.log('BEGIN' + JSON.stringify(tally.lines()));
    process.exit(0);`;
  const args = ['--input-type=module-typescript', '-e', program, folder];
  const output = execFileSync(process.execPath, args, {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output.slice(output.indexOf('BEGIN') + 5)) as string[];
}

test('every test is counted once, and what could not run is a failure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapseal-tally-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const lines = runOver(folder);
    expect(lines.filter((line) => line.startsWith('skipped:'))).toEqual([
      'skipped: a.test.ts > skips itself (no smart-card reader)',
      'skipped: a.test.ts > is switched off (no reason given)',
      'skipped: a.test.ts > is not written (no reason given)',
      'skipped: b.test.ts > with a broken hook > never runs (no reason given)',
    ]);
    expect(lines.filter((line) => line.startsWith('failed:')).sort()).toEqual([
      'failed: a.test.ts > fails (expected 1 to be 2 // Object.is equality)',
      'failed: b.test.ts > with a broken hook (no database)',
      'failed: c.test.ts (cannot be imported)',
      'failed: error outside of any test (nobody waits for this)',
    ]);
    expect(lines.at(-1)).toBe('2 passed, 4 failed, 4 skipped');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
