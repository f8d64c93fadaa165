// `npm run tap -- --standalone --test-keys --trace FILE`, as a stranger would use it, and a program of his own beside it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { recompute, type Trace } from './recompute.ts';

const TAP = fileURLToPath(new URL('../src/tap.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tapseal-trace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tap(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [TAP, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

const CASES = [
  { profile: 'open', amount: '120', how: ['--cdcvm'], code: 0, de39: '00', umd: 'right' },
  { profile: 'tdes', amount: '120', how: ['--cdcvm'], code: 0, de39: '00', umd: 'right' },
  { profile: 'open', amount: '12.50', how: [], code: 0, de39: '00', umd: 'absent' },
  { profile: 'tdes', amount: '120', how: ['--wrong-pin'], code: 1, de39: '55', umd: 'wrong' },
] as const;

it.each(CASES)(
  '$profile, $amount $how: both cryptograms recomputed',
  async ({ profile, amount, how, code, de39, umd }) => {
    const file = join(folder, `${profile}-${amount}-${how.join('')}.json`);
    const run = await tap(
      '--standalone',
      '--test-keys',
      '--profile',
      profile,
      '--amount',
      amount,
      ...how,
      '--trace',
      file,
    );
    expect(run.output).toContain('PUBLISHED TEST KEYS');
    expect(run.code, run.output).toBe(code);
    const trace = JSON.parse(readFileSync(file, 'utf8')) as Trace;
    expect(Object.keys(trace).sort()).toEqual(
      ['aid', 'apdus', 'arqc', 'atc', 'authorisation', 'de55', 'profile', 'psn', 'testKeys', 'token'].sort(),
    );
    expect(trace.authorisation).toEqual({ mti: '0110', de39 });
    const again = recompute(trace);
    expect(again.md).toBe(trace.arqc);
    if (umd === 'wrong') expect(again.iadUmd).not.toBe(again.umd);
    else expect(again.iadUmd).toBe(again.umd);
    expect(again.iadUmd === '0'.repeat(16)).toBe(umd === 'absent');
  },
);
