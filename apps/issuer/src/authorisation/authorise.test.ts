// The whole way of a message over a real database: from ISO 8583 bytes to the answer and what it leaves behind.
import { type Message, pack, unpack, validate } from '@tapseal/iso8583';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/pool.ts';
import { withTestDatabase } from '../postgres/test-database.ts';
import { createMessageHandler, type MessageEvent, type MessageHandler } from './handle.ts';
import {
  authorisationMessage,
  issueTestCard,
  reversalMessage,
  TEST_NOW,
  type TestCard,
  testHsm,
} from './test-bank.ts';

let pool: Pool;
let secondPool: Pool;
const events: MessageEvent[] = [];
/** Two handlers with pools of their own: what two issuer processes are to the database. */
let handle: MessageHandler;
let elsewhere: MessageHandler;

beforeAll(async () => {
  const { url } = await withTestDatabase();
  pool = openDatabase(url, { max: 8 });
  secondPool = openDatabase(url, { max: 8 });
  expect(await migrate(pool)).toMatchObject({ ok: true });
  const deps = {
    hsm: testHsm(),
    now: () => TEST_NOW,
    onEvent: (event: MessageEvent) => void events.push(event),
  };
  handle = createMessageHandler({ ...deps, pool });
  elsewhere = createMessageHandler({ ...deps, pool: secondPool });
});

afterAll(async () => {
  await pool?.end();
  await secondPool?.end();
});

describe.each(['open', 'tdes'] as const)('%s', (profile) => {
  test('a tap is approved: held, answered with an ARPC, stored', async () => {
    const card = await issueTestCard(pool, { profile, balanceMinor: 10_000 });
    const request = authorisationMessage(card, { atc: 1 });
    const response = await ask(request);
    expect(response.mti).toBe('0110');
    expect(response.fields[39]).toBe('00');
    expect(response.fields[38]).toMatch(/^[0-9A-Z]{6}$/);
    for (const field of [2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49] as const) {
      expect(response.fields[field]).toBe(request.fields[field]);
    }
    expect([...response.fields[55]!.subarray(0, 2)]).toEqual([0x91, profile === 'open' ? 8 : 10]);
    expect(await accountOf(card)).toEqual({ balance_minor: 10_000, held_minor: 2500 });
    expect(await authorisationsOf(card)).toMatchObject([
      { atc: 1, refusal: null, de39: '00', held_minor: 2500 },
    ]);
  });

  test('the story: approved, over the limit, wrong PIN, right PIN, replayed elsewhere', async () => {
    const card = await issueTestCard(pool, { profile });
    expect(await de39(authorisationMessage(card, { atc: 1, umd: 'absent' }))).toBe('00');
    expect(await de39(authorisationMessage(card, { atc: 2, amountMinor: 60_000 }))).toBe('61');
    expect(await de39(authorisationMessage(card, { atc: 3, umd: 'mismatch' }))).toBe('55');
    const approved = authorisationMessage(card, { atc: 4 });
    expect(await de39(approved)).toBe('00');
    const replay = { ...approved, fields: { ...approved.fields, 11: '900001', 41: 'THIEF001' } };
    expect(await de39(replay)).toBe('63');
    expect((await authorisationsOf(card)).map(({ de39 }) => de39)).toEqual(['00', '61', '55', '00']);
  });

  test('one bit of the cryptogram, or of what it covers, and it is not ours', async () => {
    const card = await issueTestCard(pool, { profile });
    const request = authorisationMessage(card, { atc: 1, umd: 'absent' });
    const chip = request.fields[55]!;
    let mismatches = 0;
    // The last object, 5F34, is outside of the cryptogram and repeats DE 23.
    for (let index = 0; index < chip.length - 4; index++) {
      const flipped = chip.slice();
      flipped[index]! ^= 0x01;
      const stan = String(100 + index).padStart(6, '0');
      const answer = await de39({ mti: '0100', fields: { ...request.fields, 11: stan, 55: flipped } });
      expect(['30', '63'], `byte ${index}`).toContain(answer);
      if (answer === '63') mismatches += 1;
    }
    expect(mismatches).toBeGreaterThan(20);
    // Not one of them has used up the ATC.
    expect(await de39(request)).toBe('00');
  });
});

