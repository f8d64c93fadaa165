// A transaction on a connection of its own, and what the database's errors mean to a caller.
import type { Pool, PoolClient } from 'pg';

/** A pool, or one connection inside of a transaction. */
export type Queryable = Pick<PoolClient, 'query'>;

/** Runs `work` between BEGIN and COMMIT. Throws what it threw, after ROLLBACK. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      broken = true; // the connection is gone, and with it the transaction
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** PostgreSQL, Appendix A: unique_violation, serialization_failure, deadlock_detected. */
const OUTRUN = new Set(['23505', '40001', '40P01']);

/** Another transaction was there first and nothing was written: read and decide again. */
export function wasOutrun(error: unknown): boolean {
  return OUTRUN.has(codeOf(error));
}

/**
 * The database cannot answer now: no connection, a timeout, a shutdown, no room. Classes 08 connection exception, 53
 * insufficient resources, 57 operator intervention, 55P03 lock not available; and errors without a SQLSTATE that the
 * driver raises for sockets and its own timeouts.
 */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|53|57)[0-9A-Z]{3}$/.test(code) || code === '55P03') return true;
  if (/^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOST|EAI_)/.test(code)) return true;
  return code === '' && error instanceof Error && DRIVER_TEXTS.some((text) => error.message.startsWith(text));
}

/** `pg` and `pg-pool` raise these without a code. */
const DRIVER_TEXTS = [
  'timeout exceeded when trying to connect',
  'Connection terminated',
  'Client has encountered a connection error',
  'Cannot use a pool after calling end',
  'Query read timeout',
];

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
