/** An issuer with live keys, from its first start to a reconciled payment, over its own two listeners. */

import { createPrivateKey, randomBytes, sign as signWith } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { encodeFrame, FrameDecoder, type Message, pack, unpack } from '@tapseal/iso8583';
import { issueIssuerCertificate } from '@tapseal/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type IssuerOptions, type RunningIssuer, startIssuer } from '../src/index.ts';
import { withTestDatabase } from '../src/postgres/test-database.ts';
import { base64, bytes, OPERATOR } from './issuer-under-test.ts';
import { SoftwareDevice } from './software-device.ts';
import { request, tap } from './tap.ts';

const NOW = new Date('2027-01-04T04:00:00Z');
const PAN = '9702010000000001';
const PIN = '735184926071';

let options: IssuerOptions;
let issuer: RunningIssuer;
let replay: (stan: string) => Message;
const log: string[] = [];
beforeAll(async () => {
  options = {
    databaseUrl: (await withTestDatabase()).url,
    dataFolder: await mkdtemp(join(tmpdir(), 'tapseal-live-')),
    host: '127.0.0.1',
    httpPort: 0,
    iso8583Port: 0,
    operatorCredential: OPERATOR,
    certificate: undefined,
    demonstration: false,
    testKeys: false,
    production: true,
    passphrase: 'the passphrase of a test',
    now: () => NOW,
    entropy: (length) => new Uint8Array(randomBytes(length)),
    logDestination: new Writable({
      write(chunk, _, done) {
        log.push(String(chunk));
        done();
      },
    }),
  };
});
afterAll(async () => {
  await issuer?.stop();
  await rm(options.dataFolder, { recursive: true });
});

it('asks for a certificate of its own keys, then starts with it', async () => {
  const first = await startIssuer(options);
  if (first.ok || first.refusal !== 'certificate_missing') throw new Error('it started');
  const keys = /issuer (\w+), Ed25519 (\w+), X25519 (\w+)/.exec(first.detail!)!;
  const [issuerId, ed25519PublicKey, uplinkPublicKey] = keys
    .slice(1)
    .map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  const seconds = NOW.getTime() / 1000;
  const content = {
    test: false,
    issuerId: issuerId!,
    ed25519PublicKey: ed25519PublicKey!,
    uplinkPublicKey: uplinkPublicKey!,
    notBefore: seconds - 1,
    notAfter: seconds + 86_400,
  };
  const other = await issueIssuerCertificate({ ...content, issuerId: new Uint8Array(8) }, manufacturer);
  expect(await startIssuer({ ...options, certificate: other })).toMatchObject({
    refusal: 'certificate_of_other_keys',
  });

  options = { ...options, certificate: await issueIssuerCertificate(content, manufacturer) };
  const started = await startIssuer(options);
  if (!started.ok) throw new Error(started.refusal);
  issuer = started.issuer;
  expect(issuer.keys).toBe('live keystore');
});

it('test keys never load into a database that has held live keys', async () => {
  const test = { ...options, demonstration: true, testKeys: true, production: false };
  expect(await startIssuer(test)).toEqual({ ok: false, refusal: 'database_has_held_live_keys' });
});

