// One living process runs the server of a folder. The claim is a symbolic link whose target names the process by
// id and start time, since ids are reused: made in one atomic step, read without parsing a half-written file.
// PostgreSQL's own postmaster.pid stays the last guard; this one exists to say who is in the way.
import { readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresError } from './error.ts';
import { identify, isLiving } from './process-state.ts';

/** Claims the folder for this process. Returns the release. Throws `folder_in_use`. */
export function claim(folder: string): () => void {
  const link = join(folder, 'owner');
  const ours = identify(process.pid);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      symlinkSync(ours, link);
      return () => release(link, ours);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = read(link);
    if (owner !== undefined && isOwnerLiving(owner)) break;
    if (owner !== undefined) release(link, owner);
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
