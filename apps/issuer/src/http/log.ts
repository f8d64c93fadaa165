/**
 * What the issuer writes to its log: routes as patterns, statuses, refusals by name, times. Never a body, a header, a
 * URL with its values, a credential or a code. An error's own text may quote a row or a key, so of an error only class,
 * code and the places in the source are kept: masking that fails closed.
 */

import { type DestinationStream, type Logger, pino } from 'pino';

export function createLogger(destination?: DestinationStream, level = 'info'): Logger {
  return pino(
    {
      level,
      base: { service: 'issuer' },
      serializers: { err: describeError, req: describeRequest, res: describeResponse },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination(1),
  );
}

/** Class, code and frames of an error; not its message. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.constructor.name,
    ...(typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? { code } : {}),
    at: frames.slice(0, 8).map((line) => line.trim()),
  };
}

function describeRequest(request: {
  method?: string;
  id?: unknown;
  routeOptions?: { url?: string };
}): object {
  return { id: request.id, method: request.method, route: request.routeOptions?.url ?? 'unknown' };
}

function describeResponse(reply: { statusCode?: number }): object {
  return { status: reply.statusCode };
}
