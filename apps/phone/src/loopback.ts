// The phone's sockets, all on this machine: the control port that it listens on, the tap link that it opens.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { type ControlAnswer, type ControlRequest, problem } from './control.ts';
import { PhoneRefusal } from './refusals.ts';
import { BODY_BYTES_MOST } from './request-body.ts';

const HOST = '127.0.0.1';
/** A terminal on this machine answers at once or is not there. */
const CONNECT_MS = 3_000;

export interface ControlPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1; port 0 takes a free one. `onFault` hears of bugs, the caller of the port only `internal`. */
export async function listenControl(
  port: number,
  answer: (request: ControlRequest) => Promise<ControlAnswer>,
  onFault: (error: unknown) => void,
): Promise<ControlPort> {
  const server = createServer((request, response) => {
    respond(request, answer)
      .catch((error: unknown) => {
        if (error instanceof PhoneRefusal) return problem(error.reason, 413);
        onFault(error);
        return problem('internal', 500);
      })
      .then((result) => send(response, result));
  });
  // A presentation waits for its reader as long as an unlock lasts; requests themselves arrive at once.
  server.requestTimeout = 10_000;
  server.maxConnections = 32;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

/** Bytes are sent as they come (no Nagle): an APDU's answer must not wait for the next. */
export function connectTapLink(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: host === 'localhost' ? HOST : host, port, noDelay: true });
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('the terminal did not answer')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      // Later errors are seen by whoever reads; without a listener they would end the process.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** For credentials: takes the same time wherever they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

async function respond(
  request: IncomingMessage,
  answer: (request: ControlRequest) => Promise<ControlAnswer>,
): Promise<ControlAnswer> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const path = (request.url ?? '/').split('?')[0]!;
  return answer({ method: request.method ?? 'GET', path, headers, body: await readBytes(request) });
}

// The chunks are overwritten: one of them may hold a PIN.
async function readBytes(request: IncomingMessage): Promise<Uint8Array> {
  const body = new Uint8Array(BODY_BYTES_MOST);
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > BODY_BYTES_MOST) throw new PhoneRefusal('body_too_large');
    body.set(chunk, length);
    chunk.fill(0);
    length += chunk.length;
  }
  return body.subarray(0, length);
}

function send(response: ServerResponse, { status, body }: ControlAnswer): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  const headers = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  // Amounts are at most twelve digits (9F02, n 12): they fit a JSON number.
  const json = JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
  response.writeHead(status, headers).end(json);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
