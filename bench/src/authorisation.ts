/**
 * Authorisations a second, through the acceptor's message handler, on a PostgreSQL server with durability on; against the
 * same two statements alone: same driver, pool, values, rows and transaction boundaries, with no message to unpack, no
 * cryptogram to verify, no decision and no answer. Both take turns on one database, each message is sent once.
 */
import { performance } from 'node:perf_hooks';
import { type Message, pack, unpack } from '@tapseal/iso8583';
import type { Pool } from 'pg';
import { createMessageHandler } from '../../apps/issuer/src/authorisation/handle.ts';
import { parseRequest } from '../../apps/issuer/src/authorisation/request.ts';
import { DEFAULT_SETTINGS } from '../../apps/issuer/src/authorisation/settings.ts';
import {
  APPROVE_TEXT,
  consumeValues,
  READ_TEXT,
  readStored,
  readValues,
} from '../../apps/issuer/src/authorisation/store.ts';
import {
  authorisationMessage,
  issueTestCard,
  TEST_NOW,
  type TestCard,
  testHsm,
} from '../../apps/issuer/src/authorisation/test-bank.ts';
import { migrate } from '../../apps/issuer/src/database/migrate.ts';
import { openDatabase } from '../../apps/issuer/src/database/pool.ts';
import { startTemporaryPostgres } from '../../apps/issuer/src/postgres/index.ts';

export interface AuthorisationBench {
  readonly name: string;
  readonly concurrency: number;
  readonly roundTrips: number;
  /** Authorisations per second, median of the rounds. */
  readonly ours: number;
  readonly peer: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peerP50Ms: number;
  readonly peerP99Ms: number;
  /** CPU of this process for one authorisation, in microseconds; the database's is its own. */
  readonly cpuUs: number;
  readonly peerCpuUs: number;
  readonly ratio: number;
  readonly bar: number;
  readonly pass: boolean;
}

const BAR = 0.6;
const CONCURRENCY = 16;
/** A multiple of the concurrency, see `round`. */
const CARDS = 64;
const ROUNDS = 7;
const PER_ROUND = 1_024;
const WARM_UP = 512;
const AMOUNT_MINOR = 100;
/** One reads, one writes; the handler's are counted, not believed. */
const ROUND_TRIPS = 2;

/** Takes about fifteen seconds. Throws if anything was not approved, or not posted exactly once. */
export async function benchAuthorisation(): Promise<AuthorisationBench> {
  const postgres = await startTemporaryPostgres({ durable: true });
  const pool = openDatabase(postgres.url, { max: CONCURRENCY });
  try {
    await migrate(pool);
    return await measure(pool);
  } finally {
    await pool.end();
    await postgres.stop();
  }
}

async function measure(pool: Pool): Promise<AuthorisationBench> {
  const each = WARM_UP + ROUNDS * PER_ROUND;
  const keySets = Math.ceil((2 * each) / CARDS);
  const cards: TestCard[] = [];
  for (let index = 0; index < CARDS; index++) {
    cards.push(await issueTestCard(pool, { keySets, balanceMinor: 1e12, dayLimitMinor: 1e12 }));
  }
  await pool.query('ANALYZE');
  const taps = tapsOf(cards);
  const ourWork = Array.from({ length: each }, () => bytesOf(taps.next().value));
  const peerWork: { read: unknown[]; write: unknown[] }[] = [];
  for (let index = 0; index < each; index++) peerWork.push(await statementsOf(pool, taps.next().value));

  let statements = 0;
  const counted = {
    query: (...args: [never]) => {
      statements += 1;
      return pool.query(...args);
    },
  } as unknown as Pool;
  const handle = createMessageHandler({
    pool: counted,
    hsm: testHsm(),
    now: () => TEST_NOW,
    settings: { ...DEFAULT_SETTINGS, velocityMax: Number.MAX_SAFE_INTEGER },
  });
  const ours = async (bytes: Uint8Array): Promise<void> => {
    const reply = unpack((await handle(bytes))!);
    if (!reply.ok || reply.message.fields[39] !== '00') throw new Error('an authorisation was not approved');
  };
  const peer = async ({ read, write }: (typeof peerWork)[number]): Promise<void> => {
    const { rows } = await pool.query({ name: 'authorisation-read', text: READ_TEXT, values: read });
    write[1] = rows[0].version;
    const written = await pool.query({ name: 'authorisation-approve', text: APPROVE_TEXT, values: write });
    if (written.rows[0].written !== 1) throw new Error('a statement wrote nothing');
  };

  await round(ourWork.splice(0, WARM_UP), ours);
  await round(peerWork.splice(0, WARM_UP), peer);
  const ourRounds: Round[] = [];
  const peerRounds: Round[] = [];
  for (let index = 0; index < ROUNDS; index++) {
    const before = statements;
    ourRounds.push(await round(ourWork.splice(0, PER_ROUND), ours));
    if (statements - before !== ROUND_TRIPS * PER_ROUND)
      throw new Error(`${statements - before} round trips`);
    peerRounds.push(await round(peerWork.splice(0, PER_ROUND), peer));
  }
  await requirePosted(pool, 2 * each);

  const [one, other] = [summary(ourRounds), summary(peerRounds)];
  const ratio = median(ourRounds.map(({ perSecond }, index) => perSecond / peerRounds[index]!.perSecond));
  return {
    name: 'authorisations',
    concurrency: CONCURRENCY,
    roundTrips: ROUND_TRIPS,
    ours: one.perSecond,
    peer: other.perSecond,
    p50Ms: one.p50Ms,
    p99Ms: one.p99Ms,
    peerP50Ms: other.p50Ms,
    peerP99Ms: other.p99Ms,
    cpuUs: one.cpuUs,
    peerCpuUs: other.cpuUs,
    ratio,
    bar: BAR,
    pass: ratio >= BAR,
  };
}

