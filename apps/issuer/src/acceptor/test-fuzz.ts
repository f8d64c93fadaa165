// Mutated frames against the whole issuer side of the acceptor, database and all. The short form runs with the tests, the
// long one with `npm run torture`.
import { encodeFrame, FrameDecoder, type Message, pack, unpack, validate } from '@tapseal/iso8583';
import type { Pool } from 'pg';
import { createMessageHandler } from '../authorisation/handle.ts';
import {
  authorisationMessage,
  issueTestCard,
  reversalMessage,
  TEST_NOW,
  type TestCard,
  testHsm,
} from '../authorisation/test-bank.ts';

export type AcceptorFuzz = {
  readonly frames: number;
  /** How often each refusal was met; `approved` and `no reply` among them. */
  readonly coverage: Readonly<Record<string, number>>;
  /** What must not be: empty when all is well. */
  readonly failures: readonly string[];
};

const CARDS = 4;
const ATCS = 60;
const AT_ONCE = 16;

/** `pool` is a migrated database of its own. Deterministic but for the order in which frames reach the database. */
export async function fuzzAcceptor(options: {
  readonly pool: Pool;
  readonly seed: number;
  readonly count: number;
}): Promise<AcceptorFuzz> {
  const { pool, seed, count } = options;
  const random = randomFrom(seed);
  const cards: TestCard[] = [];
  for (let index = 0; index < CARDS; index++) {
    cards.push(await issueTestCard(pool, { profile: index % 2 ? 'tdes' : 'open', keySets: ATCS }));
  }
  const seeds = seedMessages(cards).map(bytesOf);
  const coverage: Record<string, number> = {};
  const failures: string[] = [];
  const handle = createMessageHandler({
    pool,
    hsm: testHsm(),
    now: () => TEST_NOW,
    onEvent: ({ refusal, de39, error }) => {
      const name = de39 === null ? 'no reply' : (refusal ?? 'approved');
      coverage[name] = (coverage[name] ?? 0) + 1;
      if (refusal === 'fault' || refusal === 'unavailable') failures.push(`${refusal}: ${error}`);
    },
  });

  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      sent += 1;
      const frame = mutated(encodeFrame(seeds[random(seeds.length)]!), seeds, random);
      for (const message of new FrameDecoder().push(frame).messages) {
        const reply = await handle(message);
        if (reply === null) continue;
        const read = unpack(reply);
        if (!read.ok) failures.push(`a reply that is no message: ${read.error.reason}`);
        else if (!validate(read.message).ok) failures.push(`an incomplete ${read.message.mti}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  failures.push(...(await halfMadeState(pool)));
  return { frames: sent, coverage, failures };
}

/** One of each kind, good ones, so that mutations start beside every branch. */
function seedMessages(cards: readonly TestCard[]): Message[] {
  const messages: Message[] = [{ mti: '0800', fields: { 7: '1123040000', 11: '000001', 70: '301' } }];
  for (const card of cards) {
    for (let atc = 1; atc <= ATCS; atc++) {
      const umd = (['valid', 'absent', 'mismatch', 'valid'] as const)[atc % 4]!;
      const request = authorisationMessage(card, { atc, umd, amountMinor: 100 * atc });
      messages.push(request);
      if (atc % 5 === 0) messages.push(reversalMessage(request, String(900_000 + atc).padStart(6, '0')));
      if (atc % 7 === 0)
        messages.push({ ...request, mti: '0120', fields: { ...request.fields, 11: '800000' } });
    }
  }
  return messages;
}

type Random = (below: number) => number;

/** One to three changes; now and then none, so that good traffic runs among the bad. */
function mutated(frame: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = Buffer.from(frame);
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(bytes.length);
    switch (random(7)) {
      case 0:
        bytes[at]! ^= 1 << random(8);
        break;
      case 1:
        bytes[at] = random(256);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at)]);
        break;
      case 4:
        bytes[at] = 0x30 + random(10);
        break;
      case 5:
        bytes[2 + random(12)]! ^= 1 << random(8); // the message type and the bitmap
        break;
      case 6: {
        const other = others[random(others.length)]!;
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(other.subarray(Math.min(at, other.length))),
        ]);
        break;
      }
    }
    if (bytes.length < 3) return bytes;
  }
  // Mostly the length is made right again: a frame that ends early teaches nothing about the message in it.
  if (random(8) !== 0) bytes.writeUInt16BE(bytes.length - 2, 0);
  return bytes;
}

/** Every decided transaction has its message, every hold its account, every version its change. */
async function halfMadeState(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query(`
    SELECT 'an authorisation without its message' AS failure FROM authorisations u
     WHERE NOT EXISTS (SELECT FROM messages m WHERE m.token_id = u.token_id AND m.message_key = u.message_key)
    UNION ALL
    SELECT 'a hold that is nobody''s' FROM accounts a
     WHERE a.held_minor <> (SELECT coalesce(sum(u.held_minor), 0) FROM authorisations u WHERE u.account_id = a.account_id)
    UNION ALL
    SELECT 'more decisions than versions' FROM token_states s
     WHERE s.version < (SELECT count(*) FROM authorisations u WHERE u.token_id = s.token_id)`);
  return rows.map(({ failure }) => failure);
}

function bytesOf(message: Message): Uint8Array {
  const packed = pack(message);
  if (!packed.ok) throw new Error(packed.error.reason);
  return packed.bytes;
}

/** Numbers below a bound from one seed (mulberry32). */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
