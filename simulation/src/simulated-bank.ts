// The bank and its merchants in this process: the whole issuer on an embedded PostgreSQL of its own, terminals with the
// real kernel and acquirer, all on the simulation's clock. Published test keys, so that a seed is all the entropy there is.
import { tmpdir } from 'node:os';
import { startIssuer } from '@tapseal/issuer';
import { startTemporaryPostgres } from '@tapseal/issuer/postgres';
import { Acquirer, AcquirerLink, DEMONSTRATION_TERMINAL, Journal, memoryStore } from '@tapseal/terminal';
import { tcpWire } from '@tapseal/terminal/command-line';
import pg from 'pg';
import { call } from './http.ts';

export type Entropy = (length: number) => Uint8Array;
const OPERATOR = 'operator-of-the-simulation';
const CONNECT_MS = 10_000;
/** Real time: an answer that takes this long is a fault, not a simulated delay. */
const ANSWER_MS = 60_000;
const UNLIMITED = 1_000_000;
/** A demonstration's merchants are in Singapore, UTC+8 all year. */
export const UTC_OFFSET_MINUTES = 8 * 60;

export interface SimulatedBank {
  readonly url: string;
  operator<T>(route: string, body?: unknown): Promise<T>;
  /** All that is held for authorised payments, in minor units. */
  heldMinor(): Promise<bigint>;
  terminal(number: number, random: Entropy): SimulatedTerminal;
  stop(): Promise<void>;
}

export interface SimulatedTerminal {
  readonly terminal: typeof DEMONSTRATION_TERMINAL;
  readonly acquirer: Acquirer;
  readonly link: AcquirerLink;
  readonly random: Entropy;
  readonly clock: { nowMs(): number; after(ms: number, run: () => void): () => void };
}

export async function startSimulatedBank(nowMs: () => number, entropy: Entropy): Promise<SimulatedBank> {
  const closers: (() => unknown)[] = [];
  const stop = async () => {
    while (closers.length > 0) await closers.pop()!();
  };
  try {
    const postgres = await startTemporaryPostgres();
    closers.push(() => postgres.stop());
    const started = await startIssuer({
      databaseUrl: postgres.url,
      dataFolder: tmpdir(), // published keys need no keystore: nothing is written there
      host: '127.0.0.1',
      httpPort: 0,
      iso8583Port: 0,
      operatorCredential: OPERATOR,
      certificate: undefined,
      demonstration: true,
      testKeys: true,
      production: false,
      passphrase: undefined,
      now: () => new Date(nowMs()),
      entropy,
      logLevel: 'silent',
      httpSettings: { callsPerMinute: UNLIMITED, enrolmentsPerMinute: UNLIMITED },
    });
    if (!started.ok) throw new Error(`the issuer does not start: ${started.refusal}`);
    const { ports, stop: stopIssuer } = started.issuer;
    closers.push(stopIssuer);
    const url = `http://127.0.0.1:${ports.http}`;
    const clock = { nowMs, after: realTimer };
    return {
      url,
      operator: (route, body) => call(url, route, { body, credential: OPERATOR }),
      heldMinor: () => heldMinor(postgres.url),
      terminal(number, random) {
        const terminal = { ...DEMONSTRATION_TERMINAL, terminalId: `SIMTERM${number}` };
        const connect = tcpWire('127.0.0.1', ports.iso8583, CONNECT_MS);
        const link = new AcquirerLink({ connect, clock, answerMs: ANSWER_MS });
        closers.push(() => link.close());
        const acquirer = new Acquirer({ terminal, link, clock, journal: Journal.open(memoryStore()) });
        return { terminal, acquirer, link, random, clock };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function heldMinor(databaseUrl: string): Promise<bigint> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT coalesce(sum(held_minor), 0)::text AS held FROM accounts');
    return BigInt(rows[0].held);
  } finally {
    await client.end();
  }
}

function realTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