describe('the same message', () => {
  test('gets the same answer, as a repeat, from another process, byte for byte, and is posted once', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1 });
    const first = await handle(bytesOf(request));
    const again = await handle(bytesOf(request));
    const other = await elsewhere(bytesOf(request));
    const repeat = await elsewhere(bytesOf({ ...request, mti: '0101' }));
    expect(again).toEqual(first);
    expect(other).toEqual(first);
    expect(repeat).toEqual(first);
    expect(await accountOf(card)).toMatchObject({ held_minor: 2500 });
  });

  test('is remembered when it was declined, whatever has changed since', async () => {
    const card = await issueTestCard(pool, { balanceMinor: 0 });
    const request = authorisationMessage(card, { atc: 1 });
    expect(await de39(request)).toBe('51');
    await pool.query('UPDATE accounts SET balance_minor = 1000000 WHERE account_id = $1', [card.accountId]);
    expect(await de39(request)).toBe('51');
    expect(await de39(authorisationMessage(card, { atc: 2 }))).toBe('00');
  });

  test('with another amount or other chip data is a conflict', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1 });
    expect(await de39(request)).toBe('00');
    const other = authorisationMessage(card, { atc: 2 }, { stan: request.fields[11]! });
    expect(await de39(other)).toBe('94');
  });

  test('with a new STAN gets the original answer and no second posting', async () => {
    const card = await issueTestCard(pool);
    const first = await ask(authorisationMessage(card, { atc: 1 }));
    const second = await ask(authorisationMessage(card, { atc: 1 }, { stan: '000777' }));
    expect(second.fields[38]).toBe(first.fields[38]);
    expect(second.fields[55]).toEqual(first.fields[55]);
    expect(second.fields[11]).toBe('000777');
    expect(await accountOf(card)).toMatchObject({ held_minor: 2500 });
    // biome-ignore format: a table
    const DIFFERENT: [string, Message][] = [
      ['another terminal', authorisationMessage(card, { atc: 1 }, { stan: '000778', terminalId: 'TERM0002' })],
      ['another merchant', authorisationMessage(card, { atc: 1 }, { stan: '000779', merchantId: 'MERCHANT0000002' })],
      ['a financial request', authorisationMessage(card, { atc: 1 }, { stan: '000780', mti: '0200' })],
      ['another amount', authorisationMessage(card, { atc: 1, amountMinor: 2600 }, { stan: '000781' })],
    ];
    for (const [what, message] of DIFFERENT) expect(await de39(message), what).toBe('63');
  });
});

