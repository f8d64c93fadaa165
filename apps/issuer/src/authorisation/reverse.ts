// 0400 and 0420: a reversal takes back what DE 90 names, in full, or by DE 95 down to the amount that stands. One that
// comes before its original leaves a tombstone, which declines the original. A reversal never frees an ATC.
import {
  decodeOriginalData,
  decodeReplacementAmounts,
  type Message,
  type Mti,
  sameInstitution,
  withoutRepeat,
} from '@tapseal/iso8583';
import type { Pool } from 'pg';
import { inTransaction, type Queryable, wasOutrun } from '../database/transaction.ts';
import { dateAt } from './calendar.ts';
import { type MessageIdentity, messageIdentity, originalKey } from './identity.ts';
import { de39Of, type RefusalName } from './refusals.ts';
import { lockToken } from './store.ts';
import type { StoredAnswer } from './stored.ts';

export type ReversalRequest = {
  readonly identity: MessageIdentity;
  readonly mti: string;
  readonly token: string;
  /** The key under which the original is, or will be, stored. */
  readonly original: Buffer;
  /** DE 95: what stands of the original's amount; null: nothing. */
  readonly standsMinor: number | null;
};

export type ReversalFacts = {
  /** A message with this reversal's DE 32, 41, 11, 12, 13, if there was one. */
  readonly message: { readonly sameContent: boolean; readonly answer: StoredAnswer } | null;
  /** The message that DE 90 names, if it has come. */
  readonly original: {
    readonly atc: number | null;
    readonly approved: boolean;
    readonly reversed: boolean;
    /** Other messages with the same cryptogram that were approved and not reversed. */
    readonly approvedElsewhere: number;
  } | null;
  /** The transaction behind the original. */
  readonly authorisation: {
    readonly heldMinor: number;
    readonly postedMinor: number;
    readonly decidedAt: Date;
  } | null;
  readonly day: string | null;
  readonly daySumMinor: number;
};

export type ReversalDecision =
  | { readonly kind: 'repeat'; readonly answer: StoredAnswer }
  | { readonly kind: 'refuse'; readonly refusal: RefusalName }
  | {
      readonly kind: 'reverse';
      /** The original has not come: decline it when it does. */
      readonly tombstone: boolean;
      /** Nothing stands any more of the message that DE 90 names. */
      readonly messageReversed: boolean;
      /** Nor of the transaction behind it. */
      readonly transactionReversed: boolean;
      readonly releaseHeldMinor: number;
      readonly releasePostedMinor: number;
      readonly daySumMinor: number;
    };

export function parseReversal(
  message: Message,
): { ok: true; request: ReversalRequest } | { ok: false; refusal: RefusalName } {
  const { fields } = message;
  // Who sends a reversal knows the card by the number that the original had.
  if (fields[2] === undefined || fields[90] === undefined) return { ok: false, refusal: 'field_missing' };
  const original = decodeOriginalData(fields[90]);
  if (original === undefined || !REVERSIBLE.has(original.mti))
    return { ok: false, refusal: 'original_data_malformed' };
  // An acquirer takes back what it has sent itself. DE 32 is mandatory (presence.ts).
  if (!sameInstitution(original.acquirer, fields[32] ?? '')) {
    return { ok: false, refusal: 'original_data_malformed' };
  }
  const replaced = fields[95] === undefined ? null : decodeReplacementAmounts(fields[95]);
  if (replaced === undefined) return { ok: false, refusal: 'replacement_amount_invalid' };
  return {
    ok: true,
    request: {
      identity: messageIdentity(message),
      mti: message.mti,
      token: fields[2],
      original: originalKey(
        withoutRepeat(original.mti as Mti),
        original.systemsTraceAuditNumber,
        original.transmissionDateTime,
        original.acquirer,
        fields[41],
      ),
      standsMinor: replaced?.transactionMinor ?? null,
    },
  };
}

/** What can be taken back. */
const REVERSIBLE: ReadonlySet<string> = new Set(['0100', '0101', '0200', '0201']);

