// The embedded server against everything that happens to it: a second start, kill -9 of the server, kill -9 of
// its owner, a taken port, and another account's eyes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isLiving } from './process-state.ts';
import { type Postgres, startPostgres } from './start.ts';

let dataDir: string;
const running = new Set<Postgres>();
const log: string[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tapseal-server-test-'));
  log.length = 0;
});
afterEach(async () => {
  for (const server of running) await server.stop();
  running.clear();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(port?: number): Promise<Postgres> {
  const server = await startPostgres({ dataDir, onLog: (line) => log.push(line), ...(port && { port }) });
  running.add(server);
  return server;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a server of our own', () => {
  test('is durable, in UTF-8 and C, on loopback, and keeps values out of its log', async () => {
    const { url, adminUrl } = await start();
    const show = async (name: string) => Object.values((await query(adminUrl, `SHOW ${name}`))[0]!)[0];
    const expected = {
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      server_encoding: 'UTF8',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      timezone: 'UTC',
    };
    const actual = await Promise.all(Object.keys(expected).map(async (name) => [name, await show(name)]));
    expect(Object.fromEntries(actual)).toEqual(expected);

    await query(url, 'CREATE TABLE card (pan text PRIMARY KEY)');
    const insert = "INSERT INTO card VALUES ('9901234567890123')";
    await query(url, insert);
    await expect(query(url, insert)).rejects.toThrow('duplicate key');
    await expect.poll(() => log.join('\n')).toContain('duplicate key value violates unique constraint');
    expect(log.join('\n')).not.toContain('9901234567890123');
  });

  test("the issuer's role owns its database and is no superuser; passwords are in a 0600 file", async () => {
    const { url } = await start();
    const [role] = await query(
      url,
      'SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user',
    );
    expect(role).toEqual({ rolsuper: false, rolcreaterole: false, rolcreatedb: false });
    expect(statSync(join(dataDir, 'passwords.json')).mode & 0o777).toBe(0o600);
    const wrong = new URL(url);
    wrong.password = 'x';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  test('keeps its data over a stop, and over kill -9 of the server', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE taps (atc int PRIMARY KEY)');
    await first.stop();
    const second = await start(first.port);
    expect(second.port).toBe(first.port);
    await query(second.url, 'INSERT INTO taps VALUES (1)');
    second.kill();
    expect(await second.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const third = await start(first.port);
    expect(await query(third.url, 'SELECT atc FROM taps')).toEqual([{ atc: 1 }]);
  });

  test('refuses a second start on its folder and says who is in the way', async () => {
    await start();
    await expect(start()).rejects.toMatchObject({
      reason: 'folder_in_use',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
  });

  test('refuses a port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(start(port)).rejects.toMatchObject({ reason: 'port_in_use' });
    other.close();
    expect((await start()).port).toBeGreaterThan(0);
  });
});

describe('after kill -9 of the owner', () => {
  test('the server shuts down by itself, and the next start finds its data', async () => {
    const owner = await startInAnotherProcess();
    await query(owner.url, 'CREATE TABLE taps (atc int)');
    process.kill(owner.pid, 'SIGKILL');
    await expect.poll(() => isLiving(owner.serverPid), { timeout: 20_000 }).toBe(false);
    const next = await start();
    expect(await query(next.url, 'SELECT count(*)::int AS n FROM taps')).toEqual([{ n: 0 }]);
    expect(log.some((line) => line.includes('was not properly shut down'))).toBe(false);
  });

  test('and of its watchdog, the next start stops the orphan first', async ({ skip }) => {
    skip(process.platform !== 'linux', 'finds the watchdog through /proc');
    const owner = await startInAnotherProcess();
    await query(owner.url, 'CREATE TABLE taps (atc int)');
    process.kill(watchdogOf(owner.serverPid), 'SIGKILL');
    process.kill(owner.pid, 'SIGKILL');
    const next = await start();
    expect(isLiving(owner.serverPid)).toBe(false);
    expect(log).toContain('tapseal: stopping the server that an earlier start left behind');
    expect(await query(next.url, 'SELECT count(*)::int AS n FROM taps')).toEqual([{ n: 0 }]);
  });
});

describe('after kill -9 of everything', () => {
  test('a dead server that nobody collects does not block the next start', async ({ skip }) => {
    skip(process.platform !== 'linux', 'finds the watchdog through /proc');
    const owner = await startInAnotherProcess();
    await query(owner.url, 'CREATE TABLE taps (atc int)');
    for (const pid of [watchdogOf(owner.serverPid), owner.pid, owner.serverPid]) process.kill(pid, 'SIGKILL');
    const next = await start();
    expect(await query(next.url, 'SELECT count(*)::int AS n FROM taps')).toEqual([{ n: 0 }]);
  });
});

test('a process that has the id of a server from before the reboot is left alone', async () => {
  await (await start()).stop();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), `${bystander.pid}\n${dataDir}/cluster\n`);
  const next = await start();
  expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(isLiving(bystander.pid!)).toBe(true);
  bystander.kill('SIGKILL');
});

async function startInAnotherProcess() {
  const program = `
    import { startPostgres } from ${JSON.stringify(import.meta.resolve('./start.ts'))};
    const { url, pid } = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, onLog() {} });
    console.log(JSON.stringify({ url, serverPid: pid }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url, serverPid } = JSON.parse(line.toString()) as { url: string; serverPid: number };
  return { pid: child.pid!, url, serverPid };
}

function watchdogOf(serverPid: number): number {
  const found = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return words.includes('tapseal-postgres-watchdog') && words.includes(String(serverPid));
    } catch {
      return false;
    }
  });
  expect(found).toHaveLength(1);
  return Number(found[0]);
}
