// The story from end to end with real processes, then a search through all that it printed, logged and stored.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { killStory } from '../src/kill.ts';
import { DEMONSTRATION, playStory, type StoryEnd } from '../src/story.ts';
import { storyTable } from '../src/story-table.ts';
import { withTemporaryStack } from '../src/temporary-stack.ts';
import { testMasterKeys } from '../src/test-key-lines.ts';

const said: string[] = [];
afterAll(() => said.splice(0));

it('plays as told, and leaves no PAN, key or PIN behind', async () => {
  await withTemporaryStack(
    {
      testKeys: true,
      onEvent: (event) => said.push(JSON.stringify(event)),
      onNote: (line) => said.push(line),
    },
    async (stack) => {
      const end: StoryEnd = await playStory(stack, {
        chapter: (title) => said.push(title),
        step: (title, result) => said.push(`${result.ok ? '✓' : '✗'} ${title} ${result.detail}`),
      });
      said.push(storyTable(end));
      expect(said.filter((line) => line.startsWith('✗'))).toEqual([]);
      expect(end.taps.map(({ de39 }) => de39)).toEqual(['00', '61', '55', '00', '63']);
      expect(end.asTold).toBe(true);

      const database = await everyRow(stack.databaseUrl);
      // also the database's own files: pages, and the log of all that was ever written
      const files = filesBelow(stack.dataDir);
      expect(files.some((path) => path.includes('/pg_wal/'))).toBe(true);
      const logs = files.filter((path) => path.includes('/logs/'));
      expect(logs.map((path) => path.split('/').at(-1)).sort()).toEqual(
        ['issuer.log', 'phone.log', 'postgres.log', 'terminal.log'].sort(),
      );
      const secrets = await secretsOf(database);
      // the positive control: what is searched for is found where it must be
      expect(database.text).toContain(secrets.tokens[0]);

      const printed = said.join('\n');
      const logged = logs.map((path) => readFileSync(path, 'latin1')).join('\n');
      // outside the vault: everything printed and logged, every file, every row
      for (const forbidden of [DEMONSTRATION.pan, ...secrets.keys]) {
        for (const text of forms(forbidden)) {
          expect(printed, 'printed').not.toContain(text);
          expect(logged, 'logs').not.toContain(text);
          expect(database.text, 'database').not.toContain(text);
        }
      }
      const everything = [DEMONSTRATION.pan, ...secrets.keys]
        .flatMap(forms)
        .map((text) => Buffer.from(text, 'latin1'));
      for (const path of files) {
        const content = readFileSync(path);
        for (const text of everything) expect(content.includes(text), path).toBe(false);
      }
      // token numbers are data of the database, never of a log
      for (const token of secrets.tokens) {
        expect(printed).not.toContain(token);
        expect(logged).not.toContain(token);
      }
      // a PIN is four digits: searched for as a value, a word of its own
      const pin = new RegExp(
        `(?<![0-9A-Za-z])(${DEMONSTRATION.pin}|${DEMONSTRATION.wrongPin})(?![0-9A-Za-z])`,
      );
      expect(logged.split('\n').filter((line) => pin.test(withoutNumbers(line)))).toEqual([]);
      expect(printed).not.toMatch(pin);
    },
  );
}, 120_000);

it('10 kills at random moments (npm run torture -- kill has 200)', async () => {
  await withTemporaryStack({ restartLimit: 1000 }, async (stack) => {
    const report = await killStory(stack, { seed: 11, kills: 10 });
    expect(report.kills.issuer + report.kills.phone + report.kills.postgres).toBeGreaterThan(5);
    expect(report.approved).toBeGreaterThan(0);
  });
}, 180_000);

/** Ports, process ids and times are numbers too; a JSON log has them under these names. */
function withoutNumbers(line: string): string {
  return line
    .replace(/"(port|pid|time|at|ms|reqId)":"?[^,"}]+"?/g, '')
    .replace(/\[\d+\]|:\d+|\d{4}-\d{2}-\d{2}[T ][\d:.]+/g, '');
}

/** A secret as it could stand in a text or a binary file. */
function forms(secret: string): string[] {
  if (!/^[0-9A-F]{32,}$/.test(secret))
    return [
      secret,
      Buffer.from(secret.padEnd(Math.ceil(secret.length / 2) * 2, 'F'), 'hex').toString('latin1'),
    ];
  const bytes = Buffer.from(secret, 'hex');
  return [
    secret,
    secret.toLowerCase(),
    bytes.toString('base64').replaceAll('=', ''),
    bytes.toString('latin1'),
  ];
}

type Rows = { readonly text: string; readonly tokens: readonly string[] };

async function secretsOf(rows: Rows) {
  return { tokens: rows.tokens, keys: testMasterKeys().flatMap(({ imkMd, imkUmd }) => [imkMd, imkUmd]) };
}

/** Every row of every table, as text. */
async function everyRow(databaseUrl: string): Promise<Rows> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query(
      `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query(`SELECT t::text AS row FROM ${name} t`);
      texts.push(...rows.map(({ row }) => row));
    }
    const { rows: tokens } = await client.query('SELECT token FROM tokens');
    return { text: texts.join('\n'), tokens: tokens.map(({ token }) => token) };
  } finally {
    await client.end();
  }
}

/** Ordinary files only: the server's own lock is a link that leads nowhere. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}
