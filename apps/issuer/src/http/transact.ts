/**
 * One call, one transaction: what a service refuses leaves no trace, except evidence against a device. A call with an
 * Idempotency-Key stores its answer in the same transaction as its effect, so that a repeat finds both or neither.
 */

import { inTransaction, wasOutrun } from '../database/transaction.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { done, type Outcome, type Refusal, refuse } from './problems.ts';

/** Refusals that condemn a device: the mark stays though the call is refused. */
const KEPT: ReadonlySet<Refusal> = new Set(['uplink_forked', 'generation_rolled_back', 'receipt_forked']);
/** Deadlocks and lost races are decided again, a few times. */
const ATTEMPTS_MAX = 4;

class RolledBack {
  readonly outcome: Outcome<never>;
  constructor(outcome: Outcome<never>) {
    this.outcome = outcome;
  }
}

/** Runs a service in a transaction of its own. */
export async function transact<T>(
  issuer: Issuer,
  work: (tx: Transaction) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(issuer.db, async (tx) => {
        const outcome = await work(tx);
        if (!outcome.ok && !KEPT.has(outcome.refusal)) throw new RolledBack(outcome);
        return outcome;
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.outcome;
      if (!wasOutrun(error) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

export interface IdempotentCall {
  /** Who calls: keys of one caller mean nothing to another. */
  readonly scope: string;
  readonly key: string;
  readonly route: string;
  readonly body: unknown;
  readonly status: number;
}

/** As `transact`, once per key: a repeat gets the stored answer, the same key with another request is a conflict. */
export function transactOnce<T extends object>(
  issuer: Issuer,
  call: IdempotentCall,
  work: (tx: Transaction) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  // Keyed: a body may hold a card's number, and a plain hash of that could be searched for.
  const requestHash = issuer.hsm.keyedDigest(JSON.stringify([call.route, call.body]));
  return transact(issuer, async (tx) => {
    // A parallel call with this key waits here until the first one is done.
    const { rowCount } = await tx.query(
      `INSERT INTO idempotency_keys (scope, idempotency_key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [call.scope, call.key, requestHash],
    );
    if (!rowCount) return storedAnswer<T>(tx, call, requestHash);
    const outcome = await work(tx);
    if (outcome.ok) {
      await tx.query(
        'UPDATE idempotency_keys SET status = $3, body = $4 WHERE scope = $1 AND idempotency_key = $2',
        [call.scope, call.key, call.status, JSON.stringify(outcome.value)],
      );
    }
    return outcome;
  });
}

async function storedAnswer<T>(
  tx: Transaction,
  call: IdempotentCall,
  requestHash: Uint8Array,
): Promise<Outcome<T>> {
  const { rows } = await tx.query<{ request_hash: Buffer; status: number | null; body: T }>(
    'SELECT request_hash, status, body FROM idempotency_keys WHERE scope = $1 AND idempotency_key = $2',
    [call.scope, call.key],
  );
  const stored = rows[0];
  if (!stored?.request_hash.equals(requestHash) || stored.status === null)
    return refuse('idempotency_conflict');
  return done(stored.body);
}
