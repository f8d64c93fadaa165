// One living process runs the server of a folder. The claim is a symbolic link whose target names the process by
// id and start time, since ids are reused: made in one atomic step, read without parsing a half-written file.
// PostgreSQL's own postmaster.pid stays the last guard; this one exists to say who is in the way.
import { readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresError } from './error.ts';
import { identify, isLiving } from './process-state.ts';

// A killed process takes a moment to be gone, and its successor may be quick.
const ATTEMPTS = 20;
const RETRY_MS = 100;

/** Claims the folder for this process. Resolves to the release. Rejects with `folder_in_use`. */
export async function claim(folder: string): Promise<() => void> {
  const link = join(folder, 'owner');
  const ours = identify(process.pid);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      symlinkSync(ours, link);
      return () => release(link, ours);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = read(link);
    if (owner === undefined) continue;
    if (isOwnerLiving(owner)) await sleep(RETRY_MS);
    else release(link, owner);
  }
  const pid = read(link)?.split('@')[0] ?? 'unknown';
  throw new PostgresError(
    'folder_in_use',
    `${folder} is in use by process ${pid}. Stop it, or set TAPSEAL_DATA to another folder.`,
  );
}

function read(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function release(link: string, owner: string): void {
  if (read(link) === owner) unlinkSync(link);
}

function isOwnerLiving(owner: string): boolean {
  const pid = Number(owner.split('@')[0]);
  return isLiving(pid) && identify(pid) === owner;
}
