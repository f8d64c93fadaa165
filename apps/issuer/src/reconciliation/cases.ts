// Exceptions open cases for a person to look at. One case a subject: looking again opens no second one.
import type { Queryable } from '../database/transaction.ts';
import type { ReconciliationRow } from './reconcile.ts';

export type NewCase = {
  readonly kind: string;
  /** What it is about, unique within token and kind: `atc 7`, `seq 3–5`. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

const EXCEPTIONS: ReadonlySet<string> = new Set(['fork', 'unseen_by_wallet', 'amount_differs', 'gap']);

/** A payment that the log does not hold *yet* is no exception: the phone has not come home. */
export function casesOf(rows: readonly ReconciliationRow[]): NewCase[] {
  return rows
    .filter(({ result, settled }) => EXCEPTIONS.has(result) && settled)
    .map((row) => ({
      kind: row.result,
      subject: row.atc === null ? `seq ${row.seq}–${row.lastSeq}` : `atc ${row.atc}`,
      detail: { ...row },
    }));
}

export async function openCases(
  db: Queryable,
  tokenId: string,
  cases: readonly NewCase[],
  now: Date,
): Promise<number> {
  if (cases.length === 0) return 0;
  const { rowCount } = await db.query(
    `INSERT INTO cases (token_id, kind, subject, detail, opened_at)
     SELECT $1, kind, subject, detail, $5 FROM unnest($2::text[], $3::text[], $4::jsonb[]) AS c (kind, subject, detail)
     ON CONFLICT DO NOTHING`,
    [
      tokenId,
      cases.map(({ kind }) => kind),
      cases.map(({ subject }) => subject),
      cases.map(({ detail }) => JSON.stringify(detail)),
      now,
    ],
  );
  return rowCount ?? 0;
}
