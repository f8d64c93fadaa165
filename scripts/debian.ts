// System programs that tests need, fetched with apt-get when we may: on Debian (or a relative), as root, and
// unless TAPSEAL_NO_APT=1 forbids it. Where a program stays missing, the tests that need it are skipped by name.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export type DebianPackage = {
  readonly name: string;
  /** A file that the package brings: present means installed, whoever installed it. */
  readonly provides: string;
  readonly reason: string;
};

// Empty for now: everything that the tests run comes from npm. The real smart-card stack, SoftHSM and a browser
// are the first candidates.
export const packagesForTests: readonly DebianPackage[] = [];

export type Machine = {
  readonly isRoot: boolean;
  readonly hasApt: boolean;
  /** The value of TAPSEAL_NO_APT. */
  readonly noApt: string | undefined;
  readonly exists: (path: string) => boolean;
  /** Runs apt-get; false when it failed. */
  readonly aptGet: (args: readonly string[]) => Promise<boolean>;
};

/** Installs what is missing where that is allowed. Says what it does, or what stays missing and why. */
export async function installForTests(
  packages: readonly DebianPackage[],
  machine: Machine,
  say: (line: string) => void,
): Promise<void> {
  const missing = packages.filter(({ provides }) => !machine.exists(provides));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const why = obstacle(machine);
  if (why !== undefined)
    return say(`not installing ${names.join(' ')} (${why}): tests that need them are skipped`);
  for (const { name, reason } of missing) say(`installing the Debian package ${name}: ${reason}`);
  const done =
    (await machine.aptGet(['update', '-q'])) &&
    (await machine.aptGet(['install', '-y', '-q', '--no-install-recommends', ...names]));
  if (!done) say(`apt-get failed for ${names.join(' ')}: tests that need them are skipped`);
}

function obstacle({ noApt, hasApt, isRoot }: Machine): string | undefined {
  if (noApt === '1') return 'TAPSEAL_NO_APT=1';
  if (!hasApt) return 'no apt-get here';
  if (!isRoot) return 'not root';
  return undefined;
}

export function thisMachine(): Machine {
  return {
    isRoot: process.getuid?.() === 0,
    hasApt: existsSync('/usr/bin/apt-get'),
    noApt: process.env.TAPSEAL_NO_APT,
    exists: existsSync,
    aptGet,
  };
}

async function aptGet(args: readonly string[]): Promise<boolean> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const child = spawn('apt-get', [...args], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
