/**
 * The audit trail: append-only and hash-chained in the database (migration 0001). An entry belongs to the transaction
 * that does the thing; writers queue for one another until they commit, so it is written last.
 */

import type { Transaction } from '../issuer.ts';

export interface AuditEntry {
  /** `operator`, `device <id>`, `issuer`. */
  readonly actor: string;
  /** `token.digitised`, `pan.detokenised`. */
  readonly action: string;
  /** `token <id>`, `card <id>`. Never a PAN or a token's digits. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

export async function appendAudit(tx: Transaction, at: Date, entry: AuditEntry): Promise<void> {
  await tx.query('INSERT INTO audit (at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5)', [
    at,
    entry.actor,
    entry.action,
    entry.subject,
    JSON.stringify(entry.detail ?? {}),
  ]);
}