export function decideReversal(
  request: ReversalRequest,
  facts: ReversalFacts | null,
  utcOffsetMinutes: number,
): ReversalDecision {
  if (facts === null) return { kind: 'refuse', refusal: 'token_unknown' };
  if (facts.message !== null) {
    return facts.message.sameContent
      ? { kind: 'repeat', answer: facts.message.answer }
      : { kind: 'refuse', refusal: 'conflicting_duplicate' };
  }
  const nothing = {
    kind: 'reverse',
    messageReversed: false,
    transactionReversed: false,
    releaseHeldMinor: 0,
    releasePostedMinor: 0,
    daySumMinor: facts.daySumMinor,
  } as const;
  const { original, authorisation } = facts;
  if (original === null) return { ...nothing, tombstone: true };
  if (!original.approved || original.reversed || authorisation === null) {
    return { ...nothing, tombstone: false };
  }

  const amount = authorisation.heldMinor + authorisation.postedMinor;
  const stands = request.standsMinor ?? 0;
  if (stands > amount) return { kind: 'refuse', refusal: 'replacement_amount_invalid' };
  const whole = stands === 0;
  // Another message with the same cryptogram was told "approved" and still relies on the money.
  if (original.approvedElsewhere > 0) return { ...nothing, tombstone: false, messageReversed: whole };
  const released = amount - stands;
  const held = authorisation.heldMinor > 0;
  const sameDay = facts.day === dateAt(authorisation.decidedAt, utcOffsetMinutes);
  return {
    kind: 'reverse',
    tombstone: false,
    messageReversed: whole,
    transactionReversed: whole,
    releaseHeldMinor: held ? released : 0,
    releasePostedMinor: held ? 0 : released,
    daySumMinor: sameDay ? Math.max(0, facts.daySumMinor - released) : facts.daySumMinor,
  };
}

export type ReversalDependencies = {
  readonly pool: Pool;
  readonly now: () => Date;
  readonly utcOffsetMinutes: number;
};

const OPTIMISTIC_ATTEMPTS = 3;

/** The answer to one reversal; an unknown original is acknowledged like a known one. */
export async function reverse(deps: ReversalDependencies, request: ReversalRequest): Promise<StoredAnswer> {
  for (let count = 0; count < OPTIMISTIC_ATTEMPTS; count++) {
    const answer = await attempt(deps.pool, deps, request);
    if (answer !== null) return answer;
  }
  return inTransaction(deps.pool, async (client) => {
    await lockToken(client, request.token);
    const answer = await attempt(client, deps, request);
    if (answer === null) throw new Error('a reversal was outrun under its own lock');
    return answer;
  });
}

async function attempt(
  db: Queryable,
  deps: ReversalDependencies,
  request: ReversalRequest,
): Promise<StoredAnswer | null> {
  const { rows } = await db.query({
    name: 'reversal-read',
    text: READ_TEXT,
    values: [request.token, request.identity.messageKey, request.original],
  });
  const row = rows[0];
  const decision = decideReversal(
    request,
    row === undefined ? null : factsOf(row, request),
    deps.utcOffsetMinutes,
  );
  if (decision.kind === 'repeat') return decision.answer;
  if (decision.kind === 'refuse') return answerOf(decision.refusal);
  try {
    const written = await db.query({
      name: 'reversal-write',
      text: WRITE_TEXT,
      values: [
        row.token_id,
        row.version,
        row.account_id,
        row.o_atc,
        decision.releaseHeldMinor,
        decision.releasePostedMinor,
        decision.daySumMinor,
        decision.messageReversed,
        deps.now(),
        row.o_message_key,
        decision.tombstone,
        request.original,
        request.identity.messageKey,
        request.identity.fingerprint,
        request.identity.originalKey,
        request.mti,
        decision.transactionReversed,
      ],
    });
    return written.rows[0].written === 1 ? answerOf(null) : null;
  } catch (error) {
    if (wasOutrun(error)) return null;
    throw error;
  }
}

