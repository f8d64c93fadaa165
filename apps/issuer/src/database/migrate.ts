// Brings the database to the schema of this code: numbered SQL files, forward only, each in a transaction of its own,
// under an advisory lock, so that several processes can start at once.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Pool, PoolClient, QueryConfig } from 'pg';

export type Migration = { number: number; name: string; sql: string; sha256: string };

export type MigrationRefusal =
  | 'migrations_not_contiguous' // the folder itself is wrong
  | 'migration_changed' // an applied file is not the file that we have: it may only be followed, not edited
  | 'database_newer_than_code'; // a later version of this program has been here

export type MigrationResult =
  | { ok: true; applied: string[] }
  | { ok: false; refusal: MigrationRefusal; migration: string };

const LOCK_CLASS = 7300;
const LOCK_MIGRATIONS = 0;
const PATIENCE_MS = 3_600_000;
const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/;

/** Applies what is missing. Idempotent; a crash in the middle leaves whole migrations only. */
export async function migrate(
  pool: Pool,
  folder = new URL('./migrations/', import.meta.url),
): Promise<MigrationResult> {
  const migrations = await readMigrations(folder);
  const gap = migrations.find((migration, index) => migration.number !== index + 1);
  if (gap) return { ok: false, refusal: 'migrations_not_contiguous', migration: gap.name };

  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('SET statement_timeout = 0'); // the first process may take its time, the others wait for it
    await client.query(patiently('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, LOCK_MIGRATIONS]));
    try {
      return await applyMissing(client, migrations);
    } finally {
      await client.query('SELECT pg_advisory_unlock($1, $2)', [LOCK_CLASS, LOCK_MIGRATIONS]);
      await client.query('RESET statement_timeout');
    }
  } catch (error) {
    broken = error as Error; // a client that may still hold the lock does not go back to the pool
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Migrations take the time that they take: the pool's own timeout is for payments. */
function patiently(text: string, values?: unknown[]): QueryConfig {
  return { text, ...(values && { values }), query_timeout: PATIENCE_MS } as QueryConfig;
}

export async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => FILE_NAME.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return {
        number: Number(FILE_NAME.exec(name)![1]),
        name: name.slice(0, -'.sql'.length),
        sql,
        sha256: createHash('sha256').update(sql).digest('hex'),
      };
    }),
  );
}

async function applyMissing(client: PoolClient, migrations: Migration[]): Promise<MigrationResult> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  const { rows } = await client.query<{ number: number; name: string; sha256: string }>(
    'SELECT number, name, sha256 FROM schema_migrations ORDER BY number',
  );
  for (const row of rows) {
    const ours = migrations[row.number - 1];
    if (!ours) return { ok: false, refusal: 'database_newer_than_code', migration: row.name };
    if (ours.sha256 !== row.sha256) return { ok: false, refusal: 'migration_changed', migration: row.name };
  }
  const missing = migrations.slice(rows.length);
  for (const migration of missing) {
    await client.query('BEGIN');
    try {
      await client.query(patiently(migration.sql));
      await client.query('INSERT INTO schema_migrations (number, name, sha256) VALUES ($1, $2, $3)', [
        migration.number,
        migration.name,
        migration.sha256,
      ]);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    }
  }
  return { ok: true, applied: missing.map((migration) => migration.name) };
}
