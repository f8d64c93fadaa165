/** The log comes home: acknowledgement, outcomes, and what a copied log gives away. */

import { luhnValid } from '@tapseal/emv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTestDatabase } from '../src/postgres/test-database.ts';
import { base64, IssuerUnderTest } from './issuer-under-test.ts';
import type { SoftwareDevice } from './software-device.ts';

let bank: IssuerUnderTest;
beforeAll(async () => {
  bank = await IssuerUnderTest.start((await withTestDatabase()).url);
});
afterAll(() => bank.stop());

type Phone = Awaited<ReturnType<typeof bank.digitised>>;

/** A tap as the phone logs it. */
function tap(phone: Phone, atc: number, amount = 1250) {
  return phone.device.log(phone.tokenId, {
    status: 'answered_arqc',
    atc,
    keySetId: phone.device.tokens.get(phone.tokenId)!.keySets.get(atc)!.keySetId,
    cryptogramInformationData: 0x80,
    amountAuthorised: String(amount).padStart(12, '0'),
    amountOther: '000000000000',
    currency: '702',
    terminalCountry: '702',
    transactionDate: '270104',
    transactionTime: '120000',
    transactionType: '00',
    unpredictableNumber: new Uint8Array(4),
    applicationCryptogram: new Uint8Array(8).fill(atc),
    verification: 1,
    threatResponse: 0,
    policyVersion: 1,
    terminalId: new TextEncoder().encode('TERM0001'),
    merchantId: new TextEncoder().encode('MERCHANT0000001'),
    merchantNameAndLocation: new TextEncoder().encode('KOPI HOUSE SINGAPORE'),
    deviceTime: 1_799_000_000,
    terminalVerificationResults: new Uint8Array(5),
  });
}

/** A decision of the bank, as authorisation leaves it. */
function decided(phone: Phone, atc: number, refusal: string | null, amount = 1250) {
  return bank.issuer.db.query(
    `INSERT INTO authorisations (token_id, atc, presentment_hash, message_key, mti, amount_minor, currency, refusal, de39,
            approval_code, umd, cryptogram, transaction_date, acquirer_id, terminal_id, merchant_id, threat_response,
            policy_version, account_id, held_minor, posted_minor, decided_at)
     SELECT token_id, $2, sha256('a'), sha256('b'), '0100', $4, '702', $3, $5, $6, 'valid', $7, '2027-01-04', '1', 'TERM0001',
            'MERCHANT0000001', 0, 1, account_id, 0, 0, now() FROM tokens WHERE token_id = $1`,
    [
      phone.tokenId,
      atc,
      refusal,
      amount,
      refusal ? '61' : '00',
      refusal ? null : '123456',
      Buffer.alloc(8, atc),
    ],
  );
}

const upload = async (phone: { credential: string }, uplink: Promise<Uint8Array>) =>
  bank.call('POST', '/v1/logs', { credential: phone.credential, body: { uplink: base64(await uplink) } });

const outcomesOf = (device: SoftwareDevice, tokenId: string) =>
  device.tokens.get(tokenId)!.outcomes.map(({ atc, outcome, de39 }) => `${atc} ${outcome} ${de39}`);

