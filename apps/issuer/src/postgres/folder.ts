// The folder of one embedded server:
//   cluster/         PostgreSQL's own data directory, owned by the server's account, mode 0700
//   passwords.json   of the two roles that we make; mode 0600, of the account that starts the server
//   owner            a symbolic link that names the process that runs the server (ownership.ts)
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Account, accountFor, canReach } from './account.ts';

/** The system's place for the state of services (FHS 3.0, 5.8), reachable by every account. */
export const STATE_DIRECTORY = '/var/lib/tapseal';

export type Folder = {
  readonly path: string;
  readonly cluster: string;
  readonly account: Account;
};

/**
 * Opens the folder for a server. As root, when the server's account cannot reach `wanted` (a clone below /root),
 * a folder in the system's state directory takes its place, and `say` names it.
 */
export function openFolder(wanted: string, say: (line: string) => void): Folder {
  const first = prepare(resolve(wanted));
  if (canReach(first.account, first.path)) return first;
  const name = createHash('sha256').update(first.path).digest('hex').slice(0, 12);
  const second = prepare(join(STATE_DIRECTORY, `postgres-${name}`));
  writeFileSync(join(second.path, 'stands-in-for'), `${first.path}\n`);
  say(`the server's account cannot reach ${first.path}: its data is in ${second.path}`);
  return second;
}

function prepare(path: string): Folder {
  mkdirSync(path, { recursive: true });
  const cluster = join(path, 'cluster');
  const account = accountFor(cluster);
  // Another account has to pass through on its way to cluster/, and sees no names.
  chmodSync(path, account.uid === undefined ? 0o700 : 0o711);
  return { path, cluster, account };
}

export type Passwords = {
  /** The superuser: makes roles and databases, never used by the issuer. */
  readonly superuser: string;
  /** The issuer's own role: owns its database and nothing else. */
  readonly application: string;
};

/** Reads the passwords; draws them on first use. */
export function passwordsOf(folder: Folder): Passwords {
  const path = join(folder.path, 'passwords.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Passwords;
  const draw = () => randomBytes(24).toString('base64url');
  const passwords: Passwords = { superuser: draw(), application: draw() };
  writeFileSync(`${path}.new`, JSON.stringify(passwords), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return passwords;
}
