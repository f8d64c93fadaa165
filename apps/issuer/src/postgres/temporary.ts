// A server whose data is deleted with it: for tests and for commands that need a bank for a minute.
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLiving } from './process-state.ts';
import { type Settings, TEMPORARY_SETTINGS } from './settings.ts';
import { type Postgres, startPostgres } from './start.ts';

export type TemporaryOptions = {
  readonly onLog?: (line: string) => void;
  /** Durable by settings.ts, for measurements; the default trades that for speed. */
  readonly durable?: boolean;
};

const PREFIX = 'tapseal-postgres-';

/** `stop` also deletes the data. */
export async function startTemporaryPostgres({
  onLog = () => {},
  durable = false,
}: TemporaryOptions = {}): Promise<Postgres> {
  await sweep();
  const dataDir = await mkdtemp(join(tmpdir(), PREFIX));
  const settings: Settings = durable ? {} : TEMPORARY_SETTINGS;
  try {
    const server = await startPostgres({ dataDir, onLog, settings });
    const stop = async () => {
      await server.stop();
      await remove(dataDir, server.dataDir);
    };
    return { ...server, stop };
  } catch (error) {
    await remove(dataDir);
    throw error;
  }
}

// A test run that was killed could not delete its data, and temporary folders live long on servers. Its server has
// been stopped by the watchdog; what names a dead owner is ours to remove.
async function sweep(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const folder = join(tmpdir(), name);
    const owner = await readlink(join(folder, 'owner')).catch(() => undefined);
    if (owner === undefined || isLiving(Number.parseInt(owner, 10))) continue;
    // Another account's folder stays: that account's next run will see it.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function remove(...folders: string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