describe('at the same time', () => {
  test('64 copies of one message, in two processes: one answer, one posting', async () => {
    const card = await issueTestCard(pool);
    const bytes = bytesOf(authorisationMessage(card, { atc: 1 }));
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => (index % 2 ? handle : elsewhere)(bytes)),
    );
    expect(new Set(answers.map((answer) => Buffer.from(answer!).toString('hex'))).size).toBe(1);
    expect(await accountOf(card)).toMatchObject({ held_minor: 2500 });
    expect(await authorisationsOf(card)).toHaveLength(1);
  });

  test('64 terminals with one cryptogram: it is accepted once', async () => {
    const card = await issueTestCard(pool);
    const answers = await together(64, (index) =>
      authorisationMessage(
        card,
        { atc: 1 },
        { stan: String(index).padStart(6, '0'), terminalId: `T${1000000 + index}` },
      ),
    );
    expect(tally(answers)).toEqual({ '00': 1, '63': 63 });
    expect(await accountOf(card)).toMatchObject({ held_minor: 2500 });
  });

  test('64 wrong PINs: three tries, and then the right one is too late', async () => {
    const card = await issueTestCard(pool, { keySets: 65 });
    const answers = await together(64, (index) =>
      authorisationMessage(card, { atc: index + 1, umd: 'mismatch' }),
    );
    expect(tally(answers)).toEqual({ '55': 3, '75': 61 });
    expect(await de39(authorisationMessage(card, { atc: 65 }))).toBe('75');
  });

  test('40 taps on money for ten, by two tokens of one account: ten are approved', async () => {
    const card = await issueTestCard(pool, { keySets: 20, balanceMinor: 25_000 });
    const besides = await issueTestCard(pool, { keySets: 20, besides: card });
    const answers = await together(40, (index) =>
      authorisationMessage(index % 2 ? card : besides, { atc: Math.floor(index / 2) + 1 }),
    );
    expect(tally(answers)).toEqual({ '00': 10, '51': 30 });
    expect(await accountOf(card)).toEqual({ balance_minor: 25_000, held_minor: 25_000 });
  });

  test('20 taps without PIN: five, as one after the other', async () => {
    const card = await issueTestCard(pool, { keySets: 20 });
    const answers = await together(20, (index) =>
      authorisationMessage(card, { atc: index + 1, umd: 'absent' }),
    );
    expect(tally(answers)).toEqual({ '00': 5, '65': 15 });
  });

  test('a mix of duplicates, replays and fresh taps: no ATC is accepted twice, and the holds add up', async () => {
    const cards = await Promise.all([1, 2, 3].map(() => issueTestCard(pool, { keySets: 10 })));
    const sent = Array.from({ length: 240 }, (_, index) => {
      const card = cards[index % 3]!;
      const atc = ((index * 7) % 10) + 1;
      const terminalId = index % 5 === 0 ? 'THIEF001' : 'TERM0001';
      const stan = String(index % 4 === 0 ? 500_000 + index : atc).padStart(6, '0');
      return { card, atc, message: authorisationMessage(card, { atc }, { stan, terminalId }) };
    });
    const answers = await Promise.all(
      sent.map(({ message }, index) => (index % 2 ? handle : elsewhere)(bytesOf(message)).then(read)),
    );
    const approvedTerminals = new Map<string, Set<string>>();
    for (const [index, { card, atc, message }] of sent.entries()) {
      if (answers[index]!.fields[39] !== '00') continue;
      const key = `${card.tokenId} ${atc}`;
      approvedTerminals.set(key, (approvedTerminals.get(key) ?? new Set()).add(message.fields[41]!));
    }
    for (const terminals of approvedTerminals.values()) expect(terminals.size).toBe(1);
    for (const card of cards) {
      const approved = (await authorisationsOf(card)).filter(({ refusal }) => refusal === null);
      expect(approved).toHaveLength(10);
      expect(await accountOf(card)).toMatchObject({ held_minor: approved.length * 2500 });
    }
  });
});

