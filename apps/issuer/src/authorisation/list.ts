// What the bank decided for a token, newest first, as an operator sees it (docs/api.md).
import type { AuthorisationRow } from '@tapseal/protocol';
import type { Queryable } from '../database/transaction.ts';

export const AUTHORISATIONS_LISTED_MAX = 500;

export async function listAuthorisations(db: Queryable, tokenId: string): Promise<AuthorisationRow[]> {
  const { rows } = await db.query(
    `SELECT atc, amount_minor, currency, refusal, de39, decided_at, terminal_id FROM authorisations
      WHERE token_id = $1 ORDER BY decided_at DESC, atc DESC LIMIT $2`,
    [tokenId, AUTHORISATIONS_LISTED_MAX],
  );
  return rows.map((row) => ({
    atc: row.atc,
    amountMinor: row.amount_minor,
    currency: row.currency,
    refusal: row.refusal,
    de39: row.de39,
    at: row.decided_at.toISOString(),
    terminalId: row.terminal_id,
  }));
}
