/** The HTTP service as a stranger meets it: refusals by name, limits, the interface's description, the audit trail. */

import { Pan } from '@tapseal/emv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../src/database/transaction.ts';
import { PROBLEMS } from '../src/http/problems.ts';
import { withTestDatabase } from '../src/postgres/test-database.ts';
import { detokenise } from '../src/tokens/vault.ts';
import { IssuerUnderTest, OPERATOR } from './issuer-under-test.ts';

let url: string;
let bank: IssuerUnderTest;
beforeAll(async () => {
  ({ url } = await withTestDatabase());
  bank = await IssuerUnderTest.start(url);
});
afterAll(() => bank.stop());

const CARD = { pan: '9702010000000001', expiry: '3012', label: 'Everyday', currency: 'SGD', balanceMinor: 1 };
const NOBODY = '0b8e6d5c-1f2a-4b3c-9d4e-5f60718293a4';

describe('refusals', () => {
  const cards = `/v1/operator/customers/${NOBODY}/cards`;
  it.each([
    ['no such route', 'GET', '/v1/nothing', {}, 'not_found'],
    ['an address that is none', 'GET', '/v1/%zz', {}, 'request_invalid'],
    ['no credential', 'GET', '/v1/cards', {}, 'credential_missing'],
    ['a credential of nobody', 'GET', '/v1/cards', { credential: 'x'.repeat(43) }, 'credential_invalid'],
    ['the operator on a wallet’s route', 'GET', '/v1/cards', { credential: OPERATOR }, 'credential_invalid'],
    [
      'another scheme',
      'GET',
      '/v1/cards',
      { headers: { authorization: 'Basic eDp4' } },
      'credential_invalid',
    ],
    ['no operator', 'POST', '/v1/operator/customers', { body: { name: 'x' } }, 'credential_missing'],
    [
      'a wrong operator',
      'POST',
      '/v1/operator/customers',
      { body: { name: 'x' }, credential: `${OPERATOR}x` },
      'credential_invalid',
    ],
    [
      'a field that is not known',
      'POST',
      cards,
      { body: { ...CARD, limit: 1 }, credential: OPERATOR },
      'request_invalid',
    ],
    [
      'a number as text',
      'POST',
      cards,
      { body: { ...CARD, balanceMinor: '1' }, credential: OPERATOR },
      'request_invalid',
    ],
    [
      'an identifier that is none',
      'POST',
      '/v1/operator/customers/1/cards',
      { body: CARD, credential: OPERATOR },
      'request_invalid',
    ],
    [
      'a PAN that breaks Luhn',
      'POST',
      cards,
      { body: { ...CARD, pan: '9702010000000002' }, credential: OPERATOR },
      'pan_invalid',
    ],
    [
      'a currency that we have not',
      'POST',
      cards,
      { body: { ...CARD, currency: 'XXX' }, credential: OPERATOR },
      'currency_unsupported',
    ],
    ['a customer that we have not', 'POST', cards, { body: CARD, credential: OPERATOR }, 'customer_unknown'],
    [
      'a body that is too long',
      'POST',
      '/v1/enrolments',
      { body: { activationCode: 'x'.repeat(200_000) } },
      'body_too_large',
    ],
  ] as const)('%s', async (_, method, path, options, problem) => {
    const answer = await bank.call(method, path, options);
    expect(answer).toMatchObject({ problem, status: PROBLEMS[problem].status });
    expect(answer.body).toMatchObject({
      type: `urn:tapseal:problem:${problem}`,
      title: PROBLEMS[problem].title,
    });
  });

  it('an invalid field is named by its place, never by its value', async () => {
    const answer = await bank.call('POST', cards, { body: { ...CARD, pan: '9702x' }, credential: OPERATOR });
    expect(answer.body.detail).toBe('body/pan: pattern');
  });

  it('the same card twice', async () => {
    const { customerId } = await bank.customer();
    const add = () => bank.operator('POST', `/customers/${customerId}/cards`, CARD);
    expect(await add()).toMatchObject({ status: 201 });
    expect(await add()).toMatchObject({ problem: 'card_exists' });
    const { rows } = await bank.issuer.db.query('SELECT 1 FROM accounts WHERE customer_id = $1', [
      customerId,
    ]);
    expect(rows, 'a refused card leaves no account').toHaveLength(2);
  });

  it('a database that cannot answer is 503, and says nothing of why', async () => {
    const broken = await IssuerUnderTest.start(url);
    await broken.issuer.db.end();
    const answer = await broken.call('POST', '/v1/enrolments', {
      body: { activationCode: 'AAAA-AAAA-AAAA-AAAA' },
    });
    expect(answer).toMatchObject({ status: 503, problem: 'unavailable' });
    expect(answer.body).not.toHaveProperty('detail');
    expect((await broken.call('GET', '/health/ready')).status).toBe(503);
    expect((await broken.call('GET', '/health/live')).status).toBe(200);
  });
});

