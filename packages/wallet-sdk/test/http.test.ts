// The line to the bank against a real HTTP server on this machine that misbehaves on purpose.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, backOffMs, bankUrl, LINK_LIMITS } from '../src/http.ts';
import { type BankLink, IssuerClient } from '../src/index.ts';
import { nodeClock } from '../src/node/index.ts';
import { ACTIVATION_CODE, CARD_ID, DoubleIssuer, sleepUntilAborted } from './double/index.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
});

async function bank(handler: Handler, link: Partial<BankLink> = {}): Promise<BankLink> {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handler(request, response, Buffer.concat(chunks).toString()));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clock = { nowMs: () => 0, sleep: sleepUntilAborted };
  return { baseUrl: `http://127.0.0.1:${port}`, fetch, clock, jitter: () => 0, ...link };
}

const get = { method: 'GET', path: '/v1/cards' } as const;

function reply(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const named = (name: string) => ({ type: `urn:tapseal:problem:${name}`, title: name, status: 400 });

describe('refusals keep the bank’s names', () => {
  const table: [status: number, body: object | string, requests: number, reason: string][] = [
    [400, named('activation_code_expired'), 1, 'activation_code_expired'],
    [401, named('credential_invalid'), 1, 'credential_invalid'],
    [409, named('idempotency_conflict'), 1, 'idempotency_conflict'],
    [404, { error: 'nginx' }, 1, 'bank_refused'],
    [403, '<html>blocked</html>', 1, 'bank_refused'],
    [418, { type: 'urn:tapseal:problem:<script>' }, 1, 'bank_refused'],
    [429, named('too_many_requests'), 4, 'too_many_requests'],
    [500, named('internal'), 4, 'internal'],
    [500, '<html>oops</html>', 4, 'bank_fault'],
    [502, '<html>bad gateway</html>', 4, 'bank_unreachable'],
    [503, named('unavailable'), 4, 'bank_unreachable'],
    [504, {}, 4, 'bank_unreachable'],
    [200, '{"cards": [', 1, 'bank_answer_malformed'],
    [200, `"${'x'.repeat(LINK_LIMITS.answerBytesMost)}"`, 1, 'bank_answer_malformed'],
    [302, {}, 4, 'bank_unreachable'],
  ];

  it.each(table)('%s %j is asked %d times: %s', async (status, body, requests, reason) => {
    let seen = 0;
    const link = await bank((_, response) => {
      seen += 1;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end(text);
    });
    await expect(ask(link, get)).rejects.toMatchObject({ reason });
    expect(seen).toBe(requests);
  });

  it('takes over no text of the answer', async () => {
    const leak = 'PAN 4111111111111111';
    const link = await bank((_, response) => reply(response, 400, { ...named('refused'), detail: leak }));
    const error = await ask(link, get).catch((caught: Error) => caught);
    expect(`${error} ${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('4111');
  });
});

describe('repeats', () => {
  it('sends the same key and body again until there is an answer', async () => {
    const seen: string[] = [];
    const link = await bank((request, response, body) => {
      seen.push(`${request.headers['idempotency-key']} ${body}`);
      if (seen.length === 1) request.socket.destroy();
      else if (seen.length === 2) reply(response, 503, {});
      else reply(response, 202, { keySets: 5 });
    });
    const client = new IssuerClient(link);
    expect(await client.replenish('credential', CARD_ID, 'key-0123456789abcdef')).toBe(5);
    expect(seen).toEqual(Array(3).fill(`key-0123456789abcdef {"tokenId":"${CARD_ID}"}`));
  });

  it('waits at least as long as the bank asks, and never longer than its own limit', async () => {
    const waits: number[] = [];
    const clock = {
      nowMs: () => 0,
      sleep: (ms: number, signal?: AbortSignal) => {
        if (signal === undefined) waits.push(ms);
        return sleepUntilAborted(ms, signal);
      },
    };
    const answers = ['2', '999999', 'Wed, 21 Oct 2026 07:28:00 GMT'];
    const link = await bank(
      (_, response) => reply(response, 503, {}, { 'retry-after': answers.shift() ?? '0' }),
      {
        clock,
      },
    );
    await expect(ask(link, get)).rejects.toMatchObject({ reason: 'bank_unreachable' });
    expect(waits).toEqual([2000, LINK_LIMITS.backOffMostMs, 0]);
  });

  it.each([
    [1, 0, 0],
    [1, 0.999999, 399],
    [3, 0.5, 800],
    [4, 0.5, 1600],
    [5, 0.5, 2000],
    [30, 0.999999, 3999],
  ])('backs off after attempt %d with jitter %d for %d ms', (attempt, jitter, ms) => {
    expect(backOffMs(attempt, LINK_LIMITS, jitter)).toBe(ms);
  });

  it('gives an attempt up at its limit', async () => {
    let seen = 0;
    const link = await bank(
      (request) => {
        seen += 1;
        request.resume();
      },
      { clock: nodeClock, limits: { attempts: 2, attemptTimeoutMs: 30 } },
    );
    await expect(ask(link, get)).rejects.toMatchObject({ reason: 'bank_unreachable' });
    expect(seen).toBe(2);
  });

  it('asks nothing of a bank that it knows to be out of reach', async () => {
    let seen = 0;
    const handler: Handler = (_, response) => {
      seen += 1;
      reply(response, 200, { cards: [] });
    };
    const link = await bank(handler, { online: () => false });
    await expect(ask(link, get)).rejects.toMatchObject({ reason: 'bank_unreachable' });
    expect(seen).toBe(0);
  });
});

describe('the address of the bank', () => {
  it.each([
    ['https://bank.example', 'https://bank.example/v1/cards'],
    ['https://bank.example:8443/wallet/', 'https://bank.example:8443/wallet/v1/cards'],
    ['http://127.0.0.1:7300', 'http://127.0.0.1:7300/v1/cards'],
    ['http://localhost:7300', 'http://localhost:7300/v1/cards'],
    ['http://[::1]:7300', 'http://[::1]:7300/v1/cards'],
  ])('%s is used', (base, url) => expect(bankUrl(base, '/v1/cards')).toBe(url));

  it.each(['http://bank.example', 'http://127.0.0.1.bank.example', 'ftp://127.0.0.1', 'bank.example', ''])(
    '"%s" is refused: a credential would travel in clear',
    (base) => expect(() => bankUrl(base, '/v1/cards')).toThrow('bank_address_insecure'),
  );
});

describe('the calls', () => {
  it('speak docs/api.md with a bank over HTTP', async () => {
    const issuer = new DoubleIssuer();
    const link = await bank(async (request, response, body) => {
      const headers = new Headers(request.headers as Record<string, string>);
      const init = { method: request.method!, headers, ...(body === '' ? {} : { body }) };
      const answer = await issuer.fetch(`http://bank${request.url}`, init);
      response.writeHead(answer.status).end(await answer.text());
    });
    const client = new IssuerClient(link);
    const started = await client.startEnrolment(ACTIVATION_CODE, 'a'.repeat(16));
    expect(started.nonce).toEqual(new Uint8Array(32).fill(7));
    const statement = Uint8Array.from([...new Uint8Array(16).fill(0xab), ...started.nonce]);
    const device = await client.finishEnrolment(started.enrolmentId, statement, 'b'.repeat(16));
    expect(device.deviceId).toBe('abababab-abab-abab-abab-abababababab');
    expect((await client.cards(device.credential)).map(({ cardId }) => cardId)).toEqual([CARD_ID]);
    const bundle = await client.nextBundle(device.credential);
    expect(JSON.parse(new TextDecoder().decode(bundle))).toEqual({ number: 1, records: [] });
    await expect(client.cards('another credential')).rejects.toMatchObject({ reason: 'credential_invalid' });
    expect(issuer.violations).toEqual([]);
  });

  it.each([
    ['a missing member', { enrolmentId: CARD_ID, nonce: '' }],
    ['bytes that are not base64', { enrolmentId: CARD_ID, nonce: 'AA=A', issuerCertificate: '' }],
    ['an id that is none', { enrolmentId: '../../v1/logs', nonce: '', issuerCertificate: '' }],
    ['a list', []],
    ['nothing', null],
  ])('refuse %s', async (_, answer) => {
    const link = await bank((_request, response) => reply(response, 201, answer as object));
    await expect(
      new IssuerClient(link).startEnrolment(ACTIVATION_CODE, 'a'.repeat(16)),
    ).rejects.toMatchObject({
      reason: 'bank_answer_malformed',
    });
  });
});
