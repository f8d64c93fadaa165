// The phone as it runs: a process under Node's permission model, with the real element and files on a real disk.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionOptions } from '../src/index.ts';

const PROGRAM = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let parent: string;
let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'tapseal-phone-'));
  folder = join(parent, 'wallet');
});
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  await rm(parent, { recursive: true });
});

function start(
  how: readonly string[] = ['--demonstration'],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      ...permissionOptions(PROGRAM, folder),
      MAIN,
      '--folder',
      folder,
      '--port',
      '0',
      '--issuer',
      'http://127.0.0.1:9',
      ...how,
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env },
  );
  children.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<string> {
  const [message] = (await once(child, 'message')) as [{ ready: boolean; ports: { control: number } }];
  expect(message.ready).toBe(true);
  return `http://127.0.0.1:${message.ports.control}`;
}

async function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
}

const status = async (url: string) =>
  (await (await fetch(`${url}/status`)).json()) as Record<string, unknown>;

describe('the process of the phone', () => {
  it('says that it is ready, keeps its files to itself, and ends in order', async () => {
    const child = start();
    const url = await ready(child);
    expect(await status(url)).toMatchObject({ state: 'new', network: true, cards: [] });
    expect((await readdir(folder)).sort()).toEqual([
      'installation.json',
      'platform-secret',
      'sealed-state',
      'wallet.lock',
    ]);
    for (const name of await readdir(folder)) {
      expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
    }
    const end = ended(child);
    child.kill('SIGTERM');
    expect(await end).toEqual({ code: 0, signal: null });
    expect(await readdir(folder)).not.toContain('wallet.lock');
  });

  it('ends when its supervisor is gone', async () => {
    const child = start();
    await ready(child);
    const end = ended(child);
    child.disconnect();
    expect((await end).code).toBe(0);
  });

  it('is killed, and opens again as the same device', async () => {
    const first = start();
    const { deviceId } = await status(await ready(first));
    expect(deviceId).toMatch(/^[0-9a-f-]{36}$/);
    const end = ended(first);
    first.kill('SIGKILL');
    expect((await end).signal).toBe('SIGKILL');
    expect(await readdir(folder)).toContain('wallet.lock');
    const second = start();
    expect(await status(await ready(second))).toMatchObject({ state: 'new', deviceId });
  });

  it.each([
    ['without --demonstration', [], {}],
    ['in production', ['--demonstration'], { NODE_ENV: 'production' }],
  ] as const)('does not open a kernel with the test root %s', async (_, how, env) => {
    const child = start(how, { ...process.env, ...env });
    let log = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    expect((await ended(child)).code).toBe(1);
    expect(JSON.parse(log.trim())).toMatchObject({ event: 'not_started', reason: 'test_root_refused' });
  });

  it('is one a wallet', async () => {
    await ready(start());
    const second = start();
    let log = '';
    second.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    expect((await ended(second)).code).toBe(1);
    expect(JSON.parse(log.trim())).toMatchObject({ event: 'not_started', reason: 'wallet_open_elsewhere' });
  });

  it.each([
    ['write elsewhere', (elsewhere: string) => `fs.writeFileSync(${JSON.stringify(elsewhere)}, 'x')`],
    [
      'read the environment of other processes',
      () => `fs.readFileSync('/proc/' + process.ppid + '/environ')`,
    ],
    [
      "read the bank's data in the repository",
      () => `fs.readFileSync(${JSON.stringify(join(PROGRAM, 'data', 'keystore.json'))})`,
    ],
    ['read accounts', () => `fs.readFileSync('/etc/passwd')`],
    ['start a program', () => `require('node:child_process').execSync('true')`],
  ])('cannot %s', async (_, attempt) => {
    const code = `const fs = require('node:fs'); ${attempt(join(parent, 'elsewhere'))}`;
    const child = spawn(process.execPath, [...permissionOptions(PROGRAM, folder), '-e', code], {
      stdio: 'pipe',
    });
    children.push(child);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await once(child, 'close');
    expect(said).toContain('ERR_ACCESS_DENIED');
    expect(await readdir(parent)).not.toContain('elsewhere');
  });
});
