// What other test files build on: a database that is empty, one's own, and usable at once.
import pg from 'pg';
import { expect, test } from 'vitest';
import { withTestDatabase } from './test-database.ts';

const first = await withTestDatabase();
const second = await withTestDatabase();

async function tablesAfterMakingOne(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE TABLE token (id int)');
  const { rows } = await client.query("SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'public'");
  await client.end();
  return rows[0].n;
}

test('two databases of one run know nothing of each other', async () => {
  expect(first.name).not.toBe(second.name);
  expect(await tablesAfterMakingOne(first.url)).toBe(1);
  expect(await tablesAfterMakingOne(second.url)).toBe(1);
});
