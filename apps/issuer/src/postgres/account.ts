// The operating-system account that the server runs under. PostgreSQL refuses to run as root, so root starts it
// as an unprivileged user; everyone else starts it as themselves.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** Options for `spawn`. Empty: the account of this process. */
export type Account = { readonly uid?: number; readonly gid?: number };

// "nobody" on Linux and the overflow id of the kernel: it exists where no user database does (containers).
const NOBODY = { uid: 65534, gid: 65534 };

/** The account for a cluster: as root the owner of what is there already, else nobody. */
export function accountFor(cluster: string): Account {
  if (process.getuid?.() !== 0) return {};
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return NOBODY;
  return { uid: owner.uid, gid: owner.gid };
}

/** Whether the account can reach the folder: asked of the kernel, since modes, ACLs and mounts all have a say. */
export function canReach(account: Account, folder: string): boolean {
  return succeeds(account, '/bin/sh', ['-c', 'cd "$1"', 'sh', folder]);
}

/** Whether the program starts under the account, with its shared libraries. */
export function canRun(account: Account, program: string): boolean {
  return succeeds(account, program, ['--version']);
}

function succeeds(account: Account, program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}
