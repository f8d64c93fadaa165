// A wallet's log comes home: MAC and chain are checked against what has come before, and every record is kept, the bad
// ones too. What may be acknowledged is what the phone need not send again. docs/layouts.md §5
import { Pan } from '@tapseal/emv/data';
import { type CheckedLogRecord, LOG_STATUS, type LogAnchor, logGenesis } from '@tapseal/protocol';
import type { Queryable } from '../database/transaction.ts';
import type { Hsm } from '../keys/hsm.ts';
import { type NewCase, openCases } from './cases.ts';

export type LogUpload = {
  readonly tokenId: string;
  readonly deviceId: Uint8Array;
  /** Raw records of 160 bytes, oldest first. */
  readonly records: readonly Uint8Array[];
};

/** In order of severity. `unreadable` has no sequence number of its own: the one that it should have had is given. */
export type UploadFinding = 'unreadable' | 'mac_invalid' | 'fork' | 'sequence_gap' | 'chain_broken';

export type LogAccepted = {
  readonly ok: true;
  /** Records that are good and now kept, those that were known before included. */
  readonly accepted: number;
  /** Of the good ones; 0 when there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The phone may drop records up to this one; 0: none. */
  readonly acknowledgeSeq: number;
  readonly findings: readonly { readonly seq: number; readonly finding: UploadFinding }[];
};

/** `token_not_on_device`: a device tells of a token that is not its own. */
export type LogRefusal = 'token_not_on_device' | 'log_too_long';

/** docs/layouts.md §4: an uplink holds at most this many records of 160 bytes. */
export const LOG_RECORDS_MAX = 1024;

/**
 * Takes in one upload. Runs inside of the caller's transaction, which has verified the uplink's signature and number; the
 * token's row is held until it ends, so that two uploads cannot miss each other's fork.
 */
export async function acceptLog(
  db: Queryable,
  hsm: Pick<Hsm, 'verifyLogRecords'>,
  { tokenId, deviceId, records }: LogUpload,
  now: Date,
): Promise<LogAccepted | { readonly ok: false; readonly refusal: LogRefusal }> {
  if (records.length > LOG_RECORDS_MAX) return { ok: false, refusal: 'log_too_long' };
  const tokens = await db.query(
    'SELECT token, psn, log_acknowledged_seq FROM tokens WHERE token_id = $1 AND device_id = $2 FOR NO KEY UPDATE',
    [tokenId, deviceId],
  );
  const token = tokens.rows[0];
  if (token === undefined) return { ok: false, refusal: 'token_not_on_device' };

  const anchor = await anchorFor(db, tokenId, firstSeqOf(records));
  const keys = { tokenId, token: Pan.parse(token.token)!, psn: token.psn };
  const checked = await hsm.verifyLogRecords(keys, records, anchor);
  const known = await knownHashes(db, tokenId, checked);

  const findings: { seq: number; finding: UploadFinding }[] = [];
  const good: CheckedLogRecord[] = [];
  for (const [index, one] of checked.entries()) {
    const seq = one.record?.seq ?? anchor.seq + index + 1;
    for (const finding of one.findings) findings.push({ seq, finding });
    if (one.record === undefined || one.findings.includes('mac_invalid')) continue;
    const others = known.get(seq) ?? new Set();
    if (others.size > 0 && !others.has(hex(one.hash))) findings.push({ seq, finding: 'fork' });
    known.set(seq, others.add(hex(one.hash)));
    good.push(one);
  }

  await keep(db, tokenId, deviceId, checked, now);
  const acknowledgeSeq = Math.max(token.log_acknowledged_seq, acknowledgeable(checked));
  if (acknowledgeSeq > token.log_acknowledged_seq) {
    await db.query('UPDATE tokens SET log_acknowledged_seq = $2 WHERE token_id = $1', [
      tokenId,
      acknowledgeSeq,
    ]);
  }
  await openCases(db, tokenId, findings.map(caseOf), now);
  const seqs = good.map(({ record }) => record!.seq);
  return {
    ok: true,
    accepted: good.length,
    firstSeq: seqs.length ? Math.min(...seqs) : 0,
    lastSeq: seqs.length ? Math.max(...seqs) : 0,
    acknowledgeSeq,
    findings,
  };
}

/** The good record before the first of the upload; the token's genesis where there is none. */
async function anchorFor(db: Queryable, tokenId: string, firstSeq: number): Promise<LogAnchor> {
  const { rows } = await db.query(
    `SELECT seq, record_hash FROM wallet_log WHERE token_id = $1 AND seq < $2 AND mac_valid
      ORDER BY seq DESC, chain_valid DESC, received_at LIMIT 1`,
    [tokenId, firstSeq],
  );
  return rows[0] ? { seq: rows[0].seq, hash: rows[0].record_hash } : logGenesis(tokenId);
}

/** The number in the first record, at its offset: read before anything is verified, and believed for nothing else. */
function firstSeqOf([first]: readonly Uint8Array[]): number {
  return first && first.length >= 6 ? new DataView(first.buffer, first.byteOffset, 6).getUint32(2) : 1;
}

async function knownHashes(
  db: Queryable,
  tokenId: string,
  checked: readonly CheckedLogRecord[],
): Promise<Map<number, Set<string>>> {
  const { rows } = await db.query(
    'SELECT seq, record_hash FROM wallet_log WHERE token_id = $1 AND seq = ANY ($2::bigint[]) AND mac_valid',
    [tokenId, checked.flatMap(({ record }) => (record ? [record.seq] : []))],
  );
  const known = new Map<number, Set<string>>();
  for (const { seq, record_hash } of rows)
    known.set(seq, (known.get(seq) ?? new Set()).add(hex(record_hash)));
  return known;
}

/** Every readable record; a forged one too, because it is evidence. */
async function keep(
  db: Queryable,
  tokenId: string,
  deviceId: Uint8Array,
  checked: readonly CheckedLogRecord[],
  now: Date,
): Promise<void> {
  const readable = checked.filter(({ record }) => record !== undefined && record.seq > 0);
  if (readable.length === 0) return;
  await db.query(
    `INSERT INTO wallet_log (token_id, seq, record_hash, record, atc, status, mac_valid, chain_valid, device_id, received_at)
     SELECT $1, r.*, $8, $9 FROM unnest($2::bigint[], $3::bytea[], $10::bytea[], $4::integer[], $5::smallint[], $6::boolean[],
            $7::boolean[]) AS r
     ON CONFLICT DO NOTHING`,
    [
      tokenId,
      readable.map(({ record }) => record!.seq),
      readable.map(({ hash }) => Buffer.from(hash)),
      readable.map(({ record }) => record!.atc),
      readable.map(({ record }) => LOG_STATUS[record!.status]),
      readable.map(({ findings }) => !findings.includes('mac_invalid')),
      readable.map(
        ({ findings }) => !findings.includes('chain_broken') && !findings.includes('sequence_gap'),
      ),
      Buffer.from(deviceId),
      now,
      readable.map(({ bytes }) => Buffer.from(bytes)),
    ],
  );
}

/** Up to the last record before the first that cannot be believed. */
function acknowledgeable(checked: readonly CheckedLogRecord[]): number {
  let seq = 0;
  for (const { record, findings } of checked) {
    if (record === undefined || findings.includes('mac_invalid')) break;
    seq = Math.max(seq, record.seq);
  }
  return seq;
}

function caseOf({ seq, finding }: { seq: number; finding: UploadFinding }): NewCase {
  return { kind: `log_${finding}`, subject: `seq ${seq}`, detail: { seq } };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
