// Requests to the bank over fetch (given by the host): one address, JSON both ways, a time limit an attempt, and
// repeats with exponential back-off and full jitter. A repeat is safe because every POST carries an
// Idempotency-Key: the bank answers the same key and body with the same answer (docs/api.md).
// Problem details: RFC 9457. Retry-After: RFC 9110 10.2.3 (seconds only; a date is ignored).
import { problemName } from '@tapseal/protocol';
import type { Clock } from './clock.ts';
import { BankRefusal, WalletRefusal } from './refusals.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface BankLink {
  /** `https://…`, or `http://` to this machine. A path is kept: `https://bank.example/wallet`. */
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads the repeats of many phones. */
  readonly jitter: () => number;
  /** False when the device knows that it has no network: the wallet then refuses at once. */
  readonly online?: () => boolean;
  readonly limits?: Partial<LinkLimits>;
}

export interface LinkLimits {
  readonly attempts: number;
  readonly attemptTimeoutMs: number;
  readonly backOffFirstMs: number;
  readonly backOffMostMs: number;
  readonly answerBytesMost: number;
}

export const LINK_LIMITS: LinkLimits = {
  attempts: 4,
  attemptTimeoutMs: 10_000,
  backOffFirstMs: 200,
  backOffMostMs: 4_000,
  answerBytesMost: 262_144,
};

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly idempotencyKey?: string;
  readonly credential?: string;
}

export interface Answer {
  readonly status: number;
  /** The parsed JSON; undefined for 204. */
  readonly body: unknown;
}

type Attempt = { readonly answer: Answer } | { readonly again: Error; readonly afterMs: number };

/** Asks until there is an answer below 500, or the attempts are used up. Throws BankRefusal or WalletRefusal. */
export async function ask(link: BankLink, call: Call): Promise<Answer> {
  const limits = { ...LINK_LIMITS, ...link.limits };
  const url = bankUrl(link.baseUrl, call.path);
  for (let attempt = 1; ; attempt += 1) {
    if (link.online?.() === false) throw new WalletRefusal('bank_unreachable');
    const result = await attemptOnce(link, limits, url, call);
    if ('answer' in result) return result.answer;
    if (attempt >= limits.attempts) throw result.again;
    await link.clock.sleep(Math.max(result.afterMs, backOffMs(attempt, limits, link.jitter())));
  }
}

/** Full jitter: anywhere between nothing and the doubled step. `attempt` counts from 1. */
export function backOffMs(attempt: number, limits: LinkLimits, jitter: number): number {
  return Math.floor(jitter * Math.min(limits.backOffMostMs, limits.backOffFirstMs * 2 ** attempt));
}

/** Joins address and path; a bearer credential must not cross a network in clear. */
export function bankUrl(baseUrl: string, path: string): string {
  const base = URL.parse(baseUrl);
  const onThisMachine = base !== null && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(base.hostname);
  if (base === null || !(base.protocol === 'https:' || (base.protocol === 'http:' && onThisMachine))) {
    throw new WalletRefusal('bank_address_insecure');
  }
  return base.origin + base.pathname.replace(/\/+$/, '') + path;
}

async function attemptOnce(link: BankLink, limits: LinkLimits, url: string, call: Call): Promise<Attempt> {
  const over = new AbortController();
  const done = new AbortController();
  const limit = link.clock.sleep(limits.attemptTimeoutMs, done.signal).then(
    () => over.abort(),
    () => {},
  );
  try {
    const response = await link.fetch(url, requestOf(call, over.signal));
    return judge(response, await readJson(response, limits.answerBytesMost), limits);
  } catch (error) {
    if (error instanceof WalletRefusal || error instanceof BankRefusal) throw error;
    return { again: new WalletRefusal('bank_unreachable', error), afterMs: 0 };
  } finally {
    done.abort();
    await limit;
  }
}

function requestOf(call: Call, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json' };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
  if (call.credential !== undefined) headers.authorization = `Bearer ${call.credential}`;
  const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
  // A redirect would carry the credential elsewhere; a cache would answer for the bank.
  const never = { redirect: 'error', credentials: 'omit', cache: 'no-store' } as const;
  return { method: call.method, headers, signal, ...never, ...body };
}

function judge(response: Response, body: unknown, limits: LinkLimits): Attempt {
  const { status } = response;
  if (status >= 200 && status < 300) return { answer: { status, body } };
  const name = nameOf(body);
  const afterMs = Math.min(retryAfterMs(response), limits.backOffMostMs);
  if (status === 502 || status === 503 || status === 504) {
    return { again: new WalletRefusal('bank_unreachable'), afterMs };
  }
  if (status >= 500) {
    return {
      again: name === undefined ? new WalletRefusal('bank_fault') : new BankRefusal(name, status),
      afterMs,
    };
  }
  const refusal = name === undefined ? new WalletRefusal('bank_refused') : new BankRefusal(name, status);
  if (status === 429) return { again: refusal, afterMs };
  throw refusal;
}

/** The refusal's name alone: `title` and `detail` are for people at the bank and are not taken over. */
function nameOf(body: unknown): string | undefined {
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : undefined;
  return typeof type === 'string' && type.length <= 100 ? problemName({ type }) : undefined;
}

function retryAfterMs(response: Response): number {
  const seconds = response.headers.get('retry-after');
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : 0;
}

async function readJson(response: Response, most: number): Promise<unknown> {
  const bytes = await readAtMost(response, most);
  if (response.status === 204) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // An error page of something between us and the bank is no answer of the bank; its status still counts.
    if (!response.ok) return undefined;
    throw new WalletRefusal('bank_answer_malformed');
  }
}

async function readAtMost(response: Response, most: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new WalletRefusal('bank_answer_malformed');
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
