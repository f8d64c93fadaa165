/** From an activation code to key sets on a device, over a real PostgreSQL. */

import { deriveSessionKeys, luhnValid, Pan } from '@tapseal/emv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testKeyMaterial } from '../src/keys/test-keys.ts';
import { withTestDatabase } from '../src/postgres/test-database.ts';
import { base64, bytes, IssuerUnderTest } from './issuer-under-test.ts';
import { SoftwareDevice } from './software-device.ts';

let url: string;
let bank: IssuerUnderTest;
beforeAll(async () => {
  ({ url } = await withTestDatabase());
  bank = await IssuerUnderTest.start(url, { callsPerMinute: 10_000, enrolmentsPerMinute: 1_000 });
});
afterAll(() => bank.stop());

const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

describe('enrolment', () => {
  it('binds a device with a code, once', async () => {
    const { activationCode } = await bank.customer();
    const device = new SoftwareDevice();
    const begun = await bank.call('POST', '/v1/enrolments', {
      body: { activationCode: activationCode.toLowerCase() },
    });
    expect(begun.status).toBe(201);
    const { enrolmentId, nonce, issuerCertificate } = begun.body as Record<string, string>;
    const statement = base64(await device.statement(bytes(nonce!), bytes(issuerCertificate!)));
    const send = () => bank.call('POST', `/v1/enrolments/${enrolmentId}/statement`, { body: { statement } });
    const completed = await send();
    expect(completed.status).toBe(201);
    expect(completed.body).toMatchObject({ deviceId: device.id });
    expect((completed.body as { credential: string }).credential).toMatch(/^[\w-]{43}$/);
    expect(await send(), 'the answer got lost').toEqual(completed);
    const again = await bank.call('POST', '/v1/enrolments', { body: { activationCode } });
    expect(again.problem).toBe('activation_code_used');
  });

  it.each([
    ['an unknown code', 'activation_code_unknown', async () => 'ZZZZ-ZZZZ-ZZZZ-ZZZZ'],
    [
      'a code that has expired',
      'activation_code_expired',
      async () => {
        const { activationCode } = await bank.customer();
        bank.clock.now = new Date(bank.clock.now.getTime() + bank.issuer.settings.activationCodeValidMs);
        return activationCode;
      },
    ],
    [
      'a code that was tried too often',
      'activation_code_tries_exceeded',
      async () => {
        const { activationCode } = await bank.customer();
        for (let tries = 0; tries < bank.issuer.settings.activationCodeTriesMax; tries++) {
          await bank.call('POST', '/v1/enrolments', { body: { activationCode } });
        }
        return activationCode;
      },
    ],
  ])('%s', async (_, problem, makeCode) => {
    const activationCode = await makeCode();
    expect(await bank.call('POST', '/v1/enrolments', { body: { activationCode } })).toMatchObject({
      problem,
    });
  });

  it.each([
    ['a statement for another nonce', 'statement_nonce_mismatch', (s: Uint8Array) => s, true],
    ['a statement that was altered', 'statement_not_authentic', (s: Uint8Array) => s.fill(1, 60, 61), false],
    ['a statement that was cut', 'statement_malformed', (s: Uint8Array) => s.subarray(1), false],
  ])('%s', async (_, problem, change, otherNonce) => {
    const { activationCode } = await bank.customer();
    const begun = await bank.call('POST', '/v1/enrolments', { body: { activationCode } });
    const { enrolmentId, nonce, issuerCertificate } = begun.body as Record<string, string>;
    const device = new SoftwareDevice();
    const answered = otherNonce ? new Uint8Array(32) : bytes(nonce!);
    const statement = base64(change(await device.statement(answered, bytes(issuerCertificate!))));
    const answer = await bank.call('POST', `/v1/enrolments/${enrolmentId}/statement`, {
      body: { statement },
    });
    expect(answer).toMatchObject({ problem });
  });

  it.each([
    ['zero', new Uint8Array(32)],
    ['of order 8', Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex')],
  ])('a one-time key %s, to which nothing can be sealed', async (_, weak) => {
    const { activationCode } = await bank.customer();
    const begun = await bank.call('POST', '/v1/enrolments', { body: { activationCode } });
    const { enrolmentId, nonce, issuerCertificate } = begun.body as Record<string, string>;
    const device = new SoftwareDevice();
    const statement = await device.statement(bytes(nonce!), bytes(issuerCertificate!), true, weak);
    const answer = await bank.call('POST', `/v1/enrolments/${enrolmentId}/statement`, {
      body: { statement: base64(statement) },
    });
    expect(answer).toMatchObject({ problem: 'statement_malformed' });

    const phone = await bank.digitised();
    await bank.operator('POST', `/tokens/${phone.tokenId}/state`, { state: 'suspended', reason: 'a test' });
    const next = await bank.call('GET', '/v1/bundles/next', { credential: phone.credential });
    const bundle = bytes((next.body as { bundle: string }).bundle);
    const good = await phone.device.accept(bundle);
    const receipt = await phone.device.receiptFor(bundle, 0, { nextOneTimePublicKey: weak });
    expect(await bank.receipt(phone.credential, receipt)).toMatchObject({ problem: 'receipt_malformed' });
    expect(await bank.receipt(phone.credential, good)).toMatchObject({ status: 200 });
  });

  it('an enrolment that is not completed in time', async () => {
    const { activationCode } = await bank.customer();
    const begun = await bank.call('POST', '/v1/enrolments', { body: { activationCode } });
    const { enrolmentId, nonce, issuerCertificate } = begun.body as Record<string, string>;
    const statement = base64(await new SoftwareDevice().statement(bytes(nonce!), bytes(issuerCertificate!)));
    bank.clock.now = new Date(bank.clock.now.getTime() + bank.issuer.settings.enrolmentValidMs);
    const answer = await bank.call('POST', `/v1/enrolments/${enrolmentId}/statement`, {
      body: { statement },
    });
    expect(answer.problem).toBe('enrolment_expired');
  });

  it('an answer that got lost is given again after the enrolment’s time, to the same statement alone', async () => {
    const phone = await bank.enrolled();
    bank.clock.now = new Date(bank.clock.now.getTime() + 2 * bank.issuer.settings.enrolmentValidMs);
    const send = (statement: Uint8Array) =>
      bank.call('POST', `/v1/enrolments/${phone.enrolmentId}/statement`, {
        body: { statement: base64(statement) },
      });
    expect(await send(phone.statement)).toMatchObject({
      status: 201,
      body: { credential: phone.credential },
    });
    const other = await new SoftwareDevice().statement(new Uint8Array(32), bank.issuer.certificate);
    expect(await send(other)).toMatchObject({ problem: 'enrolment_completed' });
  });

  it('beginning again under the same Idempotency-Key costs no try', async () => {
    const { activationCode } = await bank.customer();
    const begin = () => bank.call('POST', '/v1/enrolments', { key: 'begin', body: { activationCode } });
    const first = await begin();
    for (let again = 0; again < 8; again++) expect(await begin()).toEqual(first);
  });

  it('two phones with one code: the first to complete has it', async () => {
    const { activationCode } = await bank.customer();
    const answers = [];
    for (const device of [new SoftwareDevice(), new SoftwareDevice()]) {
      const begun = await bank.call('POST', '/v1/enrolments', { body: { activationCode } });
      const { enrolmentId, nonce, issuerCertificate } = begun.body as Record<string, string>;
      const statement = base64(await device.statement(bytes(nonce!), bytes(issuerCertificate!)));
      answers.push(() =>
        bank.call('POST', `/v1/enrolments/${enrolmentId}/statement`, { body: { statement } }),
      );
    }
    const done = await Promise.all(answers.map((send) => send()));
    expect(done.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(done.find(({ status }) => status === 409)!.problem).toBe('activation_code_used');
  });
});

describe.each(['open', 'tdes'] as const)('digitisation, %s', (profile) => {
  it('puts a token and ten key sets on the device', async () => {
    const phone = await bank.digitised(profile);
    const token = phone.device.tokens.get(phone.tokenId)!;
    expect(token.profile.profile).toBe(profile);
    expect([...token.keySets.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(token.profile.token).toMatch(/^970299\d{10}$/);
    expect(luhnValid(token.profile.token)).toBe(true);
    const master = testKeyMaterial().masterKeys.find((keys) => keys.profile === profile)!;
    for (const [atc, keySet] of token.keySets) {
      const input = {
        ...master,
        token: Pan.parse(token.profile.token)!,
        psn: '01',
        atc: Uint8Array.of(0, atc),
      };
      const { md, umd } = deriveSessionKeys(input);
      expect(hex(keySet.mdKey)).toBe(hex(md));
      expect(hex(phone.device.unmask(phone.tokenId, atc, '4929'))).toBe(hex(umd));
      expect(hex(phone.device.unmask(phone.tokenId, atc, '4928'))).not.toBe(hex(umd));
    }
    const listed = await bank.call('GET', '/v1/tokens', { credential: phone.credential });
    expect(listed.body).toEqual({
      tokens: [
        {
          tokenId: phone.tokenId,
          cardId: phone.cardId,
          label: 'Everyday',
          lastFour: phone.pan.reveal().slice(-4),
          state: 'active',
          profile,
          keySetsLive: 10,
        },
      ],
    });
  });
});

describe('digitisation', () => {
  it.each([
    [
      'the PIN of another card',
      'pin_bound_elsewhere',
      (p: Phone) => p.device.pinUplink(OTHER, '4929'),
      (p: Phone) => p.cardId,
    ],
    [
      'a PIN of three digits',
      'pin_malformed',
      (p: Phone) => p.device.pinUplink(p.cardId, '492'),
      (p: Phone) => p.cardId,
    ],
    [
      'a card that does not exist',
      'card_unknown',
      (p: Phone) => p.device.pinUplink(OTHER, '4929'),
      () => OTHER,
    ],
    [
      'a log instead of a PIN',
      'uplink_kind_mismatch',
      (p: Phone) => p.device.logUplink(OTHER, []),
      (p: Phone) => p.cardId,
    ],
    ['bytes that are no uplink', 'uplink_malformed', async () => new Uint8Array(200), (p: Phone) => p.cardId],
  ])('%s', async (_, problem, uplink, card) => {
    const phone = await bank.enrolled();
    const answer = await bank.digitise({ ...phone, cardId: card(phone) }, await uplink(phone));
    expect(answer).toMatchObject({ problem });
    const { rows } = await bank.issuer.db.query('SELECT 1 FROM tokens WHERE device_id = $1', [
      phone.device.deviceId,
    ]);
    expect(rows).toHaveLength(0);
  });

  it("another customer's card does not exist", async () => {
    const [phone, other] = [await bank.enrolled(), await bank.customer('Arun Pillai')];
    const uplink = await phone.device.pinUplink(other.cardId, '4929');
    expect(await bank.digitise({ ...phone, cardId: other.cardId }, uplink)).toMatchObject({
      problem: 'card_unknown',
    });
  });

  it("another device's uplink is refused, and condemns nobody", async () => {
    const [phone, other] = [await bank.enrolled(), await bank.enrolled()];
    const uplink = await other.device.pinUplink(phone.cardId, '4929');
    expect(await bank.digitise(phone, uplink)).toMatchObject({ problem: 'uplink_not_authentic' });
    expect((await bank.call('GET', '/v1/cards', { credential: phone.credential })).status).toBe(200);
  });

  it('twice the same card on one device is refused; the other profile is not', async () => {
    const phone = await bank.digitised('open');
    const uplink = () => phone.device.pinUplink(phone.cardId, '4929');
    expect(await bank.digitise(phone, await uplink(), 'open')).toMatchObject({
      problem: 'already_digitised',
    });
    expect(await bank.digitise(phone, await uplink(), 'tdes')).toMatchObject({ status: 201 });
  });

  it('the same Idempotency-Key gets the same token; with another body it is a conflict', async () => {
    const phone = await bank.enrolled();
    const uplink = await phone.device.pinUplink(phone.cardId, '4929');
    const both = await Promise.all([1, 2].map(() => bank.digitise(phone, uplink, 'open', 'one-key')));
    expect(both[0]).toMatchObject({ status: 201 });
    expect(both[1]).toEqual(both[0]);
    expect(await bank.digitise(phone, uplink, 'tdes', 'one-key')).toMatchObject({
      problem: 'idempotency_conflict',
    });
    const missing = await bank.call('POST', '/v1/digitisations', {
      credential: phone.credential,
      body: { cardId: phone.cardId, profile: 'open', uplink: base64(uplink) },
    });
    expect(missing.problem).toBe('idempotency_key_missing');
  });

  it('an uplink is taken once', async () => {
    const phone = await bank.enrolled();
    const uplink = await phone.device.pinUplink(phone.cardId, '4929');
    expect(await bank.digitise(phone, uplink)).toMatchObject({ status: 201 });
    expect(await bank.digitise(phone, uplink, 'tdes')).toMatchObject({ problem: 'uplink_repeated' });
  });

  type Phone = Awaited<ReturnType<typeof bank.enrolled>>;
  const OTHER = '0b8e6d5c-1f2a-4b3c-9d4e-5f60718293a4';
});

describe('bundles', () => {
  const next = (credential: string) => bank.call('GET', '/v1/bundles/next', { credential });

  async function withBundle() {
    const phone = await bank.enrolled();
    await bank.digitise(phone, await phone.device.pinUplink(phone.cardId, '4929'));
    const answer = await next(phone.credential);
    return { ...phone, answer, bundle: bytes((answer.body as { bundle: string }).bundle) };
  }

  it('stay byte for byte the same until the receipt, also after a restart', async () => {
    const { credential, answer } = await withBundle();
    expect(await next(credential)).toEqual(answer);
    const restarted = await IssuerUnderTest.start(url);
    try {
      expect(await restarted.call('GET', '/v1/bundles/next', { credential })).toEqual(answer);
    } finally {
      await restarted.stop();
    }
  });

  it('two that ask at once get the same one', async () => {
    const phone = await bank.enrolled();
    await bank.digitise(phone, await phone.device.pinUplink(phone.cardId, '4929'));
    const answers = await Promise.all(Array.from({ length: 8 }, () => next(phone.credential)));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  it('there is nothing to fetch when nothing is to be said; after a day there is a fresh policy', async () => {
    const phone = await bank.digitised();
    expect((await next(phone.credential)).status).toBe(204);
    bank.clock.now = new Date(bank.clock.now.getTime() + bank.issuer.settings.policyRefreshMs + 1);
    expect(await bank.sync(phone)).toBe(1);
    expect(phone.device.records.at(-1)).toMatchObject({ type: 'policy', version: 1, response: 0 });
  });

  it('a receipt may be repeated and is answered the same', async () => {
    const { credential, device, bundle } = await withBundle();
    const receipt = await device.accept(bundle);
    const first = await bank.receipt(credential, receipt);
    expect(first).toEqual({ status: 200, body: { next: null } });
    expect(await bank.receipt(credential, receipt)).toEqual(first);
  });

  it('two different receipts for one bundle: the device was copied', async () => {
    const { credential, device, bundle } = await withBundle();
    await bank.receipt(credential, await device.accept(bundle));
    const fork = await device.receiptFor(bundle, 0, { nextOneTimePublicKey: new Uint8Array(32).fill(9) });
    expect(await bank.receipt(credential, fork)).toMatchObject({ problem: 'receipt_forked' });
    expect(await next(credential)).toMatchObject({ problem: 'device_cloned' });
    const { rows } = await bank.issuer.db.query('SELECT state FROM tokens WHERE device_id = $1', [
      device.deviceId,
    ]);
    expect(rows).toEqual([{ state: 'SUSPENDED' }]);
  });

  it.each([
    ['an older generation', { generation: 2n }, 'generation_rolled_back', 'device_rolled_back'],
    ['other bytes', { bundleHash: new Uint8Array(32) }, 'receipt_hash_mismatch', undefined],
    ['a bundle that was never sent', { bundleNumber: 99n }, 'receipt_unknown_bundle', undefined],
    ['another device', { deviceId: new Uint8Array(16) }, 'receipt_wrong_device', undefined],
  ])('a receipt of %s', async (_, change, problem, afterwards) => {
    const { credential, device, bundle } = await withBundle();
    await device.accept(bundle);
    const receipt = await device.receiptFor(bundle, 0, change);
    expect(await bank.receipt(credential, receipt)).toMatchObject({ problem });
    expect((await next(credential)).problem).toBe(afterwards);
  });

  it('a receipt that another key signed', async () => {
    const { credential, device, bundle } = await withBundle();
    const receipt = await device.accept(bundle);
    receipt[177]! ^= 1;
    expect(await bank.receipt(credential, receipt)).toMatchObject({ problem: 'receipt_not_authentic' });
  });

  it('a refused bundle ends its token and its key sets', async () => {
    const { credential, device, bundle } = await withBundle();
    expect((await bank.receipt(credential, await device.accept(bundle, 0x5001))).status).toBe(200);
    const { tokens } = (await bank.call('GET', '/v1/tokens', { credential })).body as unknown as {
      tokens: object[];
    };
    expect(tokens).toMatchObject([{ state: 'deactivated', keySetsLive: 0 }]);
    const { rows } = await bank.issuer.db.query(
      `SELECT action, detail FROM audit WHERE actor = $1 AND action = 'bundle.refused'`,
      [`device ${device.id}`],
    );
    expect(rows).toEqual([{ action: 'bundle.refused', detail: { status: 0x5001 } }]);
  });
});

describe('replenishment', () => {
  it('gives nothing when nothing is missing, and replaces what is spent, revoked or expired', async () => {
    const phone = await bank.digitised();
    const missing = async () =>
      ((await bank.replenish(phone.credential, phone.tokenId)).body as { keySets: number }).keySets;
    expect(await missing()).toBe(0);
    await bank.issuer.db.query('UPDATE key_sets SET revoked_at = now() WHERE token_id = $1 AND atc <= 3', [
      phone.tokenId,
    ]);
    expect(await missing()).toBe(3);
    expect(await missing(), 'those on their way count').toBe(0);
    await bank.sync(phone);
    expect([...phone.device.tokens.get(phone.tokenId)!.keySets.keys()].slice(-3)).toEqual([11, 12, 13]);
    bank.clock.now = new Date(bank.clock.now.getTime() + 31 * 86_400_000);
    expect(await missing()).toBe(10);
  });

  it('eight at once get what is missing, once', async () => {
    const phone = await bank.digitised();
    await bank.issuer.db.query('UPDATE key_sets SET revoked_at = now() WHERE token_id = $1 AND atc <= 4', [
      phone.tokenId,
    ]);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => bank.replenish(phone.credential, phone.tokenId)),
    );
    expect(answers.map(({ body }) => body.keySets as number).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 4]);
    await bank.sync(phone);
    expect([...phone.device.tokens.get(phone.tokenId)!.keySets.keys()].slice(-4)).toEqual([11, 12, 13, 14]);
  });

  it('ends with the last ATC', async () => {
    const phone = await bank.digitised();
    await bank.issuer.db.query('UPDATE key_sets SET revoked_at = now() WHERE token_id = $1', [phone.tokenId]);
    await bank.issuer.db.query('UPDATE tokens SET next_atc = 65534 WHERE token_id = $1', [phone.tokenId]);
    expect(await bank.replenish(phone.credential, phone.tokenId)).toMatchObject({ body: { keySets: 2 } });
    await bank.sync(phone);
    expect([...phone.device.tokens.get(phone.tokenId)!.keySets.keys()].slice(-2)).toEqual([65_534, 65_535]);
    await bank.issuer.db.query('UPDATE key_sets SET revoked_at = now() WHERE token_id = $1', [phone.tokenId]);
    expect(await bank.replenish(phone.credential, phone.tokenId)).toMatchObject({ problem: 'atc_exhausted' });
  });

  it("is refused for another device's token and for a suspended one", async () => {
    const [phone, other] = [await bank.digitised(), await bank.enrolled()];
    expect(await bank.replenish(other.credential, phone.tokenId)).toMatchObject({ problem: 'token_unknown' });
    await bank.operator('POST', `/tokens/${phone.tokenId}/state`, { state: 'suspended', reason: 'lost' });
    expect(await bank.replenish(phone.credential, phone.tokenId)).toMatchObject({
      problem: 'token_not_active',
    });
  });
});

describe('token state', () => {
  it('is told to the device; deactivation is the end', async () => {
    const phone = await bank.digitised();
    const held = phone.device.tokens.get(phone.tokenId)!;
    const change = (state: string) =>
      bank.operator('POST', `/tokens/${phone.tokenId}/state`, { state, reason: 'test' });
    expect(await change('suspended')).toMatchObject({ body: { state: 'suspended' } });
    expect(await change('suspended')).toMatchObject({ status: 200 });
    expect(await bank.sync(phone)).toBe(1);
    expect(held.state).toBe('suspended');
    await change('active');
    await change('deactivated');
    await bank.sync(phone);
    expect(held.state).toBe('deleted');
    expect(await change('active')).toMatchObject({ problem: 'state_transition_refused' });
  });
});

describe('an old state put back', () => {
  it('other bytes under an uplink number that was seen', async () => {
    const phone = await bank.digitised();
    phone.device.uplinkNumber -= 1n;
    const uplink = await phone.device.pinUplink(phone.cardId, '4929');
    expect(await bank.digitise(phone, uplink, 'tdes')).toMatchObject({ problem: 'uplink_forked' });
    expect(await bank.replenish(phone.credential, phone.tokenId)).toMatchObject({
      problem: 'device_rolled_back',
    });
  });

  it('a later uplink on an earlier generation', async () => {
    const phone = await bank.digitised();
    phone.device.generation = 1n;
    const uplink = await phone.device.pinUplink(phone.cardId, '4929');
    expect(await bank.digitise(phone, uplink, 'tdes')).toMatchObject({ problem: 'generation_rolled_back' });
    expect(await bank.sync(phone).catch((error: Error) => error.message)).not.toBe(0);
  });
});

it('neither PAN, token, PIN, credential nor activation code is in the log', async () => {
  // Twelve digits: four of them would turn up in a time by chance.
  const pin = '735184926071';
  const phone = await bank.digitised('open', pin);
  await bank.digitise(phone, await phone.device.pinUplink(phone.cardId, pin));
  const log = bank.log.join('');
  expect(log.length).toBeGreaterThan(1000);
  for (const secret of [
    phone.pan.reveal(),
    phone.device.tokens.get(phone.tokenId)!.profile.token,
    phone.credential,
    phone.activationCode,
    phone.activationCode.replaceAll('-', ''),
    pin,
  ]) {
    expect(log.includes(secret)).toBe(false);
  }
  expect(/\b9702\d{12}/.test(log)).toBe(false);
});