describe('financial requests and reversals', () => {
  test('0200 takes the amount from the balance', async () => {
    const card = await issueTestCard(pool, { balanceMinor: 10_000 });
    expect((await ask(authorisationMessage(card, { atc: 1 }, { mti: '0200' }))).mti).toBe('0210');
    expect(await accountOf(card)).toEqual({ balance_minor: 7500, held_minor: 0 });
  });

  test('a reversal gives the money back, once, and never the ATC', async () => {
    const card = await issueTestCard(pool, { balanceMinor: 10_000 });
    const request = authorisationMessage(card, { atc: 1 });
    await ask(request);
    const reversal = reversalMessage(request, '000901');
    expect((await ask(reversal)).mti).toBe('0410');
    expect(await de39(reversal)).toBe('00');
    expect(await de39(reversalMessage(request, '000902', '0420'))).toBe('00');
    expect(await accountOf(card)).toEqual({ balance_minor: 10_000, held_minor: 0 });
    expect(await de39(request)).toBe('94');
    expect(await de39(authorisationMessage(card, { atc: 1 }, { stan: '000903' }))).toBe('63');
    expect(await accountOf(card)).toEqual({ balance_minor: 10_000, held_minor: 0 });
  });

  test('a reversal of a 0200 puts the amount back', async () => {
    const card = await issueTestCard(pool, { balanceMinor: 10_000 });
    const request = authorisationMessage(card, { atc: 1 }, { mti: '0200' });
    await ask(request);
    expect(await de39(reversalMessage(request, '000901'))).toBe('00');
    expect(await accountOf(card)).toEqual({ balance_minor: 10_000, held_minor: 0 });
  });

  test('a partial reversal leaves what DE 95 says', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1 });
    await ask(request);
    expect(await de39(reversalMessage(request, '000901', '0400', 3000))).toBe('30');
    expect(await de39(reversalMessage(request, '000902', '0400', 1000))).toBe('00');
    expect(await accountOf(card)).toMatchObject({ held_minor: 1000 });
    expect(await de39(reversalMessage(request, '000903', '0400', 0))).toBe('00');
    expect(await accountOf(card)).toMatchObject({ held_minor: 0 });
  });

  test('what was reversed in part is not approved in full under a new STAN', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1 });
    await ask(request);
    expect(await de39(reversalMessage(request, '000901', '0400', 1000))).toBe('00');
    expect(await de39(authorisationMessage(card, { atc: 1 }, { stan: '000902' }))).toBe('63');
    expect(await accountOf(card)).toMatchObject({ held_minor: 1000 });
  });

  test('nobody takes back what another acquirer has sent', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1 });
    await ask(request);
    const { mti, fields } = reversalMessage(request, '000901');
    expect(await de39({ mti, fields: { ...fields, 32: '970299' } })).toBe('30');
    expect(await accountOf(card)).toMatchObject({ held_minor: 2500 });
    expect(await de39({ mti, fields: { ...fields, 32: `00${fields[32]}` } })).toBe('00');
    expect(await accountOf(card)).toMatchObject({ held_minor: 0 });
  });

  test('a reversal that comes first declines the late original, and its ATC is gone', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1 });
    expect(await de39(reversalMessage(request, '000901', '0420'))).toBe('00');
    expect(await de39(request)).toBe('94');
    expect(
      await de39(authorisationMessage(card, { atc: 1 }, { stan: '000902', terminalId: 'TERM0002' })),
    ).toBe('63');
    expect(await accountOf(card)).toMatchObject({ held_minor: 0 });
  });

  test('one of two STANs of a cryptogram is reversed: the other still has its money', async () => {
    const card = await issueTestCard(pool);
    const first = authorisationMessage(card, { atc: 1 });
    const second = authorisationMessage(card, { atc: 1 }, { stan: '000777' });
    await ask(first);
    await ask(second);
    expect(await de39(reversalMessage(first, '000901'))).toBe('00');
    expect(await accountOf(card)).toMatchObject({ held_minor: 2500 });
    expect(await de39(first)).toBe('94');
    expect(await de39(second)).toBe('00');
    expect(await de39(reversalMessage(second, '000902'))).toBe('00');
    expect(await accountOf(card)).toMatchObject({ held_minor: 0 });
  });

  test('a reversal and the same cryptogram under a new STAN at once: whoever was told "approved" has the money', async () => {
    const card = await issueTestCard(pool, { keySets: 30 });
    const tallies = { kept: 0, released: 0 };
    for (let atc = 1; atc <= 30; atc++) {
      const first = authorisationMessage(card, { atc });
      await ask(first);
      const second = authorisationMessage(card, { atc }, { stan: String(700 + atc).padStart(6, '0') });
      const [answer] = await Promise.all([
        handle(bytesOf(second)),
        elsewhere(bytesOf(reversalMessage(first, String(800 + atc).padStart(6, '0')))),
      ]);
      const approved = read(answer).fields[39] === '00';
      const { rows } = await pool.query(
        'SELECT held_minor FROM authorisations WHERE token_id = $1 AND atc = $2',
        [card.tokenId, atc],
      );
      expect(rows).toEqual([{ held_minor: approved ? 2500 : 0 }]);
      tallies[approved ? 'kept' : 'released'] += 1;
    }
    expect(tallies.kept + tallies.released).toBe(30);
  });

  test('an advice about a payment is no promise: its reversal still releases the money', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1 });
    await ask(request);
    expect(await de39({ mti: '0120', fields: { ...request.fields, 11: '000801' } })).toBe('00');
    expect(await de39(reversalMessage(request, '000901'))).toBe('00');
    expect(await accountOf(card)).toMatchObject({ held_minor: 0 });
  });

  test('a payment of nothing is reversed like any other', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1, amountMinor: 0 });
    expect(await de39(request)).toBe('00');
    expect(await de39(reversalMessage(request, '000901'))).toBe('00');
    expect(await de39(request)).toBe('94');
    expect(await de39(authorisationMessage(card, { atc: 1, amountMinor: 0 }, { stan: '000902' }))).toBe('63');
  });

  test('request and reversal at once, in either order: nothing stays on hold', async () => {
    const card = await issueTestCard(pool, { keySets: 20 });
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const request = authorisationMessage(card, { atc: index + 1 });
        await Promise.all([
          handle(bytesOf(request)),
          elsewhere(bytesOf(reversalMessage(request, String(900 + index).padStart(6, '0')))),
        ]);
      }),
    );
    expect(await accountOf(card)).toMatchObject({ held_minor: 0 });
    expect(await authorisationsOf(card)).toHaveLength(20);
  });
});

