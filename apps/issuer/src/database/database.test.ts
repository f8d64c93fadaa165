// The schema's own promises, over a real database: migrations, the installation's claim, the audit trail, value types.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueTestCard } from '../authorisation/test-bank.ts';
import { withTestDatabase } from '../postgres/test-database.ts';
import { claimInstallation } from './installation.ts';
import { migrate, readMigrations } from './migrate.ts';
import { openDatabase } from './pool.ts';
import { inTransaction, isUnavailable, wasOutrun } from './transaction.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
const pools: Pool[] = [];
const folders: string[] = [];

async function emptyDatabase(connections = 1): Promise<Pool[]> {
  const { url } = await withTestDatabase();
  const opened = Array.from({ length: connections }, () => openDatabase(url, { max: 4 }));
  pools.push(...opened);
  return opened;
}

/** A copy of the migrations, changed. */
async function folderWith(change: (folder: string) => Promise<void>): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'tapseal-migrations-'));
  folders.push(folder);
  await cp(FOLDER, folder, { recursive: true });
  await change(folder);
  return pathToFileURL(`${folder}/`);
}

const databases: Record<'fresh' | 'crowd' | 'installation' | 'main', Pool[]> = {} as never;
beforeAll(async () => {
  databases.fresh = await emptyDatabase();
  databases.crowd = await emptyDatabase(6);
  databases.installation = await emptyDatabase(3);
  databases.main = await emptyDatabase();
  await migrate(databases.main[0]!);
});
afterAll(async () => {
  for (const pool of pools) await pool.end();
  for (const folder of folders) await rm(folder, { recursive: true });
});

describe('migrations', () => {
  test('are numbered without a gap, apply once, and then there is nothing to do', async () => {
    const [pool] = databases.fresh;
    const names = (await readMigrations(FOLDER)).map(({ name }) => name);
    expect(await migrate(pool!)).toEqual({ ok: true, applied: names });
    expect(await migrate(pool!)).toEqual({ ok: true, applied: [] });
  });

  test('six processes at once: one applies, all go on', async () => {
    const results = await Promise.all(databases.crowd.map((pool) => migrate(pool)));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(results.filter((result) => result.ok && result.applied.length > 0)).toHaveLength(1);
  });

  test('an applied file may not change, vanish from the code, or leave a gap', async () => {
    const [pool] = databases.main;
    const changed = await folderWith((folder) =>
      writeFile(join(folder, '0001-installation.sql'), 'SELECT 1'),
    );
    expect(await migrate(pool!, changed)).toMatchObject({ ok: false, refusal: 'migration_changed' });
    const last = (await readMigrations(FOLDER)).at(-1)!.name;
    const older = await folderWith((folder) => rm(join(folder, `${last}.sql`)));
    expect(await migrate(pool!, older)).toMatchObject({
      ok: false,
      refusal: 'database_newer_than_code',
      migration: last,
    });
    const gap = await folderWith((folder) => rm(join(folder, '0002-customers-and-devices.sql')));
    expect(await migrate(pool!, gap)).toMatchObject({ ok: false, refusal: 'migrations_not_contiguous' });
  });

  test('one that fails leaves nothing of itself, and holds nobody up', async () => {
    const [pool] = databases.main;
    const next = String((await readMigrations(FOLDER)).length + 1).padStart(4, '0');
    const broken = await folderWith((folder) =>
      writeFile(join(folder, `${next}-broken.sql`), 'CREATE TABLE half (a integer); SELECT 1/0;'),
    );
    await expect(migrate(pool!, broken)).rejects.toThrow('division by zero');
    expect((await pool!.query("SELECT to_regclass('half') AS half")).rows[0].half).toBeNull();
    expect(await migrate(pool!)).toEqual({ ok: true, applied: [] });
  });
});

test('every table has code that works with it', async () => {
  const { rows } = await databases.main[0]!.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const source = new URL('../', import.meta.url);
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.includes('test'),
  );
  const code = (await Promise.all(files.map((file) => readFile(new URL(file, source), 'utf8')))).join('\n');
  const idle = rows.filter(({ name }) => !new RegExp(`(FROM|INTO|UPDATE|JOIN) ${name}\\b`).test(code));
  expect(idle.map(({ name }) => name)).toEqual([]);
});

describe('the installation', () => {
  test('is claimed once, by one keystore, for one kind of keys', async () => {
    const [pool, ...others] = databases.installation;
    await migrate(pool!);
    const at = new Date(0);
    const claims = await Promise.all(
      [pool!, ...others].map((each) => claimInstallation(each, 'live', 'keystore-1', at)),
    );
    expect(new Set(claims.map((claim) => claim.ok && claim.installationId)).size).toBe(1);
    expect(await claimInstallation(pool!, 'demonstration', 'keystore-2', at)).toEqual({
      ok: false,
      refusal: 'database_has_held_live_keys',
    });
    expect(await claimInstallation(pool!, 'live', 'keystore-2', at)).toEqual({
      ok: false,
      refusal: 'database_belongs_to_another_keystore',
    });
    for (const sql of [
      "UPDATE installation SET keys = 'none', keystore_id = NULL, keys_since = NULL",
      'DELETE FROM installation',
    ]) {
      await expect(pool!.query(sql)).rejects.toThrow();
    }
  });

  test('that has held demonstration keys takes no live ones', async () => {
    const [pool] = databases.main;
    await claimInstallation(pool!, 'demonstration', 'published', new Date(0));
    expect(await claimInstallation(pool!, 'live', 'keystore-1', new Date(0))).toEqual({
      ok: false,
      refusal: 'database_has_held_demonstration_keys',
    });
  });
});

