// A database of its own for a test file, on the run's one server (test-server.ts).
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import type { TestServerAnswer } from './test-server.ts';

export type TestDatabase = {
  /** A connection string; its role owns the database. */
  readonly url: string;
  readonly name: string;
};

/**
 * Makes an empty database; Vitest drops it after the calling file's (or suite's) tests, with whatever
 * connections are still open. Call it at the top level of a test file or in `beforeAll`.
 */
export async function withTestDatabase(): Promise<TestDatabase> {
  const adminUrl = await askForServer();
  const name = `tapseal_test_${randomBytes(6).toString('hex')}`;
  await administer(adminUrl, `CREATE DATABASE ${name} TEMPLATE template0 STRATEGY wal_log`);
  afterAll(() => administer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, name };
}

async function askForServer(): Promise<string> {
  const socket = connect(inject('testServerPort'), '127.0.0.1').setEncoding('utf8');
  let line = '';
  socket.on('data', (text: string) => {
    line += text;
  });
  await once(socket, 'close');
  const answer = JSON.parse(line) as TestServerAnswer;
  if ('error' in answer) throw new Error(`no PostgreSQL for the tests: ${answer.error}`);
  return answer.adminUrl;
}

async function administer(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
