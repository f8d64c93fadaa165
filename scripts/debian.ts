// System programs that tests need, fetched with apt-get when we may: on Debian (or a relative), as root, and
// unless TAPSEAL_NO_APT=1 forbids it. Where a program stays missing, the tests that need it are skipped by name.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export type DebianPackage = {
  readonly name: string;
  /** A file that the package brings: present means installed, whoever installed it. */
  readonly provides: string;
  readonly reason: string;
  /** Files of the package that do not come onto the machine. */
  readonly leaveOut?: readonly string[];
};

/** A terminal that we did not write: simulation/test/pcsc.test.ts, docs/pcsc.md. */
export const smartCardStack: readonly DebianPackage[] = [
  { name: 'iproute2', provides: '/bin/ip', reason: 'loopback in a network namespace' },
  { name: 'pcscd', provides: '/usr/sbin/pcscd', reason: 'the PC/SC daemon, a real smart-card stack' },
  {
    name: 'vsmartcard-vpcd',
    provides: '/usr/lib/pcsc/drivers/serial/libifdvpcd.so',
    reason: 'a reader that our phone can be held to',
    // It would have the machine's own pcscd listen for cards on every interface. Tests configure it for themselves.
    leaveOut: ['/etc/reader.conf.d/vpcd'],
  },
  { name: 'opensc', provides: '/usr/bin/opensc-tool', reason: 'opensc-tool, which sends APDUs' },
  { name: 'pcsc-tools', provides: '/usr/bin/scriptor', reason: 'scriptor, another one' },
];

export const packagesForTests: readonly DebianPackage[] = smartCardStack;

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
  const missing = missingPackages(packages, machine.exists);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const why = obstacle(machine);
  if (why !== undefined)
    return say(`not installing ${names.join(' ')} (${why}): tests that need them are skipped`);
  for (const { name, reason } of missing) say(`installing the Debian package ${name}: ${reason}`);
  const done =
    (await machine.aptGet(['update', '-q'])) &&
    (await machine.aptGet(['install', '-y', '-q', '--no-install-recommends', ...leftOut(missing), ...names]));
  if (!done) say(`apt-get failed for ${names.join(' ')}: tests that need them are skipped`);
}

export function missingPackages(
  packages: readonly DebianPackage[],
  exists: (path: string) => boolean,
): DebianPackage[] {
  return packages.filter(({ provides }) => !exists(provides));
}

/** dpkg(1), `--path-exclude`: like a configuration file that the administrator removed, it stays away. */
function leftOut(packages: readonly DebianPackage[]): string[] {
  const paths = packages.flatMap(({ leaveOut = [] }) => leaveOut);
  return paths.flatMap((path) => ['-o', `DPkg::Options::=--path-exclude=${path}`]);
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
