// The control port over HTTP: who may come in, and what each call answers.
import { request } from 'node:http';
import { ACTIVATION_CODE } from '@tapseal/wallet-sdk/test-double';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlPort, control, listenControl, sameBytes } from '../src/index.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { startTestPhone, type TestPhone } from './test-phone.ts';

let test: TestPhone;
let open: ControlPort;
let guarded: ControlPort;
const faults: unknown[] = [];

beforeEach(async () => {
  faults.length = 0;
  test = await startTestPhone();
  const listen = (credential: object) =>
    listenControl(
      0,
      (asked) => control(test.phone, { sameBytes, ...credential }, asked),
      (error) => faults.push(error),
    );
  open = await listen({});
  guarded = await listen({ credential: 'a-long-credential' });
});
afterEach(async () => {
  await test.phone.close();
  await Promise.all([open.close(), guarded.close()]);
  expect(faults).toEqual([]);
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

function ask(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
  port = open.port,
): Promise<Answer> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port, method, path, headers: { ...json, ...headers } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) }),
        );
      },
    );
    asking.once('error', reject);
    asking.end(body);
  });
}

const post = (path: string, body: object = {}) => ask('POST', path, JSON.stringify(body));

describe('who may come in', () => {
  const table: [
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
    answer: string,
  ][] = [
    ['GET', '/status', undefined, {}, '200'],
    ['GET', '/status', undefined, { host: 'localhost' }, '200'],
    ['GET', '/status', undefined, { host: '[::1]:7304' }, '200'],
    ['GET', '/status', undefined, { host: 'bank.example' }, '403 host_not_local'],
    ['GET', '/status', undefined, { host: '127.0.0.1.bank.example' }, '403 host_not_local'],
    ['GET', '/status', undefined, { origin: 'http://127.0.0.1' }, '403 origin_refused'],
    ['GET', '/status', undefined, { 'sec-fetch-site': 'same-origin' }, '403 origin_refused'],
    ['POST', '/lock', '{}', { 'content-type': 'text/plain' }, '400 body_malformed'],
    ['POST', '/lock', '{}', { 'content-type': 'application/json; charset=utf-8' }, '200'],
    ['POST', '/lock', '', {}, '400 body_malformed'],
    ['POST', '/lock', `{"a":"${'x'.repeat(5000)}"}`, {}, '413 body_too_large'],
    ['GET', '/lock', undefined, {}, '405 method_not_allowed'],
    ['POST', '/status', '{}', {}, '405 method_not_allowed'],
    ['GET', '/', undefined, {}, '404 route_unknown'],
    ['GET', '/constructor', undefined, {}, '404 route_unknown'],
  ];
  it.each(table)('%s %s %s %j: %s', async (method, path, body, headers, answer) => {
    const { status, body: said } = await ask(method, path, body, headers);
    const name = String(said.type ?? '').replace('urn:tapseal:problem:', '');
    expect(`${status} ${status === 200 ? '' : name}`.trim()).toBe(answer);
  });

  it.each([
    [{}, 401],
    [{ authorization: 'Bearer a-long-credentiaL' }, 401],
    [{ authorization: 'Bearer a-long-credential2' }, 401],
    [{ authorization: 'Bearer a-long-credential' }, 200],
  ])('with a credential demanded, %j is answered %d', async (headers, status) => {
    expect((await ask('GET', '/status', undefined, headers, guarded.port)).status).toBe(status);
  });
});