it('too many calls', async () => {
  const limited = await IssuerUnderTest.start(url, { callsPerMinute: 1_000, enrolmentsPerMinute: 2 });
  try {
    const guess = () =>
      limited.call('POST', '/v1/enrolments', { body: { activationCode: 'AAAA-AAAA-AAAA-AAAA' } });
    expect([(await guess()).problem, (await guess()).problem, (await guess()).problem]).toEqual([
      'activation_code_unknown',
      'activation_code_unknown',
      'rate_limited',
    ]);
  } finally {
    await limited.stop();
  }
});

it.each([
  ['the operator’s', '/v1/operator/reconciliations', 'POST'],
  ['a device’s', '/v1/cards', 'GET'],
] as const)('guesses at %s credential are counted like other calls', async (_, path, method) => {
  const limited = await IssuerUnderTest.start(url, { callsPerMinute: 3, enrolmentsPerMinute: 2 });
  try {
    const problems = [];
    for (let guess = 0; guess < 5; guess++) {
      const credential = `a-guessed-credential-number-${guess}`;
      problems.push((await limited.call(method, path, { credential })).problem);
    }
    expect(problems).toEqual([
      ...new Array(3).fill('credential_invalid'),
      ...new Array(2).fill('rate_limited'),
    ]);
  } finally {
    await limited.stop();
  }
});

it('who has no credential has no body read', async () => {
  const answer = await bank.call('POST', '/v1/operator/customers', {
    body: { name: 'x'.repeat(200_000) },
    credential: `${OPERATOR}x`,
  });
  expect(answer.problem).toBe('credential_invalid');
});

it('text that the database cannot hold is refused by the schema', async () => {
  for (const name of ['nul\u0000', 'line\nbreak', 'escape\u001b[2J']) {
    expect(await bank.operator('POST', '/customers', { name })).toMatchObject({ problem: 'request_invalid' });
  }
  expect(await bank.operator('POST', '/customers', { name: '陈美 Tan' })).toMatchObject({ status: 201 });
});

it('an answer with a credential or keys is stored by nobody on the way', async () => {
  const answer = await bank.enrolled();
  expect(answer.credential).toBeDefined();
  expect(bank.lastHeaders['cache-control']).toBe('no-store');
});

it('the same Idempotency-Key of the operator gets the same customer', async () => {
  const create = (name: string) =>
    bank.call('POST', '/v1/operator/customers', { credential: OPERATOR, key: 'a-key', body: { name } });
  const both = await Promise.all([create('Mei Tan'), create('Mei Tan')]);
  expect(both[0]).toEqual(both[1]);
  expect(await create('Arun Pillai')).toMatchObject({ problem: 'idempotency_conflict' });
});

