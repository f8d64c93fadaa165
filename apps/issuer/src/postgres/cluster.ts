// Makes a cluster on first use, whole or not at all, and deals with a server that an earlier owner left behind.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { PostgresError } from './error.ts';
import type { Folder } from './folder.ts';
import { argumentsOf, isLiving } from './process-state.ts';

export const SUPERUSER = 'postgres';

/** Runs `initdb` beside the final place and renames: a crash in the middle leaves nothing that looks finished. */
export async function makeCluster(folder: Folder, binaries: Binaries, password: string): Promise<void> {
  const versionFile = join(folder.cluster, 'PG_VERSION');
  if (existsSync(versionFile)) return checkVersion(folder, binaries, versionFile);
  const partial = `${folder.cluster}.new`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  // initdb reads the password from a file that its own account can read: inside nothing but for this moment.
  const passwordFile = join(folder.path, 'initdb-password');
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  for (const path of [partial, passwordFile]) giveTo(folder.account, path);
  try {
    const end = await run(folder.account, binaries.initdb, [
      `--pgdata=${partial}`,
      '--encoding=UTF8',
      '--locale=C',
      '--auth=scram-sha-256',
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--no-instructions',
    ]);
    if (end.code !== 0) throw new PostgresError('initdb_failed', `initdb failed: ${end.output.trim()}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(partial, folder.cluster);
}

function checkVersion(folder: Folder, binaries: Binaries, versionFile: string): void {
  let made: string;
  try {
    made = readFileSync(versionFile, 'utf8').trim();
    chmodSync(folder.cluster, 0o700);
  } catch {
    throw new PostgresError(
      'no_permission',
      `${folder.cluster} belongs to another account. Start as that account, or set TAPSEAL_DATA.`,
    );
  }
  const ours = binaries.version.split('.')[0]!;
  if (made === ours) return;
  throw new PostgresError(
    'other_version',
    `${folder.cluster} was made by PostgreSQL ${made}, and this is ${ours}. Dump it with the old version and restore it into an empty folder.`,
  );
}

function giveTo({ uid, gid }: Account, path: string): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

const STOP_SECONDS = '30';

/** Stops a server that still runs on the cluster although its owner is gone; waits for one that is stopping. */
export async function stopLeftOver(
  folder: Folder,
  binaries: Binaries,
  say: (line: string) => void,
): Promise<void> {
  const pidFile = join(folder.cluster, 'postmaster.pid');
  for (const mode of ['fast', 'immediate']) {
    if (!namesServerOf(folder.cluster, pidFile)) break;
    if (mode === 'fast') say('stopping the server that an earlier start left behind');
    const args = ['stop', '-D', folder.cluster, '-m', mode, '-w', '-t', STOP_SECONDS];
    await run(folder.account, binaries.pgCtl, args);
  }
  if (namesServerOf(folder.cluster, pidFile)) {
    throw new PostgresError(
      'folder_in_use',
      `A server on ${folder.cluster} does not stop. Its process id is in postmaster.pid there.`,
    );
  }
  // Where nobody collects dead processes, PostgreSQL takes the name of a dead one in this file for a living
  // server, and pg_ctl signals whatever process has the id by now, after a reboot anything. Taking the file away is safe: PostgreSQL still finds living children of it by their shared memory,
  // whose key comes from the data directory.
  rmSync(pidFile, { force: true });
}

// Asked of the process itself: a server of ours has the cluster's folder among its arguments (start.ts).
function namesServerOf(cluster: string, pidFile: string): boolean {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  return isLiving(pid) && argumentsOf(pid).includes(cluster);
}

async function run(account: Account, program: string, args: readonly string[]) {
  const child = spawn(program, args, {
    ...account,
    cwd: '/',
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output };
}
