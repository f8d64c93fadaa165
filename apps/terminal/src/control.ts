/**
 * The terminal's control port, for whoever stands at the counter: HTTP and JSON on loopback. The tap link is another
 * port; nothing here reaches the phone. Errors are problem details (RFC 9457).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Acquirer } from './acquirer/index.ts';
import type { DeskRefusal, SaleDesk } from './sale-desk.ts';

export interface ControlOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly desk: SaleDesk;
  readonly acquirer: Acquirer;
  readonly bankConnected: () => boolean;
}

const BODY_BYTES_MAX = 4096;

const STATUS_OF_REFUSAL: Readonly<Record<DeskRefusal, number>> = {
  request_invalid: 400,
  sale_unknown: 404,
  sale_in_progress: 409,
  sale_not_sent: 409,
};

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export function startControl(options: ControlOptions): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    answer(options, request)
      .catch(() => problem(500, 'internal'))
      .then((result) => send(response, result));
  });
  // A sale waits for the customer: the answer may take minutes, the request may not.
  server.requestTimeout = 10_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve({ server, port: (server.address() as { port: number }).port });
    });
  });
}

async function answer(options: ControlOptions, request: IncomingMessage): Promise<Answer> {
  // A web page that resolves its own name to 127.0.0.1 must not sell: the name it used stands in Host.
  if (!isLoopback(request.headers.host)) return problem(421, 'host_not_loopback');
  const path = (request.url ?? '').split('?')[0]!;
  const route = `${request.method} ${path}`;
  if (route === 'GET /health') return health(options);
  const saleId = /^GET \/sales\/([0-9a-f-]{36})$/.exec(route)?.[1];
  if (saleId !== undefined) {
    const sale = options.desk.sale(saleId);
    return sale === undefined ? refused('sale_unknown') : { status: 200, body: sale };
  }
  if (route !== 'POST /sales' && route !== 'POST /replays') return problem(404, 'route_unknown');
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    return problem(415, 'json_expected');
  const body = await jsonBody(request);
  if (body === undefined) return refused('request_invalid');
  return route === 'POST /sales' ? sell(options.desk, body) : replay(options.desk, body);
}

function health({ desk, acquirer, bankConnected }: ControlOptions): Answer {
  return {
    status: 200,
    body: {
      status: 'ok',
      bankConnected: bankConnected(),
      saleInProgress: desk.inProgress ?? null,
      reversals: { waiting: acquirer.reversalsWaiting, refused: acquirer.reversalsRefused },
    },
  };
}

async function sell(desk: SaleDesk, body: unknown): Promise<Answer> {
  const parsed = desk.parse(body);
  if (parsed === undefined) return refused('request_invalid');
  const sold = await desk.sell(parsed.sale, parsed.presentWithinMs);
  if (typeof sold === 'string') return refused(sold);
  const { record: _, ...shown } = sold;
  // Nobody came: the answer says so with its status, and still has the sale's number.
  return { status: sold.result.reason === 'no_phone' ? 408 : 200, body: shown };
}

async function replay(desk: SaleDesk, body: unknown): Promise<Answer> {
  const { saleId, terminalId } = (body ?? {}) as Record<string, unknown>;
  if (typeof saleId !== 'string' || typeof terminalId !== 'string') return refused('request_invalid');
  const replayed = await desk.replay(saleId, terminalId);
  return typeof replayed === 'string' ? refused(replayed) : { status: 200, body: replayed };
}

function isLoopback(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$/.test(host ?? '');
}

/** Undefined for what is no JSON, or too much of it. */
async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function refused(refusal: DeskRefusal): Answer {
  return problem(STATUS_OF_REFUSAL[refusal], refusal);
}

function problem(status: number, name: string): Answer {
  return { status, body: { type: `urn:tapseal:problem:${name}`, title: name.replaceAll('_', ' '), status } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const isProblem = typeof (body as { type?: unknown }).type === 'string';
  response.writeHead(status, {
    'content-type': isProblem ? 'application/problem+json' : 'application/json',
    'cache-control': 'no-store',
    ...(status === 400 ? { connection: 'close' } : {}),
  });
  response.end(JSON.stringify(body));
}
