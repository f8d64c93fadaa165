// Connections to PostgreSQL. Values cross as: bigint → number (refused beyond 2^53), date → 'YYYY-MM-DD',
// timestamptz → Date, bytea → Buffer, numeric → string.
import pg from 'pg';

const OID_INT8 = 20;
const OID_DATE = 1082;

/** Amounts, versions and counters fit a double exactly up to 2^53; one that does not is refused, never rounded. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint column holds a value beyond 2^53');
  return value;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === OID_INT8) return parseInt8;
    if (format !== 'binary' && oid === OID_DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as typeof pg.types.getTypeParser,
};

export type DatabaseOptions = {
  /** Connections at most; a request beyond waits. */
  max?: number;
  /** How long to wait for a connection before the request is answered as unavailable. */
  connectionTimeoutMs?: number;
  /** A statement that takes longer is cancelled by the server. */
  statementTimeoutMs?: number;
  onError?: (error: Error) => void;
};

const STATEMENT_TIMEOUT_MS = 10_000;

export function openDatabase(url: string, options: DatabaseOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 16,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? 5_000,
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    // A server that has gone silent is given up a little after it would have given up itself.
    query_timeout: (options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS) + 2_000,
    keepAlive: true,
    types,
    application_name: 'tapseal-issuer',
  });
  // An idle connection that the server drops is not a reason to stop: the next query opens another.
  pool.on('error', options.onError ?? (() => {}));
  return pool;
}