describe('the calls', () => {
  it('play a customer’s day', async () => {
    expect((await ask('GET', '/status')).body).toMatchObject({ state: 'new', network: true, cards: [] });
    expect(await post('/enrol', { activationCode: ACTIVATION_CODE })).toEqual({
      status: 200,
      body: { enrolled: true },
    });
    const digitised = await post('/digitise', { profile: 'open', pin: '4929' });
    expect(digitised.body).toMatchObject({ decision: 'approved', keySets: 10 });
    const { tokenId } = digitised.body;
    expect(await post('/network', { up: false })).toMatchObject({ body: { network: false } });
    expect(await post('/pin', { pin: '4929' })).toMatchObject({ status: 409, body: { title: 'not armed' } });
    expect((await post('/unlock')).body).toEqual({ unlocked: true, atc: 1, keySetsLeft: 9 });
    expect((await post('/pin', { pin: '0000' })).body).toEqual({ entered: true });

    const terminal = await FakeTerminal.listen();
    const arriving = terminal.phone();
    const presenting = post('/present', { host: '127.0.0.1', port: terminal.port });
    const card = await arriving;
    for (const command of ['00A4040000', '80A8000000', '80AE800000']) await card.apdu(command);
    card.socket.end();
    expect((await presenting).body).toMatchObject({
      presented: true,
      link: 'reader_left',
      tap: { atc: 1, amountMinor: 1250, currency: 702, cdcvm: true },
    });
    await terminal.close();

    expect((await post('/sync')).body).toMatchObject({ title: 'bank unreachable', status: 503 });
    await post('/network', { up: true });
    expect((await post('/sync')).body).toMatchObject({ logRecords: 1, refused: [] });
    const { body } = await ask('GET', '/history?tokenId=ignored');
    expect(body.history).toMatchObject([
      { tokenId, atc: 1, outcome: 'approved', de39: '00', amountMinor: 1250 },
      { tokenId, atc: 2, outcome: 'unknown' },
    ]);
    expect((await ask('GET', '/status')).body).toMatchObject({
      state: 'ready',
      unlocked: true,
      armed: { atc: 2, keySetsLeft: 8 },
      cards: [{ tokenId, profile: 'open', lastFour: '4242', keySetsLive: 8, selected: true }],
    });
    expect((await post('/lock')).body).toEqual({ unlocked: false });
    expect((await post('/withdraw')).body).toEqual({ withdrawn: false });
  });

  const malformed: [path: string, body: object, answer: string][] = [
    ['/enrol', {}, '400 body_malformed'],
    ['/enrol', { activationCode: 12345678 }, '400 body_malformed'],
    ['/enrol', { activationCode: 'short' }, '400 activation_code_malformed'],
    ['/digitise', { profile: 'open' }, '400 body_malformed'],
    ['/digitise', { profile: 'open', pin: '4929' }, '409 not_enrolled'],
    ['/pin', {}, '400 body_malformed'],
    ['/pin', { pin: '12' }, '400 pin_malformed'],
    ['/select', { tokenId: 'x' }, '409 token_unknown'],
    ['/network', { up: 'yes' }, '400 body_malformed'],
    ['/present', { host: '127.0.0.1' }, '400 body_malformed'],
    ['/present', { host: '127.0.0.1', port: 0 }, '400 body_malformed'],
    ['/present', { host: '127.0.0.1', port: 80.5 }, '400 body_malformed'],
    ['/present', { host: '10.0.0.1', port: 80 }, '400 reader_not_on_this_machine'],
  ];
  it.each(malformed)('%s %j: %s', async (path, body, answer) => {
    const { status, body: said } = await post(path, body);
    expect(`${status} ${String(said.type).replace('urn:tapseal:problem:', '')}`).toBe(answer);
  });

  it('leave neither PIN nor code in the log', async () => {
    await post('/enrol', { activationCode: ACTIVATION_CODE });
    await post('/digitise', { profile: 'open', pin: '4929' });
    await post('/unlock');
    await post('/pin', { pin: '4929' });
    const log = JSON.stringify(test.logged);
    expect(test.logged.map(({ event }) => event)).toEqual([
      'enrolled',
      'bundle_applied',
      'digitised',
      'bundle_applied',
      'bundle_applied',
      'armed',
    ]);
    expect(log).not.toContain('4929');
    expect(log).not.toContain(ACTIVATION_CODE);
  });
});
