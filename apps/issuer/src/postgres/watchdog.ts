// Nobody may be left to stop the server when its owner is killed outright. A shell holds the reading end of a
// pipe whose writing end dies with the owner; at end of file it asks the server for a fast shutdown, if
// postmaster.pid still names that server.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Folder } from './folder.ts';

const SCRIPT = 'read -r line; read -r pid <"$2" && [ "$pid" = "$1" ] && kill -INT "$1"';

/** Returns the way to call it off. */
export function watchOver(serverPid: number, { account, cluster }: Folder): () => boolean {
  const args = [
    '-c',
    SCRIPT,
    'tapseal-postgres-watchdog',
    String(serverPid),
    join(cluster, 'postmaster.pid'),
  ];
  const shell = spawn('/bin/sh', args, {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  shell.stdin.on('error', () => {});
  return () => shell.kill('SIGKILL');
}