function answerOf(refusal: RefusalName | null): StoredAnswer {
  return { refusal, de39: de39Of(refusal), approvalCode: null, issuerAuthentication: null };
}

const READ_TEXT = `
  SELECT t.token_id, t.account_id, s.version, s.day, s.day_sum_minor, m.fingerprint, m.de39 AS m_de39,
         m.refusal AS m_refusal, o.message_key AS o_message_key, o.atc AS o_atc, o.refusal AS o_refusal,
         o.reversed_at AS o_reversed_at, u.held_minor, u.posted_minor, u.decided_at,
         (SELECT count(*)::integer FROM messages e
           WHERE e.token_id = t.token_id AND e.atc = o.atc AND e.message_key <> o.message_key AND e.mti IN ('0100', '0101', '0200', '0201')
             AND e.refusal IS NULL AND e.reversed_at IS NULL) AS approved_elsewhere
    FROM tokens t
    JOIN token_states s ON s.token_id = t.token_id
    LEFT JOIN messages m ON m.token_id = t.token_id AND m.message_key = $2
    LEFT JOIN LATERAL (
      SELECT * FROM messages o WHERE o.token_id = t.token_id AND o.original_key = $3 ORDER BY o.received_at DESC LIMIT 1
    ) o ON true
    LEFT JOIN authorisations u ON u.token_id = t.token_id AND u.atc = o.atc AND o.refusal IS NULL
   WHERE t.token = $1`;

const WRITE_TEXT = `
  WITH decided_on AS MATERIALIZED (
    SELECT s.token_id FROM token_states s, accounts a
     WHERE s.token_id = $1 AND s.version = $2 AND a.account_id = $3 FOR UPDATE
  ), state AS (
    UPDATE token_states s SET version = s.version + 1, day_sum_minor = $7
      FROM decided_on WHERE s.token_id = decided_on.token_id
  ), account AS (
    UPDATE accounts a SET held_minor = a.held_minor - $5::bigint, balance_minor = a.balance_minor + $6::bigint
      FROM decided_on WHERE a.account_id = $3
  ), authorisation AS (
    UPDATE authorisations u SET held_minor = u.held_minor - $5::bigint, posted_minor = u.posted_minor - $6::bigint,
           reversed_at = CASE WHEN $17::boolean THEN $9::timestamptz ELSE u.reversed_at END
      FROM decided_on WHERE u.token_id = decided_on.token_id AND u.atc = $4::integer
  ), original AS (
    UPDATE messages o SET reversed_at = $9::timestamptz
      FROM decided_on WHERE $8::boolean AND o.token_id = decided_on.token_id AND o.message_key = $10::bytea
  ), tombstone AS (
    INSERT INTO tombstones (token_id, original_key, created_at)
    SELECT token_id, $12::bytea, $9::timestamptz FROM decided_on WHERE $11::boolean ON CONFLICT DO NOTHING
  ), message AS (
    INSERT INTO messages (token_id, atc, message_key, fingerprint, original_key, mti, refusal, de39, received_at)
    SELECT token_id, $4::integer, $13::bytea, $14::bytea, $15::bytea, $16::text, NULL, '00', $9::timestamptz FROM decided_on
  )
  SELECT count(*)::integer AS written FROM decided_on`;

// biome-ignore lint/suspicious/noExplicitAny: one row of READ_TEXT, which stands above
function factsOf(row: any, request: ReversalRequest): ReversalFacts {
  return {
    message: row.fingerprint && {
      sameContent: request.identity.fingerprint.equals(row.fingerprint),
      answer: { refusal: row.m_refusal, de39: row.m_de39, approvalCode: null, issuerAuthentication: null },
    },
    original: row.o_message_key && {
      atc: row.o_atc,
      approved: row.o_refusal === null,
      reversed: row.o_reversed_at !== null,
      approvedElsewhere: row.approved_elsewhere,
    },
    authorisation: row.decided_at && {
      heldMinor: row.held_minor,
      postedMinor: row.posted_minor,
      decidedAt: row.decided_at,
    },
    day: row.day,
    daySumMinor: row.day_sum_minor,
  };
}
