/** The issuer as a process: how it starts, what it refuses to start with, how it stops, and that it comes back. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withTestDatabase } from '../src/postgres/test-database.ts';
import { OPERATOR } from './issuer-under-test.ts';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;

let demonstrationDatabase: string;
let liveDatabase: string;
let folder: string;
beforeAll(async () => {
  demonstrationDatabase = (await withTestDatabase()).url;
  liveDatabase = (await withTestDatabase()).url;
  folder = await mkdtemp(join(tmpdir(), 'tapseal-issuer-'));
});
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true }));

interface Child {
  readonly child: ChildProcess;
  readonly output: string[];
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
}

function launch(args: readonly string[], change: Record<string, string | undefined> = {}): Child {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    DATABASE_URL: demonstrationDatabase,
    TAPSEAL_DATA: folder,
    TAPSEAL_HTTP_PORT: '0',
    TAPSEAL_ISO8583_PORT: '0',
    TAPSEAL_OPERATOR_CREDENTIAL: OPERATOR,
    ...change,
  };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  children.push(child);
  const output: string[] = [];
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text) => output.push(text));
  return { child, output, exited: once(child, 'exit') as Child['exited'] };
}

async function ready(started: Child): Promise<{ ports: { http: number; iso8583: number }; keys: string }> {
  const first = await Promise.race([once(started.child, 'message'), started.exited.then(() => undefined)]);
  if (!first) throw new Error(`it ended: ${started.output.join('')}`);
  return first[0] as never;
}

async function stopped({ child, exited }: Child): Promise<number | null> {
  child.kill('SIGTERM');
  return (await exited)[0];
}

const status = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;

describe('as a demonstration', () => {
  it('starts, answers, stops, and starts again on the same keys', async () => {
    const first = launch(['--demonstration']);
    const { ports, keys } = await ready(first);
    expect(keys).toBe('demonstration keystore');
    expect(await status(ports.http, '/health/ready')).toBe(200);
    expect(await status(ports.http, '/openapi.json')).toBe(200);
    const socket = connect(ports.iso8583, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    expect(await stopped(first)).toBe(0);

    const second = launch(['--demonstration']);
    await ready(second);
    expect(await stopped(second)).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['keystore.demonstration-passphrase', 'keystore.json']);
  });

  it('two at once share one database and one keystore', async () => {
    const both = [launch(['--demonstration']), launch(['--demonstration'])];
    const answers = await Promise.all(both.map(ready));
    expect(await Promise.all(answers.map(({ ports }) => status(ports.http, '/health/ready')))).toEqual([
      200, 200,
    ]);
    expect(await Promise.all(both.map(stopped))).toEqual([0, 0]);
  });

  it('ends when its supervisor lets go of it', async () => {
    const started = launch(['--demonstration']);
    await ready(started);
    started.child.disconnect();
    expect((await started.exited)[0]).toBe(0);
  });
});

describe('does not start', () => {
  const live = { DATABASE_URL: 'live', TAPSEAL_KEYSTORE_PASSPHRASE: 'a passphrase' };
  // In order of precedence; the whole table of key choices stands in src/keys/load-keys.test.ts.
  it.each([
    ['database_url_missing', ['--demonstration'], { DATABASE_URL: undefined }],
    ['operator_credential_missing', ['--demonstration'], { TAPSEAL_OPERATOR_CREDENTIAL: 'short' }],
    ['test_keys_in_production', ['--demonstration', '--test-keys'], { NODE_ENV: 'production' }],
    ['test_keys_without_demonstration', ['--test-keys'], live],
    ['certificate_missing', [], live],
    ['database_belongs_to_another_keystore', ['--demonstration', '--test-keys'], {}],
  ])('%s', async (reason, args, change) => {
    const database =
      (change as { DATABASE_URL?: string }).DATABASE_URL === 'live' ? { DATABASE_URL: liveDatabase } : {};
    const own = await mkdtemp(join(folder, 'own-'));
    const started = launch(args, { TAPSEAL_DATA: own, ...change, ...database });
    expect((await started.exited)[0]).toBe(1);
    expect(started.output.join('')).toContain(`"reason":"${reason}"`);
    await rm(own, { recursive: true });
  });

  it('a database that is not there: an error without its address', async () => {
    const started = launch(['--demonstration'], {
      DATABASE_URL: 'postgres://mei:secret-of-mei@127.0.0.1:1/none',
    });
    expect((await started.exited)[0]).toBe(1);
    const output = started.output.join('');
    expect(output).toContain('ECONNREFUSED');
    expect(output).not.toContain('secret-of-mei');
  });
});
