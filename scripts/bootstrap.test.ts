// `node scripts/run.mjs` in front of a program must not be noticed by whoever calls it: arguments, standard
// output, exit code and signals go through.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from './one-at-a-time.mjs';

const run = fileURLToPath(new URL('./run.mjs', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapseal-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(program: string, ...args: string[]) {
  const file = join(folder, 'program.ts');
  writeFileSync(file, program);
  return spawn(process.execPath, [run, file, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

test('arguments and folder go in, output and exit code come out', async () => {
  const child = start(
    'const n: number = 7; console.log(process.argv.slice(2).join(), process.cwd()); process.exit(n);',
    'a b',
    '--c',
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  expect(await once(child, 'close')).toEqual([7, null]);
  expect(output).toBe(`a b,--c ${folder}\n`);
});

test('the data folder is that of the clone, or the one that was named, seen from where the command was given', async () => {
  const dataDirIn = async (env: NodeJS.ProcessEnv) => {
    writeFileSync(join(folder, 'program.ts'), 'console.log(process.env.TAPSEAL_DATA);');
    const { stdout } = await promisify(execFile)(process.execPath, [run, join(folder, 'program.ts')], {
      cwd: folder,
      env,
    });
    return stdout.trim();
  };
  const { TAPSEAL_DATA: _, ...env } = process.env;
  expect(await dataDirIn(env)).toBe(join(dirname(dirname(run)), 'data'));
  expect(await dataDirIn({ ...env, TAPSEAL_DATA: 'bank' })).toBe(join(folder, 'bank'));
  expect(await dataDirIn({ ...env, TAPSEAL_DATA: '/elsewhere' })).toBe('/elsewhere');
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s reaches the program, which ends in its own way',
  async (signal) => {
    const child = start(
      `process.on('${signal}', () => process.exit(42)); console.log('ready'); setInterval(() => {}, 1000);`,
    );
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([42, null]);
  },
);

test('a program that a signal ends shows as a shell shows it', async () => {
  const child = start(`console.log('ready'); setInterval(() => {}, 1000);`);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([128 + 15, null]);
});

test('a program that does not exist is named', async () => {
  const child = spawn(process.execPath, [run, 'no/such/program.ts'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(text).toContain('no/such/program.ts does not exist');
});

test('SIGTERM to npm reaches the program behind it', async () => {
  writeFileSync(
    join(folder, 'program.ts'),
    `process.on('SIGTERM', () => process.exit(0)); console.log('ready', process.pid); setInterval(() => {}, 1000);`,
  );
  const scripts = Object.values(readJsonScripts()).filter((script) => script.includes('scripts/'));
  expect(scripts.filter((script) => !script.startsWith('exec node scripts/'))).toEqual([]);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ scripts: { go: `exec node ${run} ${join(folder, 'program.ts')}` } }),
  );
  const npm = spawn('npm', ['--prefix', folder, 'run', 'go'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  npm.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await expect.poll(() => output, { timeout: 50_000 }).toMatch(/ready \d+/);
  npm.kill('SIGTERM');
  await once(npm, 'exit');
  const pid = Number(output.match(/ready (\d+)/)![1]);
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
});

function readJsonScripts(): Record<string, string> {
  const file = join(dirname(dirname(run)), 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { scripts: Record<string, string> }).scripts;
}