describe('log upload', () => {
  it('is acknowledged, and every tap gets its outcome', async () => {
    const phone = await bank.digitised();
    for (const atc of [1, 2, 3]) await tap(phone, atc);
    await decided(phone, 1, null);
    await decided(phone, 2, 'tap_limit_exceeded');
    const answer = await upload(phone, phone.device.logUplink(phone.tokenId));
    expect(answer).toMatchObject({
      status: 200,
      body: { accepted: 3, firstSeq: 1, lastSeq: 3, findings: [] },
    });
    expect(await bank.sync(phone)).toBe(1);
    expect(phone.device.tokens.get(phone.tokenId)!.acknowledged).toBe(3);
    expect(outcomesOf(phone.device, phone.tokenId)).toEqual([
      '1 approved 00',
      '2 declined 61',
      '3 not_seen   ',
    ]);
    expect(await bank.sync(phone), 'nothing is told twice').toBe(0);

    await decided(phone, 3, null);
    expect(await bank.sync(phone), 'what a terminal had stored arrives later').toBe(1);
    expect(outcomesOf(phone.device, phone.tokenId).at(-1)).toBe('3 approved 00');
  });

  it('frees what the log says was burnt, so that new key sets are given', async () => {
    const phone = await bank.digitised();
    for (const atc of [1, 2]) await tap(phone, atc);
    expect(await bank.replenish(phone.credential, phone.tokenId)).toMatchObject({ body: { keySets: 0 } });
    await upload(phone, phone.device.logUplink(phone.tokenId));
    expect(await bank.replenish(phone.credential, phone.tokenId)).toMatchObject({ body: { keySets: 2 } });
  });

  it('a forged record is found, frees no key set and is not acknowledged', async () => {
    const phone = await bank.digitised();
    for (const atc of [1, 2]) await tap(phone, atc);
    const [first, second] = phone.device.tokens.get(phone.tokenId)!.log as [Uint8Array, Uint8Array];
    const forged = second.map((byte, index) => (index === 21 ? byte ^ 1 : byte));
    const answer = await upload(phone, phone.device.logUplink(phone.tokenId, [first, forged]));
    expect(answer.body).toMatchObject({
      accepted: 1,
      lastSeq: 1,
      findings: [{ seq: 2, finding: 'mac_invalid' }],
    });
    expect(await bank.replenish(phone.credential, phone.tokenId)).toMatchObject({ body: { keySets: 1 } });
    await bank.sync(phone);
    expect(phone.device.tokens.get(phone.tokenId)!.acknowledged).toBe(1);
  });

  it('two genuine records under one number: the device is condemned, its tokens are suspended', async () => {
    const phone = await bank.digitised();
    const held = phone.device.tokens.get(phone.tokenId)!;
    const before = held.anchor;
    await tap(phone, 1);
    await upload(phone, phone.device.logUplink(phone.tokenId));
    held.anchor = before;
    held.log.length = 0;
    await tap(phone, 1, 9900);
    const answer = await upload(phone, phone.device.logUplink(phone.tokenId));
    expect(answer.body).toMatchObject({ findings: [{ seq: 1, finding: 'fork' }] });
    expect(await upload(phone, phone.device.logUplink(phone.tokenId))).toMatchObject({
      problem: 'device_cloned',
    });
    const { rows } = await bank.issuer.db.query(
      'SELECT state, state_reason FROM tokens WHERE token_id = $1',
      [phone.tokenId],
    );
    expect(rows).toEqual([{ state: 'SUSPENDED', state_reason: 'two log records under one number' }]);
  });

  it.each([
    [
      "another device's token",
      'token_unknown',
      (phone: Phone, other: Phone) => phone.device.logUplink(other.tokenId, []),
    ],
    [
      'a PIN instead of a log',
      'uplink_kind_mismatch',
      (phone: Phone) => phone.device.pinUplink(phone.cardId, '4929'),
    ],
  ])('%s', async (_, problem, uplink) => {
    const [phone, other] = [await bank.digitised(), await bank.digitised()];
    expect(await upload(phone, uplink(phone, other))).toMatchObject({ problem });
  });
});

it('reconciliation and authorisations, as the operator asks for them', async () => {
  const phone = await bank.digitised();
  for (const atc of [1, 2]) await tap(phone, atc);
  await decided(phone, 1, null);
  await decided(phone, 3, 'tap_limit_exceeded', 60_000);
  await upload(phone, phone.device.logUplink(phone.tokenId));
  const reconciled = await bank.operator('POST', '/reconciliations', { tokenId: phone.tokenId });
  expect(reconciled.body).toMatchObject({
    matched: 1,
    unseenByAcquirer: 1,
    unseenByWallet: 1,
    amountDiffers: 0,
    outcomeUnknown: 0,
    gaps: 0,
    forks: 0,
  });
  expect(reconciled.body.rows).toHaveLength(3);
  const authorisations = await bank.operator('GET', `/tokens/${phone.tokenId}/authorisations`);
  expect(authorisations.body).toMatchObject({
    authorisations: [
      { atc: 1, amountMinor: 1250, currency: 'SGD', refusal: null, de39: '00', terminalId: 'TERM0001' },
      { atc: 3, amountMinor: 60_000, refusal: 'tap_limit_exceeded', de39: '61' },
    ],
  });
  const unknown = await bank.operator('POST', '/reconciliations', { tokenId: phone.cardId });
  expect(unknown.problem).toBe('token_unknown');
});

it('the PAN is nowhere in the database in clear, the token in its own column alone', async () => {
  const phone = await bank.digitised();
  const token = phone.device.tokens.get(phone.tokenId)!.profile.token;
  expect(luhnValid(token)).toBe(true);
  const tables = await bank.issuer.db.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
  const found: string[] = [];
  for (const { tablename } of tables.rows) {
    const { rows } = await bank.issuer.db.query(`SELECT t::text AS row FROM ${tablename} t`);
    for (const { row } of rows) {
      for (const secret of [phone.pan.reveal(), token]) {
        const written = [secret, Buffer.from(secret).toString('hex')];
        if (written.some((form) => row.includes(form)))
          found.push(`${tablename} ${secret === token ? 'token' : 'PAN'}`);
      }
    }
  }
  expect(found).toEqual(['tokens token']);
});
