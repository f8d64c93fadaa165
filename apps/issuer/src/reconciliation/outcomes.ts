// What the bank decided, for the wallet's history (docs/layouts.md, message `00008005`).
import type { Outcome } from '@tapseal/protocol';
import type { Queryable } from '../database/transaction.ts';

/** One outcome for each ATC asked for, in that order. */
export async function outcomesFor(
  db: Queryable,
  tokenId: string,
  atcs: readonly number[],
): Promise<readonly Outcome[]> {
  const { rows } = await db.query(
    'SELECT atc, refusal, de39 FROM authorisations WHERE token_id = $1 AND atc = ANY ($2::integer[])',
    [tokenId, atcs],
  );
  const decided = new Map(rows.map((row) => [row.atc as number, row]));
  return atcs.map((atc) => {
    const row = decided.get(atc);
    if (row === undefined) return { atc, outcome: 'not_seen', de39: '  ' };
    return { atc, outcome: row.refusal === null ? 'approved' : 'declined', de39: row.de39 };
  });
}