describe('the audit trail', () => {
  test('chains every entry to the one before, also when many write at once', async () => {
    const [pool] = databases.main;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        pool!.query(
          `INSERT INTO audit (at, actor, action, subject, detail) VALUES (now(), 'test', 'wrote', $1, '{"a":1}')`,
          [index],
        ),
      ),
    );
    const { rows } = await pool!.query(
      `SELECT bool_and(hash = audit_hash(previous_hash, seq, at, actor, action, subject, detail)) AS hashes,
              bool_and(previous_hash = before) AS chain, max(seq) = count(*) AS numbered
         FROM (SELECT *, lag(hash, 1, sha256('tapseal audit v1')) OVER (ORDER BY seq) AS before FROM audit) AS entries`,
    );
    expect(rows).toEqual([{ hashes: true, chain: true, numbered: true }]);
  });

  test('is append-only', async () => {
    const [pool] = databases.main;
    for (const sql of ["UPDATE audit SET actor = 'somebody else'", 'DELETE FROM audit', 'TRUNCATE audit']) {
      await expect(pool!.query(sql)).rejects.toThrow('append-only');
    }
  });
});

describe('tokens', () => {
  test('come with their state, and a change of either outdates an authorisation under way', async () => {
    const [pool] = databases.main;
    const { tokenId } = await issueTestCard(pool!, { keySets: 2 });
    const version = async () =>
      (await pool!.query('SELECT version FROM token_states WHERE token_id = $1', [tokenId])).rows[0].version;
    expect(await version()).toBe(0);
    await pool!.query("UPDATE tokens SET state = 'SUSPENDED' WHERE token_id = $1", [tokenId]);
    expect(await version()).toBe(1);
    await pool!.query('UPDATE tokens SET next_atc = 3 WHERE token_id = $1', [tokenId]);
    expect(await version()).toBe(1);
    await pool!.query('UPDATE key_sets SET revoked_at = now() WHERE token_id = $1', [tokenId]);
    expect(await version()).toBe(3);
  });

  test('hold each ATC once, whoever asks', async () => {
    const [pool] = databases.main;
    const { tokenId } = await issueTestCard(pool!);
    await expect(
      pool!.query(
        "INSERT INTO key_sets (token_id, atc, key_set_id, idn, expires_on, issued_at) VALUES ($1, 1, '\\x00000000000000', '\\x0000', '2026-12-31', now())",
        [tokenId],
      ),
    ).rejects.toSatisfy(wasOutrun);
  });
});

describe('values', () => {
  test('a date is its digits, an amount a number, and one beyond 2^53 is refused', async () => {
    const [pool] = databases.main;
    const { rows } = await pool!.query(
      "SELECT '2026-02-28'::date AS day, 9007199254740991::bigint AS amount",
    );
    expect(rows).toEqual([{ day: '2026-02-28', amount: 9007199254740991 }]);
    await expect(pool!.query('SELECT 9007199254740992::bigint')).rejects.toThrow('2^53');
    expect((await pool!.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('a transaction that throws leaves nothing', async () => {
    const [pool] = databases.main;
    const failing = inTransaction(pool!, async (client) => {
      await client.query(
        "INSERT INTO customers (customer_id, name) VALUES (gen_random_uuid(), 'Nobody At All')",
      );
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await pool!.query("SELECT 1 FROM customers WHERE name = 'Nobody At All'")).rows).toEqual([]);
  });

  test('an outage is told from a bug', async () => {
    const [pool] = databases.main;
    const error = (sql: string) =>
      pool!.query(sql).then(
        () => null,
        (reason) => reason,
      );
    expect(isUnavailable(await error('SELECT pg_terminate_backend(pg_backend_pid())'))).toBe(true);
    expect(isUnavailable(await error('SELECT 1/0'))).toBe(false);
    const nowhere = openDatabase('postgres://nobody@127.0.0.1:1/none');
    pools.push(nowhere);
    expect(isUnavailable(await nowhere.query('SELECT 1').catch((reason) => reason))).toBe(true);
    const slow = openDatabase(pool!.options.connectionString!, { statementTimeoutMs: 50 });
    pools.push(slow);
    expect(isUnavailable(await slow.query('SELECT pg_sleep(5)').catch((reason) => reason))).toBe(true);
  });
});