/** Taps on all cards in turn, each with its next ATC. */
function* tapsOf(cards: readonly TestCard[]): Generator<Message, Message> {
  for (let atc = 1; ; atc++) {
    for (const card of cards) yield authorisationMessage(card, { atc, amountMinor: AMOUNT_MINOR });
  }
}

function bytesOf(message: Message): Uint8Array {
  const packed = pack(message);
  if (!packed.ok) throw new Error(packed.error.reason);
  return packed.bytes;
}

/** The very values that the handler would send; the version is filled in from the row that was read. */
async function statementsOf(pool: Pool, message: Message): Promise<{ read: unknown[]; write: unknown[] }> {
  const parsed = parseRequest(message);
  if (!parsed.ok) throw new Error(parsed.refusal);
  const { request } = parsed;
  const stored = await readStored(pool, request);
  const { version: _version, ...next } = stored!.state;
  const answer = {
    refusal: null,
    de39: '00',
    approvalCode: '000000',
    issuerAuthentication: new Uint8Array(8),
  };
  const write = consumeValues(
    request,
    stored!,
    { answer, umd: 'valid', next: { ...next, day: '2026-11-23' } },
    TEST_NOW,
  );
  return { read: readValues(request), write };
}

type Round = { readonly perSecond: number; readonly latenciesMs: number[]; readonly cpuUs: number };

async function round<T>(work: readonly T[], one: (item: T) => Promise<void>): Promise<Round> {
  const latenciesMs: number[] = [];
  // A lane of its own for each: the cards are dealt out so that no two lanes ever meet on one token, however slow one is.
  const worker = async (lane: number): Promise<void> => {
    for (let index = lane; index < work.length; index += CONCURRENCY) {
      const from = performance.now();
      await one(work[index]!);
      latenciesMs.push(performance.now() - from);
    }
  };
  const cpu = process.cpuUsage();
  const from = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, (_, lane) => worker(lane)));
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: work.length / seconds, latenciesMs, cpuUs: (user + system) / work.length };
}

function summary(rounds: readonly Round[]) {
  const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);
  return {
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    cpuUs: median(rounds.map(({ cpuUs }) => cpuUs)),
    p50Ms: latencies[Math.floor(latencies.length * 0.5)]!,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)]!,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Every message of both sides has left one authorisation and one hold. */
async function requirePosted(pool: Pool, count: number): Promise<void> {
  const { rows } = await pool.query(
    'SELECT (SELECT count(*)::integer FROM authorisations) AS decided, (SELECT sum(held_minor)::bigint FROM accounts) AS held',
  );
  if (rows[0].decided !== count || rows[0].held !== count * AMOUNT_MINOR)
    throw new Error('the postings do not add up');
}