describe('other messages', () => {
  test('echo and sign-on are answered, another network code is not understood', async () => {
    const network = (code: string): Message => ({
      mti: '0800',
      fields: { 7: '1123040000', 11: '000001', 70: code },
    });
    expect(await ask(network('301'))).toMatchObject({ mti: '0810', fields: { 39: '00', 70: '301' } });
    expect(await de39(network('001'))).toBe('00');
    expect(await de39(network('999'))).toBe('30');
  });

  test('an advice is recorded once and acknowledged; one without its authorisation opens a case', async () => {
    const card = await issueTestCard(pool);
    const request = authorisationMessage(card, { atc: 1 });
    await ask(request);
    const advice: Message = { mti: '0120', fields: { ...request.fields, 11: '000801', 39: '00' } };
    expect((await ask(advice)).mti).toBe('0130');
    expect(await de39({ ...advice, mti: '0121' })).toBe('00');
    const unseen = authorisationMessage(card, { atc: 2 });
    expect(await de39({ mti: '0220', fields: { ...unseen.fields, 11: '000802' } })).toBe('00');
    const { rows } = await pool.query('SELECT mti, finding FROM advices WHERE token_id = $1 ORDER BY mti', [
      card.tokenId,
    ]);
    expect(rows).toEqual([
      { mti: '0120', finding: 'consistent' },
      { mti: '0220', finding: 'unseen_online' },
    ]);
    const cases = await pool.query('SELECT kind FROM cases WHERE token_id = $1', [card.tokenId]);
    expect(cases.rows).toEqual([{ kind: 'advice_unseen_online' }]);
  });

  test('an advice in another currency is not the payment that the bank has seen', async () => {
    const card = await issueTestCard(pool);
    const { fields } = authorisationMessage(card, { atc: 1 });
    await ask({ mti: '0100', fields });
    expect(await de39({ mti: '0220', fields: { ...fields, 11: '000801', 49: '392' } })).toBe('00');
    const { rows } = await pool.query('SELECT kind FROM cases WHERE token_id = $1', [card.tokenId]);
    expect(rows).toEqual([{ kind: 'advice_amount_differs' }]);
  });

  test('what is no message gets a decline where a reply can be made, and silence elsewhere', async () => {
    const card = await issueTestCard(pool);
    const bytes = bytesOf(authorisationMessage(card, { atc: 1 }));
    expect(read(await handle(bytes.slice(0, -1))).fields[39]).toBe('30');
    const request = authorisationMessage(card, { atc: 1 });
    const { 42: _merchant, ...incomplete } = request.fields;
    expect(read(await handle(bytesOf({ mti: '0100', fields: incomplete }))).fields[39]).toBe('30');
    expect(await de39({ mti: '0100', fields: { ...request.fields, 70: '301' } })).toBe('30');
    expect(events.slice(-2).map(({ refusal, at }) => `${refusal} ${at}`)).toEqual([
      'field_missing field 42: field_missing',
      'field_not_allowed field 70: field_not_carried',
    ]);
    expect(await handle(bytes.slice(0, 3))).toBeNull();
    expect(await handle(bytesOf({ mti: '0110', fields: { 11: '000001', 39: '00' } }))).toBeNull();
  });
});

