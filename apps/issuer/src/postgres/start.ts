// Starts a PostgreSQL server of our own as a child process (DESIGN: one engine; DATABASE_URL uses another
// server instead). Durable, on loopback, with a random password, never as root.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { binariesFor } from './binaries.ts';
import { makeCluster, SUPERUSER, stopLeftOver } from './cluster.ts';
import { PostgresError } from './error.ts';
import { type Folder, openFolder, type Passwords, passwordsOf, STATE_DIRECTORY } from './folder.ts';
import { claim } from './ownership.ts';
import { freePort } from './port.ts';
import { asArguments, SETTINGS, type Settings } from './settings.ts';
import { watchOver } from './watchdog.ts';

export type PostgresOptions = {
  /** Where the server keeps everything; made when missing. */
  readonly dataDir: string;
  /** Absent or 0: any free port. */
  readonly port?: number;
  /** Overrides of SETTINGS, for servers whose data is thrown away. */
  readonly settings?: Settings;
  /** Line by line: our own notes, which begin with `tapseal: `, and the server's log. No customer data (settings.ts). */
  readonly onLog: (line: string) => void;
};

export type PostgresEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Postgres = {
  /** For the issuer: its own role and database. Holds a password: never to be logged. */
  readonly url: string;
  /** For making databases: the superuser, database `postgres`. Holds a password: never to be logged. */
  readonly adminUrl: string;
  readonly port: number;
  readonly pid: number;
  /** Where the data really is; another place than asked for only as root (folder.ts). */
  readonly dataDir: string;
  /** Settles when the server has ended, whoever ended it. */
  readonly exited: Promise<PostgresEnd>;
  /** A fast shutdown: open transactions roll back, everything is written. */
  stop(): Promise<void>;
  /** SIGKILL, for tests and torture. The next start recovers. */
  kill(): void;
};

export const APPLICATION = 'tapseal';
const HOST = '127.0.0.1';

/** Starts the server and waits until it accepts connections. Throws PostgresError. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const note = (line: string) => options.onLog(`tapseal: ${line}`);
  const folder = openFolder(options.dataDir, note);
  const release = await claim(folder.path);
  try {
    return await startClaimed(folder, options, note, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function startClaimed(
  folder: Folder,
  options: PostgresOptions,
  note: (line: string) => void,
  release: () => void,
): Promise<Postgres> {
  const binaries = binariesFor(
    folder.account,
    folder.account.uid === undefined ? folder.path : STATE_DIRECTORY,
  );
  const passwords = passwordsOf(folder);
  await stopLeftOver(folder, binaries, note);
  await makeCluster(folder, binaries, passwords.superuser);
  const { server, port, exited } = await launch(folder, binaries.postgres, options);
  const ended = exited.then((end) => {
    release();
    return end;
  });
  const adminUrl = urlOf(SUPERUSER, passwords.superuser, port, 'postgres');
  try {
    await makeDatabase(adminUrl, passwords);
  } catch (error) {
    await stop(server, ended);
    throw error;
  }
  return {
    url: urlOf(APPLICATION, passwords.application, port, APPLICATION),
    adminUrl,
    port,
    pid: server.pid!,
    dataDir: folder.path,
    exited: ended,
    stop: () => stop(server, ended),
    kill: () => void server.kill('SIGKILL'),
  };
}

const LAUNCH_ATTEMPTS = 20;
const LAUNCH_RETRY_MS = 250;

// Two causes pass by themselves: somebody took the free port first, and the children of a killed server still
// hold its shared memory for a moment.
async function launch(folder: Folder, program: string, options: PostgresOptions) {
  const fixedPort = options.port || undefined;
  for (let attempt = 1; ; attempt++) {
    const port = fixedPort ?? (await freePort());
    const { server, exited, failure } = await launchOnce(folder, program, port, options);
    if (failure === undefined) return { server, port, exited };
    const passing =
      failure.reason === 'folder_in_use' || (failure.reason === 'port_in_use' && fixedPort === undefined);
    if (!passing || attempt === LAUNCH_ATTEMPTS) throw failure;
    await sleep(LAUNCH_RETRY_MS);
  }
}

async function launchOnce(folder: Folder, program: string, port: number, options: PostgresOptions) {
  const settings = asArguments({ ...SETTINGS, ...options.settings, port: String(port) });
  const server = spawn(program, ['-D', folder.cluster, ...settings], {
    ...folder.account,
    cwd: '/',
    env: { LC_ALL: 'C', TZ: 'UTC' },
    // A group of its own: Ctrl-C on the terminal must reach the owner alone, which then stops things in order.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<PostgresEnd>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code, signal) => resolve({ code, signal }));
  });
  if (server.pid !== undefined) exited.then(watchOver(server.pid, folder));
  const log = createInterface({ input: server.stderr! });
  const seen: string[] = [];
  const ready = new Promise<boolean>((resolve) => {
    log.on('line', (line) => {
      options.onLog(line);
      if (seen.length < 50) seen.push(line);
      if (line.includes('database system is ready to accept connections')) resolve(true);
    });
    log.once('close', () => resolve(false));
  });
  if (await Promise.race([ready, exited.then(() => false)])) return { server, exited, failure: undefined };
  await exited;
  return { server, exited, failure: explain(seen, port) };
}

function explain(log: readonly string[], port: number): PostgresError {
  const says = (text: string) => log.some((line) => line.includes(text));
  if (says('could not bind'))
    return new PostgresError('port_in_use', `Port ${port} is in use by another program.`);
  if (says('pre-existing shared memory block') || says('lock file "postmaster.pid" already exists')) {
    return new PostgresError('folder_in_use', 'Another PostgreSQL server still runs on this folder.');
  }
  return new PostgresError('did_not_start', `PostgreSQL did not start: ${log.slice(-5).join(' | ')}`);
}

// The issuer's role owns its database and can neither make roles nor read the server's files.
async function makeDatabase(adminUrl: string, passwords: Passwords): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [APPLICATION]);
    if (role.rowCount === 0) {
      await client.query(
        `CREATE ROLE ${APPLICATION} LOGIN PASSWORD ${pg.escapeLiteral(passwords.application)}`,
      );
    }
    const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [APPLICATION]);
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${APPLICATION} OWNER ${APPLICATION}`);
  } finally {
    await client.end();
  }
}

function urlOf(role: string, password: string, port: number, database: string): string {
  return `postgres://${role}:${encodeURIComponent(password)}@${HOST}:${port}/${database}`;
}

const STOP_STEP_MS = 30_000;

// PostgreSQL 18, 18.5: SIGINT is the fast shutdown, SIGQUIT the immediate one.
async function stop(server: ChildProcess, exited: Promise<PostgresEnd>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    server.kill(signal);
    const patience = new AbortController();
    const timeout = sleep(STOP_STEP_MS, 'timeout', { signal: patience.signal }).catch(() => 'called off');
    const first = await Promise.race([exited, timeout]);
    patience.abort();
    if (first !== 'timeout') return;
  }
}