it('a payment, from the card to its outcome on the phone', async () => {
  const { customerId } = await post('/v1/operator/customers', { name: 'Mei Tan' });
  const card = { pan: PAN, expiry: '3012', label: 'Everyday', currency: 'SGD', balanceMinor: 100_000 };
  const { cardId } = await post(`/v1/operator/customers/${customerId}/cards`, card);

  const [refused] = await enrol(customerId!, new SoftwareDevice(), true);
  expect(refused.type).toBe('urn:tapseal:problem:test_kernel_refused');

  const device = new SoftwareDevice();
  const [enrolled] = await enrol(customerId!, device, false);
  const credential = enrolled.credential!;
  await post(
    '/v1/bundles/receipts',
    { receipt: base64(await device.accept(bytes(enrolled.bundle!))) },
    credential,
  );
  const uplink = base64(await device.pinUplink(cardId!, PIN));
  const { tokenId } = await post('/v1/digitisations', { cardId, profile: 'tdes', uplink }, credential);
  await sync(device, credential);
  const { token } = device.tokens.get(tokenId!)!.profile;

  const date = '270104';
  const noPin = tap(device, tokenId!, { atc: 1, amountMinor: 1_250, date });
  const rightPin = tap(device, tokenId!, { atc: 2, amountMinor: 12_000, pin: PIN, date });
  const wrongPin = tap(device, tokenId!, { atc: 3, amountMinor: 12_000, pin: '735184926072', date });
  const tooMuch = tap(device, tokenId!, { atc: 4, amountMinor: 50_001, pin: PIN, date });
  for (const tapped of [noPin, rightPin, wrongPin, tooMuch]) await device.log(tokenId!, tapped.log);

  replay = (stan) => request(token, rightPin, stan, 'TERM0003');
  const answers = await authorise([
    request(token, noPin, '000001'),
    request(token, rightPin, '000002'),
    request(token, wrongPin, '000003'),
    request(token, tooMuch, '000004'),
    request(token, rightPin, '000005', 'TERM0002'),
    request(token, rightPin, '000002'),
  ]);
  // Without PIN · with it · wrong PIN · over the limit · replayed at another terminal · the same message again.
  expect(answers.map((answer) => answer.fields[39])).toEqual(['00', '00', '55', '61', '63', '00']);
  expect(answers[5]!.fields[38]).toBe(answers[1]!.fields[38]);

  const sent = await post('/v1/logs', { uplink: base64(await device.logUplink(tokenId!)) }, credential);
  expect(sent).toMatchObject({ accepted: 4, findings: [] });
  await sync(device, credential);
  expect(
    device.tokens.get(tokenId!)!.outcomes.map(({ atc, outcome, de39 }) => `${atc} ${outcome} ${de39}`),
  ).toEqual(['1 approved 00', '2 approved 00', '3 declined 55', '4 declined 61']);
  expect(await post('/v1/operator/reconciliations', { tokenId })).toMatchObject({
    matched: 4,
    gaps: 0,
    forks: 0,
  });
  expect(await post('/v1/replenishments', { tokenId }, credential)).toEqual({ keySets: 4 });
  const text = log.join('');
  for (const secret of [PAN, token, PIN, credential]) expect(text.includes(secret)).toBe(false);
});

it('after a restart nothing is forgotten: a used ATC stays used', async () => {
  await issuer.stop();
  const again = await startIssuer(options);
  if (!again.ok) throw new Error(again.refusal);
  issuer = again.issuer;
  const [answer] = await authorise([replay('000006')]);
  expect(answer!.fields[39]).toBe('63');
});

// A manufacturer of this test's own: no published root signs for live keys.
const root = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), randomBytes(32)]),
  format: 'der',
  type: 'pkcs8',
});
const manufacturer = async (message: Uint8Array) => signWith(null, message, root);

type Body = Record<string, string | undefined>;
let calls = 0;

async function post(path: string, body: object, credential = OPERATOR): Promise<Body> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${credential}`,
    'idempotency-key': `k${++calls}`,
  };
  const url = `http://127.0.0.1:${issuer.ports.http}${path}`;
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<Body>;
}

async function enrol(customerId: string, device: SoftwareDevice, trustsTestRoot: boolean): Promise<[Body]> {
  const { activationCode } = await post(`/v1/operator/customers/${customerId}/activation-codes`, {});
  const begun = await post('/v1/enrolments', { activationCode });
  const statement = await device.statement(
    bytes(begun.nonce!),
    bytes(begun.issuerCertificate!),
    trustsTestRoot,
  );
  return [await post(`/v1/enrolments/${begun.enrolmentId}/statement`, { statement: base64(statement) })];
}

async function sync(device: SoftwareDevice, credential: string): Promise<void> {
  for (;;) {
    const next = await fetch(`http://127.0.0.1:${issuer.ports.http}/v1/bundles/next`, {
      headers: { authorization: `Bearer ${credential}` },
    });
    if (next.status === 204) return;
    const { bundle } = (await next.json()) as { bundle: string };
    await post('/v1/bundles/receipts', { receipt: base64(await device.accept(bytes(bundle))) }, credential);
  }
}

/** One request after the other on one connection. */
async function authorise(messages: readonly Message[]): Promise<Message[]> {
  const socket = connect(issuer.ports.iso8583, '127.0.0.1');
  await once(socket, 'connect');
  const decoder = new FrameDecoder();
  const answers: Message[] = [];
  for (const message of messages) {
    const packed = pack(message);
    if (!packed.ok) throw new Error('a message that cannot be packed');
    socket.write(encodeFrame(packed.bytes));
    while (answers.length < messages.indexOf(message) + 1) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      for (const frame of decoder.push(chunk).messages) {
        const unpacked = unpack(frame);
        if (unpacked.ok) answers.push(unpacked.message);
      }
    }
  }
  socket.destroy();
  return answers;
}
