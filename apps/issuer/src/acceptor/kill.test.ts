// kill -9 in the middle of many payments, again and again: what was answered stays answered, what was not is asked again
// and decided once.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { encodeFrame, FrameDecoder, pack, unpack } from '@tapseal/iso8583';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authorisationMessage, issueTestCard, type TestCard } from '../authorisation/test-bank.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/pool.ts';
import { withTestDatabase } from '../postgres/test-database.ts';

const CARDS = 6;
const TAPS = 10;
/** After so many further answers the process is killed; the last one runs to the end. */
const KILL_AFTER = [1, 9, 30];

let url: string;
let pool: Pool;
const children: ChildProcess[] = [];

beforeAll(async () => {
  ({ url } = await withTestDatabase());
  pool = openDatabase(url);
  await migrate(pool);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await pool?.end();
});

test('no answer is taken back, no ATC is decided twice, no money is lost', async () => {
  const cards = await Promise.all(
    Array.from({ length: CARDS }, () => issueTestCard(pool, { keySets: TAPS })),
  );
  const requests = new Map<string, Uint8Array>();
  for (const [index, card] of cards.entries()) {
    for (let atc = 1; atc <= TAPS; atc++) {
      const stan = String(index * 100 + atc).padStart(6, '0');
      const packed = pack(
        authorisationMessage(card, { atc, umd: atc % 4 === 0 ? 'mismatch' : 'valid' }, { stan }),
      );
      if (packed.ok) requests.set(stan, packed.bytes);
    }
  }

  const answers = new Map<string, string>();
  for (const killAfter of [...KILL_AFTER, Number.POSITIVE_INFINITY]) {
    // Everything again, also what was answered: the new process must say what the old one said.
    await play(requests, killAfter, (stan, answer) => {
      expect(answers.get(stan) ?? answer, stan).toBe(answer);
      answers.set(stan, answer);
    });
  }
  expect(answers.size).toBe(requests.size);

  for (const card of cards) await requireConsistent(card);
  const approved = [...answers.values()].filter((answer) => answer.startsWith('00')).length;
  const { rows } = await pool.query(
    'SELECT (SELECT sum(held_minor)::bigint FROM accounts) AS held, (SELECT count(*)::integer FROM authorisations) AS decided',
  );
  expect(rows).toEqual([{ held: approved * 2500, decided: requests.size }]);
});

/** One life of the process. Ends when everything is answered, or when it is killed. */
async function play(
  requests: ReadonlyMap<string, Uint8Array>,
  killAfter: number,
  onAnswer: (stan: string, answer: string) => void,
): Promise<void> {
  const child = fork(new URL('./test-process.ts', import.meta.url));
  children.push(child);
  const exited = once(child, 'exit');
  child.send({ url });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const socket = connect(port, '127.0.0.1');
  const decoder = new FrameDecoder();
  let count = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    for (const bytes of decoder.push(chunk).messages) {
      const reply = unpack(bytes);
      if (!reply.ok) throw new Error(reply.error.reason);
      const { 11: stan, 38: approvalCode, 39: de39 } = reply.message.fields;
      onAnswer(stan!, `${de39} ${approvalCode ?? ''}`);
      count += 1;
      if (count === killAfter || count === requests.size) child.kill('SIGKILL');
    }
  });
  for (const bytes of requests.values()) socket.write(encodeFrame(bytes));
  await exited;
  socket.destroy();
}

/** The rows of a token tell one story. */
async function requireConsistent(card: TestCard): Promise<void> {
  const { rows } = await pool.query(
    `SELECT (SELECT count(*)::integer FROM authorisations WHERE token_id = $1) AS decided,
            (SELECT count(*)::integer FROM messages WHERE token_id = $1) AS answered,
            (SELECT version FROM token_states WHERE token_id = $1) AS version,
            (SELECT sum(held_minor)::bigint FROM authorisations WHERE token_id = $1) AS held,
            (SELECT held_minor FROM accounts WHERE account_id = $2) AS on_hold`,
    [card.tokenId, card.accountId],
  );
  const { decided, answered, version, held, on_hold } = rows[0];
  expect([decided, answered, version]).toEqual([TAPS, TAPS, TAPS]);
  expect(held).toBe(on_hold);
}
