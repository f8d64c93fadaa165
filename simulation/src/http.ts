// JSON over HTTP to our own processes on loopback; a refusal is an error under its problem's name.

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** The refusal's name, from `urn:tapseal:problem:<name>`. */
  readonly reason: string;

  constructor(what: string, status: number, reason: string) {
    super(`${what}: ${status} ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}

export type CallOptions = {
  readonly body?: unknown;
  readonly credential?: string;
  readonly idempotencyKey?: string;
  readonly timeoutMs?: number;
};

export async function call<T>(base: string, route: string, options: CallOptions = {}): Promise<T> {
  const [method, path] = route.split(' ') as [string, string];
  const { body, credential, idempotencyKey, timeoutMs = 60_000 } = options;
  const response = await fetch(base + path, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
  });
  const text = await response.text();
  const answer = text === '' ? undefined : JSON.parse(text);
  if (!response.ok) {
    const reason = String(answer?.type ?? '').replace('urn:tapseal:problem:', '') || 'unknown';
    throw new Problem(route, response.status, reason);
  }
  return answer as T;
}
