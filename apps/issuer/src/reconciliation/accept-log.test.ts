// Logs over a real database: what is kept, what is acknowledged, what is found.
import { cmac, Pan } from '@tapseal/emv';
import { chainedLogRecord, type LogAnchor, logGenesis, sha256 } from '@tapseal/protocol';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueTestCard, TEST_NOW, type TestCard, testHsm } from '../authorisation/test-bank.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/pool.ts';
import { logKey } from '../keys/derivation.ts';
import { testKeyMaterial } from '../keys/test-keys.ts';
import { withTestDatabase } from '../postgres/test-database.ts';
import { acceptLog, reconcileToken } from './index.ts';

let pool: Pool;
const hsm = testHsm();

beforeAll(async () => {
  const { url } = await withTestDatabase();
  pool = openDatabase(url);
  await migrate(pool);
});
afterAll(() => pool?.end());

/** A phone's log: each record follows the one before. */
async function logOf(card: TestCard, length: number, from?: LogAnchor, change: { amount?: string } = {}) {
  const key = logKey(testKeyMaterial().logMasterKey, {
    tokenId: card.tokenId,
    token: Pan.parse(card.token)!,
    psn: 1,
  });
  const records: Uint8Array[] = [];
  let anchor = from ?? (await logGenesis(card.tokenId));
  for (let index = 0; index < length; index++) {
    const record = await chainedLogRecord(
      {
        status: 'answered_arqc',
        atc: anchor.seq + 1,
        keySetId: new Uint8Array(7),
        cryptogramInformationData: 0x80,
        amountAuthorised: change.amount ?? '000000002500',
        amountOther: '000000000000',
        currency: '702',
        terminalCountry: '702',
        transactionDate: '261123',
        transactionTime: '120000',
        transactionType: '00',
        unpredictableNumber: new Uint8Array(4),
        applicationCryptogram: new Uint8Array(8),
        verification: 1,
        threatResponse: 0,
        policyVersion: 1,
        terminalId: new Uint8Array(8),
        merchantId: new Uint8Array(15),
        merchantNameAndLocation: new Uint8Array(20),
        deviceTime: 1_795_000_000,
        terminalVerificationResults: new Uint8Array(5),
      },
      anchor,
      (message) => cmac('AES', key, message),
    );
    records.push(record);
    anchor = { seq: anchor.seq + 1, hash: await sha256(record) };
  }
  return { records, anchor };
}

async function upload(card: TestCard, records: readonly Uint8Array[]) {
  const result = await acceptLog(
    pool,
    hsm,
    { tokenId: card.tokenId, deviceId: card.deviceId, records },
    TEST_NOW,
  );
  if (!result.ok) throw new Error(result.refusal);
  return result;
}

async function casesOf(card: TestCard): Promise<string[]> {
  const { rows } = await pool.query(
    'SELECT kind, subject FROM cases WHERE token_id = $1 ORDER BY kind, subject',
    [card.tokenId],
  );
  return rows.map(({ kind, subject }) => `${kind} ${subject}`);
}

describe('a log upload', () => {
  test('is kept, acknowledged, and taken again without harm', async () => {
    const card = await issueTestCard(pool);
    const { records, anchor } = await logOf(card, 3);
    const first = await upload(card, records);
    expect(first).toMatchObject({
      accepted: 3,
      firstSeq: 1,
      lastSeq: 3,
      acknowledgeSeq: 3,
      findings: [],
    });
    expect(await upload(card, records)).toEqual(first);
    const { records: more } = await logOf(card, 2, anchor);
    expect(await upload(card, more)).toMatchObject({
      accepted: 2,
      firstSeq: 4,
      acknowledgeSeq: 5,
      findings: [],
    });
    expect(await upload(card, [...records.slice(1), ...more])).toMatchObject({
      accepted: 4,
      firstSeq: 2,
      findings: [],
    });
    expect(await casesOf(card)).toEqual([]);
    const { rows } = await pool.query(
      'SELECT count(*)::integer AS count FROM wallet_log WHERE token_id = $1',
      [card.tokenId],
    );
    expect(rows[0].count).toBe(5);
  });

  test('with a flipped bit anywhere is found out', async () => {
    const card = await issueTestCard(pool);
    const { records } = await logOf(card, 2);
    for (const offset of [2, 7, 20, 43, 100, 112, 143, 144, 159]) {
      const forged = records.map((record) => record.slice());
      forged[0]![offset]! ^= 0x01;
      const { findings, acknowledgeSeq } = await upload(card, forged);
      expect(
        findings.some(({ finding }) => finding === 'mac_invalid' || finding === 'unreadable'),
        `byte ${offset}`,
      ).toBe(true);
      expect(acknowledgeSeq).toBe(0);
    }
    expect((await upload(card, records)).findings).toEqual([]);
  });

  test('that lost a record in the middle shows a gap', async () => {
    const card = await issueTestCard(pool);
    const { records } = await logOf(card, 4);
    const { findings, accepted } = await upload(card, [records[0]!, records[1]!, records[3]!]);
    expect(findings).toEqual([
      { seq: 4, finding: 'sequence_gap' },
      { seq: 4, finding: 'chain_broken' },
    ]);
    expect(accepted).toBe(3);
    expect(await reconcileToken(pool, card.tokenId, TEST_NOW)).toMatchObject({
      gaps: 1,
      unseenByAcquirer: 3,
    });
    expect(await casesOf(card)).toEqual(['gap seq 3–3', 'log_chain_broken seq 4', 'log_sequence_gap seq 4']);
  });

  test('of a clone is a fork, within one upload and across two', async () => {
    const card = await issueTestCard(pool);
    const { records, anchor } = await logOf(card, 2);
    await upload(card, records);
    const original = await logOf(card, 1, anchor);
    const clone = await logOf(card, 1, anchor, { amount: '000000009900' });
    expect((await upload(card, original.records)).findings).toEqual([]);
    expect((await upload(card, clone.records)).findings).toEqual([{ seq: 3, finding: 'fork' }]);
    expect(await reconcileToken(pool, card.tokenId, TEST_NOW)).toMatchObject({ forks: 1 });
  });

  test('for a token of another device is refused', async () => {
    const [card, other] = [await issueTestCard(pool), await issueTestCard(pool)];
    const { records } = await logOf(card, 1);
    const upload = { tokenId: card.tokenId, deviceId: other.deviceId, records };
    expect(await acceptLog(pool, hsm, upload, TEST_NOW)).toEqual({
      ok: false,
      refusal: 'token_not_on_device',
    });
  });

  test('of another token proves nothing here', async () => {
    const [card, other] = [await issueTestCard(pool), await issueTestCard(pool)];
    const { records } = await logOf(other, 2);
    const { accepted, findings } = await upload(card, records);
    expect(accepted).toBe(0);
    expect(findings.map(({ finding }) => finding)).toEqual(['mac_invalid', 'chain_broken', 'mac_invalid']);
  });
});

test('what is not a record at all is named by its place', async () => {
  const card = await issueTestCard(pool);
  const { accepted, findings } = await upload(card, [new Uint8Array(160), new Uint8Array(3)]);
  expect(accepted).toBe(0);
  expect(findings.map(({ finding }) => finding)).toEqual(['unreadable', 'unreadable']);
});