it('describes itself: OpenAPI 3.1, every call of docs/api.md', async () => {
  const { body } = await bank.call('GET', '/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  type Parameters = { name: string }[];
  const paths = body.paths as Record<string, { post: { parameters?: Parameters } }>;
  const keyOf = (path: string) =>
    paths[path]!.post.parameters?.find(({ name }) => name === 'Idempotency-Key');
  expect(keyOf('/v1/digitisations')).toMatchObject({ in: 'header', required: true });
  expect(keyOf('/v1/operator/customers')).toMatchObject({ in: 'header', required: false });
  expect(keyOf('/v1/bundles/receipts')).toBeUndefined();
  expect(Object.keys(body.paths as object).sort()).toEqual([
    '/health/live',
    '/health/ready',
    '/v1/bundles/next',
    '/v1/bundles/receipts',
    '/v1/cards',
    '/v1/digitisations',
    '/v1/enrolments',
    '/v1/enrolments/{enrolmentId}/statement',
    '/v1/logs',
    '/v1/operator/customers',
    '/v1/operator/customers/{customerId}/activation-codes',
    '/v1/operator/customers/{customerId}/cards',
    '/v1/operator/reconciliations',
    '/v1/operator/tokens/{tokenId}/authorisations',
    '/v1/operator/tokens/{tokenId}/state',
    '/v1/replenishments',
    '/v1/tokens',
  ]);
  for (const [path, methods] of Object.entries(
    body.paths as Record<string, Record<string, { security?: object[] }>>,
  )) {
    const open = path.startsWith('/health') || path.startsWith('/v1/enrolments');
    for (const call of Object.values(methods)) expect(call.security !== undefined, path).toBe(!open);
  }
});

describe('audit', () => {
  it('says who did what, in a chain that can be checked', async () => {
    const phone = await bank.digitised();
    await bank.operator('POST', `/tokens/${phone.tokenId}/state`, {
      state: 'suspended',
      reason: 'lost phone',
    });
    const { rows } = await bank.issuer.db.query(
      `SELECT actor, action FROM audit WHERE subject IN ($1, $2, $3) ORDER BY seq`,
      [`token ${phone.tokenId}`, `device ${phone.device.id}`, `card ${phone.cardId}`],
    );
    expect(rows).toEqual([
      { actor: 'operator', action: 'card.added' },
      { actor: `customer ${phone.customerId}`, action: 'device.enrolled' },
      { actor: `device ${phone.device.id}`, action: 'token.digitised' },
      { actor: 'operator', action: 'token.state_changed' },
    ]);
    const broken = await bank.issuer.db.query(
      `SELECT seq FROM (SELECT a.*, lag(hash, 1, sha256('tapseal audit v1')) OVER (ORDER BY seq) AS before FROM audit a) a
        WHERE previous_hash <> before OR hash <> audit_hash(before, seq, at, actor, action, subject, detail)`,
    );
    expect(broken.rows).toEqual([]);
    await expect(bank.issuer.db.query(`UPDATE audit SET actor = 'nobody'`)).rejects.toThrow('append-only');
  });

  it('a PAN is read back with an entry, or not at all', async () => {
    const phone = await bank.digitised();
    const token = Pan.parse(phone.device.tokens.get(phone.tokenId)!.profile.token)!;
    const read = (fail: boolean) =>
      inTransaction(bank.issuer.db, async (tx) => {
        const pan = await detokenise(bank.issuer, tx, token, 'posting', 'post authorisation');
        if (fail) throw new Error('rolled back');
        return pan;
      });
    const pan = await read(false);
    expect(pan.ok && pan.value.equals(phone.pan)).toBe(true);
    expect(JSON.stringify(pan)).not.toContain(phone.pan.reveal());
    await read(true).catch(() => {});
    const { rows } = await bank.issuer.db.query(
      `SELECT actor, detail FROM audit WHERE action = 'pan.detokenised' AND subject = $1`,
      [`token ${phone.tokenId}`],
    );
    expect(rows).toEqual([{ actor: 'posting', detail: { purpose: 'post authorisation' } }]);
    const unknown = Pan.parse('9702990000000012')!;
    const none = await inTransaction(bank.issuer.db, (tx) =>
      detokenise(bank.issuer, tx, unknown, 'posting', 'x'),
    );
    expect(none).toMatchObject({ ok: false, refusal: 'token_unknown' });
  });
});
