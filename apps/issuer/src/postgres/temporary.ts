// A server whose data is deleted with it: for tests and for commands that need a bank for a minute.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Settings, TEMPORARY_SETTINGS } from './settings.ts';
import { type Postgres, startPostgres } from './start.ts';

export type TemporaryOptions = {
  readonly onLog?: (line: string) => void;
  /** Durable by settings.ts, for measurements; the default trades that for speed. */
  readonly durable?: boolean;
};

/** `stop` also deletes the data. */
export async function startTemporaryPostgres({
  onLog = () => {},
  durable = false,
}: TemporaryOptions = {}): Promise<Postgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tapseal-postgres-'));
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

async function remove(...folders: string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