test('without a database the answer is 91, and nothing that was said names a card', async () => {
  const card = await issueTestCard(pool);
  const gone = openDatabase('postgres://nobody:nothing@127.0.0.1:1/none', { connectionTimeoutMs: 500 });
  const unavailable = createMessageHandler({
    pool: gone,
    hsm: testHsm(),
    now: () => TEST_NOW,
    onEvent: (event) => void events.push(event),
  });
  expect(read(await unavailable(bytesOf(authorisationMessage(card, { atc: 1 })))).fields[39]).toBe('91');
  await gone.end();
  const broken = createMessageHandler({
    pool,
    hsm: {
      verifyCryptogram: () => {
        throw new TypeError(`bad key for ${card.token}`);
      },
    },
    now: () => TEST_NOW,
    onEvent: (event) => void events.push(event),
  });
  expect(read(await broken(bytesOf(authorisationMessage(card, { atc: 1 })))).fields[39]).toBe('96');
  expect(await de39(authorisationMessage(card, { atc: 1 }))).toBe('00');

  const { rows } = await pool.query('SELECT token FROM tokens');
  const said = JSON.stringify(events);
  for (const { token } of rows) expect(said.includes(token)).toBe(false);
  expect(events.some(({ error }) => error === 'TypeError')).toBe(true);
});

function bytesOf(message: Message): Uint8Array {
  const packed = pack(message);
  if (!packed.ok) throw new Error(`${packed.error.field} ${packed.error.reason}`);
  return packed.bytes;
}

function read(bytes: Uint8Array | null): Message {
  const unpacked = unpack(bytes!);
  if (!unpacked.ok) throw new Error(`${unpacked.error.field} ${unpacked.error.reason}`);
  expect(validate(unpacked.message)).toEqual({ ok: true });
  return unpacked.message;
}

async function ask(message: Message): Promise<Message> {
  return read(await handle(bytesOf(message)));
}

async function de39(message: Message): Promise<string | undefined> {
  return (await ask(message)).fields[39];
}

async function together(count: number, message: (index: number) => Message): Promise<(string | undefined)[]> {
  const all = Array.from({ length: count }, (_, index) => bytesOf(message(index)));
  const answers = await Promise.all(all.map((bytes, index) => (index % 2 ? handle : elsewhere)(bytes)));
  return answers.map((answer) => read(answer).fields[39]);
}

function tally(answers: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer!] = (counts[answer!] ?? 0) + 1;
  return counts;
}

async function accountOf(card: TestCard): Promise<{ balance_minor: number; held_minor: number }> {
  const { rows } = await pool.query('SELECT balance_minor, held_minor FROM accounts WHERE account_id = $1', [
    card.accountId,
  ]);
  return rows[0];
}

async function authorisationsOf(card: TestCard) {
  const { rows } = await pool.query('SELECT * FROM authorisations WHERE token_id = $1 ORDER BY atc', [
    card.tokenId,
  ]);
  return rows as { atc: number; refusal: string | null; de39: string; held_minor: number }[];
}
