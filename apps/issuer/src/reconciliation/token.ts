// Reconciles one token from what is stored, and opens the cases that follow.
import { parseLogRecord } from '@tapseal/protocol';
import type { Queryable } from '../database/transaction.ts';
import { casesOf, openCases } from './cases.ts';
import { type BankRecord, type ReconciliationRow, reconcile, type WalletRecord } from './reconcile.ts';

/** Counts by result, as `POST /v1/operator/reconciliations` answers them (docs/api.md). */
export type TokenReconciliation = {
  readonly matched: number;
  readonly unseenByAcquirer: number;
  readonly unseenByWallet: number;
  readonly amountDiffers: number;
  readonly outcomeUnknown: number;
  readonly gaps: number;
  readonly forks: number;
  readonly rows: readonly ReconciliationRow[];
  readonly casesOpened: number;
};

/** Null: no such token. */
export async function reconcileToken(
  db: Queryable,
  tokenId: string,
  now: Date,
): Promise<TokenReconciliation | null> {
  const token = await db.query('SELECT 1 FROM tokens WHERE token_id = $1', [tokenId]);
  if (token.rows.length === 0) return null;
  const rows = reconcile(await walletRecords(db, tokenId), await bankRecords(db, tokenId));
  const casesOpened = await openCases(db, tokenId, casesOf(rows), now);
  const count = (result: ReconciliationRow['result']) => rows.filter((row) => row.result === result).length;
  return {
    matched: count('matched'),
    unseenByAcquirer: count('unseen_by_acquirer'),
    unseenByWallet: count('unseen_by_wallet'),
    amountDiffers: count('amount_differs'),
    outcomeUnknown: count('outcome_unknown'),
    gaps: count('gap'),
    forks: count('fork'),
    rows,
    casesOpened,
  };
}

async function walletRecords(db: Queryable, tokenId: string): Promise<WalletRecord[]> {
  const { rows } = await db.query(
    'SELECT record, record_hash FROM wallet_log WHERE token_id = $1 AND mac_valid ORDER BY seq, received_at',
    [tokenId],
  );
  return rows.map(({ record: bytes, record_hash }) => {
    const parsed = parseLogRecord(bytes);
    if (!parsed.ok) throw new Error(`a stored log record is not readable: ${parsed.at}`);
    const { seq, atc, status, amountAuthorised, currency, applicationCryptogram } = parsed.value;
    return {
      seq,
      atc,
      status,
      amountMinor: Number(amountAuthorised),
      currency,
      cryptogram: Buffer.from(applicationCryptogram).toString('hex').toUpperCase(),
      recordHash: record_hash.toString('hex'),
    };
  });
}

async function bankRecords(db: Queryable, tokenId: string): Promise<BankRecord[]> {
  const { rows } = await db.query(
    `SELECT atc, amount_minor, currency, cryptogram, refusal, de39, terminal_id, decided_at
       FROM authorisations WHERE token_id = $1 ORDER BY atc`,
    [tokenId],
  );
  return rows.map((row) => ({
    atc: row.atc,
    amountMinor: row.amount_minor,
    currency: row.currency,
    cryptogram: row.cryptogram.toString('hex').toUpperCase(),
    refusal: row.refusal,
    de39: row.de39,
    terminalId: row.terminal_id,
    decidedAt: row.decided_at,
  }));
}
