/** The control port: what the counter can ask, and who may not. */
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startControl } from '../src/control.ts';
import { SALES_KEPT_MAX, SaleDesk } from '../src/sale-desk.ts';
import { until } from './manual-clock.ts';
import { SoftwareCard, TOKEN } from './software-card.ts';
import { type TestTerminal, testTerminal } from './test-terminal.ts';

let at: TestTerminal;
let desk: SaleDesk;
let control: Awaited<ReturnType<typeof startControl>>;

beforeEach(async () => {
  at = await testTerminal();
  desk = new SaleDesk(at.terminal.sales);
  control = await startControl({
    host: '127.0.0.1',
    port: 0,
    desk,
    acquirer: at.terminal.acquirer,
    bankConnected: () => at.terminal.link.connected,
  });
});

afterEach(async () => {
  control.server.closeAllConnections();
  await new Promise((resolve) => control.server.close(resolve));
  await at.close();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { result?: Record<string, unknown> };
}

async function post(path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${control.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function get(path: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${control.port}${path}`);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function sold(amountMinor = 1250): Promise<Answer> {
  const sale = post('/sales', { amountMinor, currency: 'SGD' });
  await until(() => desk.inProgress !== undefined);
  await at.present(new SoftwareCard({ profile: 'open' }));
  return sale;
}

describe('POST /sales', () => {
  it('answers with the result, and GET reads it again', async () => {
    const { status, body } = await sold();
    expect(status).toBe(200);
    expect(body.result).toMatchObject({ result: 'approved', de39: '00', amount: '12.50' });
    expect(body.saleId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await get(`/sales/${body.saleId}`)).toEqual({ status: 200, body });
    expect(JSON.stringify(body)).not.toContain(TOKEN);
  });

  it('can be read while it waits', async () => {
    const sale = post('/sales', { amountMinor: 1250, currency: 'SGD' });
    await until(() => desk.inProgress !== undefined);
    const { body } = await get(`/sales/${desk.inProgress}`);
    expect(body).toEqual({ saleId: desk.inProgress, state: 'in_progress' });
    expect((await get('/health')).body.saleInProgress).toBe(desk.inProgress);
    await at.present(new SoftwareCard({ profile: 'open' }));
    await sale;
  });

  it('nobody comes: 408, and nothing was sent', async () => {
    const sale = post('/sales', { amountMinor: 1250, currency: 'SGD', presentWithinSeconds: 5 });
    await until(() => desk.inProgress !== undefined);
    at.clock.pass(5_000);
    expect(await sale).toMatchObject({ status: 408, body: { result: { reason: 'no_phone' } } });
    expect(at.acceptor.received).toEqual([]);
  });

  it('a double click charges once: 409 while a sale is in progress', async () => {
    const first = post('/sales', { amountMinor: 1250, currency: 'SGD' });
    await until(() => desk.inProgress !== undefined);
    expect(await post('/sales', { amountMinor: 1250, currency: 'SGD' })).toMatchObject({
      status: 409,
      body: { type: 'urn:tapseal:problem:sale_in_progress' },
    });
    await at.present(new SoftwareCard({ profile: 'open' }));
    expect((await first).status).toBe(200);
    expect(at.acceptor.ofType('0100')).toHaveLength(1);
  });

  // biome-ignore format: a table, one line a case
  it.each([
    ['no amount', { currency: 'SGD' }],
    ['zero', { amountMinor: 0, currency: 'SGD' }],
    ['less than nothing', { amountMinor: -1, currency: 'SGD' }],
    ['half a cent', { amountMinor: 12.5, currency: 'SGD' }],
    ['an amount as text', { amountMinor: '1250', currency: 'SGD' }],
    ['more than 12 digits', { amountMinor: 1_000_000_000_000, currency: 'SGD' }],
    ['a currency that it does not take', { amountMinor: 1250, currency: 'CHF' }],
    ['a profile that there is not', { amountMinor: 1250, currency: 'SGD', profile: 'luk' }],
    ['a wait without end', { amountMinor: 1250, currency: 'SGD', presentWithinSeconds: 301 }],
    ['no object', 'null'],
    ['no JSON', '{'],
    ['5,000 bytes', `"${'x'.repeat(5000)}"`],
  ])('%s: 400', async (_what, body) => {
    expect(await post('/sales', body)).toMatchObject({ status: 400, body: { type: 'urn:tapseal:problem:request_invalid' } });
    expect(desk.inProgress).toBeUndefined();
  });
});

describe('POST /replays', () => {
  it('sends the same field 55 as another terminal', async () => {
    const { body } = await sold();
    at.acceptor.de39 = '63';
    const replayed = await post('/replays', { saleId: body.saleId, terminalId: 'OTHER001' });
    expect(replayed).toMatchObject({
      status: 200,
      body: { result: 'declined', de39: '63', terminalId: 'OTHER001' },
    });
    expect(at.acceptor.received[1]!.fields[55]).toEqual(at.acceptor.received[0]!.fields[55]);
  });

  it('of a sale that there is not: 404; of one that was never sent: 409; from no terminal: 400', async () => {
    const nobody = { saleId: '00000000-0000-4000-8000-000000000000', terminalId: 'OTHER001' };
    expect((await post('/replays', nobody)).status).toBe(404);
    const { body } = await post('/sales', { amountMinor: 200_001, currency: 'SGD' });
    expect((await post('/replays', { saleId: body.saleId, terminalId: 'OTHER001' })).status).toBe(409);
    const sale = await sold();
    expect((await post('/replays', { saleId: sale.body.saleId, terminalId: 'short' })).status).toBe(400);
    expect((await post('/replays', { saleId: sale.body.saleId })).status).toBe(400);
  });
});

describe('who may not', () => {
  function raw(headers: Record<string, string>, path = '/sales', method = 'POST'): Promise<number> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: control.port, path, method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      asked.on('error', reject);
      asked.end(method === 'POST' ? '{"amountMinor":1250,"currency":"SGD"}' : undefined);
    });
  }

  it.each([
    ['a web page that rebinds its name', { host: 'shop.example', 'content-type': 'application/json' }, 421],
    ['a form of another site', { host: 'localhost', 'content-type': 'text/plain' }, 415],
    ['a form without a type', { host: 'localhost' }, 415],
  ])('%s', async (_who, headers, status) => {
    expect(await raw(headers)).toBe(status);
    expect(desk.inProgress).toBeUndefined();
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/sales/00000000-0000-4000-8000-000000000000', 404],
    ['DELETE', '/sales', 404],
    ['GET', '/health', 200],
  ])('%s %s: %i', async (method, path, status) => {
    expect(await raw({ host: '127.0.0.1' }, path, method)).toBe(status);
  });
});

describe('GET /health', () => {
  it('says whether the bank is there and what waits for it', async () => {
    expect((await get('/health')).body).toEqual({
      status: 'ok',
      bankConnected: false,
      saleInProgress: null,
      reversals: { waiting: 0, refused: 0 },
    });
    await sold();
    expect((await get('/health')).body.bankConnected).toBe(true);
  });
});

it(`keeps the last ${SALES_KEPT_MAX} sales`, async () => {
  const first = await desk.sell({ amountMinor: 200_001n, currency: 'SGD' });
  if (typeof first === 'string') throw new Error(first);
  for (let count = 0; count < SALES_KEPT_MAX - 1; count++)
    await desk.sell({ amountMinor: 200_001n, currency: 'SGD' });
  expect(desk.sale(first.saleId)).toBeDefined();
  await desk.sell({ amountMinor: 200_001n, currency: 'SGD' });
  expect(desk.sale(first.saleId)).toBeUndefined();
});
