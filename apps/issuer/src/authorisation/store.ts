// Authorisation's two statements. One reads everything that a decision needs, in one snapshot; one writes everything that
// follows from it, or nothing. Between them no lock is held: the write goes through only if the token's version is still
// the one that was read, and the account still has the money.
import type { Queryable } from '../database/transaction.ts';
import type { NextState } from './next-state.ts';
import type { AuthorisationRequest } from './request.ts';
import type { DeviceRow, StoredAnswer, StoredRows, TokenRow } from './stored.ts';

export const READ_TEXT = `
  SELECT t.token_id, t.psn, t.profile, t.dki, t.state, t.expires_on, t.home_currency, t.allowed_countries,
         t.low_value_tap_minor, t.low_value_count_max, t.low_value_sum_minor AS low_value_sum_max_minor,
         t.tap_limit_minor, t.day_limit_minor, t.pin_tries_max,
         s.version, s.pin_tries_left, s.low_value_count, s.low_value_sum_minor, s.day, s.day_sum_minor,
         s.recent_since, s.recent_count,
         a.account_id, a.currency AS account_currency, a.balance_minor, a.held_minor,
         d.state AS device_state, d.minimum_policy_version,
         k.key_set_id, k.idn, k.expires_on AS key_set_expires_on, k.revoked_at AS key_set_revoked_at,
         u.presentment_hash, u.refusal AS u_refusal,
         u.reversed_at IS NOT NULL OR (u.refusal IS NULL AND u.held_minor + u.posted_minor < u.amount_minor) AS u_reversed,
         u.de39 AS u_de39,
         u.approval_code AS u_approval_code, u.issuer_authentication AS u_issuer_authentication,
         m.fingerprint, m.reversed_at AS m_reversed_at, m.refusal AS m_refusal, m.de39 AS m_de39,
         m.approval_code AS m_approval_code, m.issuer_authentication AS m_issuer_authentication,
         r.token_id IS NOT NULL AS tombstone
    FROM tokens t
    JOIN token_states s ON s.token_id = t.token_id
    JOIN accounts a ON a.account_id = t.account_id
    JOIN devices d ON d.device_id = t.device_id
    LEFT JOIN key_sets k ON k.token_id = t.token_id AND k.atc = $2
    LEFT JOIN authorisations u ON u.token_id = t.token_id AND u.atc = $2
    LEFT JOIN messages m ON m.token_id = t.token_id AND m.message_key = $3
    LEFT JOIN tombstones r ON r.token_id = t.token_id AND r.original_key = $4
   WHERE t.token = $1`;

export function readValues(request: AuthorisationRequest): unknown[] {
  const { identity } = request;
  return [request.token.reveal(), request.chip.atc, identity.messageKey, identity.originalKey];
}

/** Null: no such token. */
export async function readStored(db: Queryable, request: AuthorisationRequest): Promise<StoredRows | null> {
  const { rows } = await db.query({
    name: 'authorisation-read',
    text: READ_TEXT,
    values: readValues(request),
  });
  const row = rows[0];
  return row === undefined ? null : storedRows(row, request);
}

/**
 * The statement that consumes an ATC. `decided_on` locks what the decision was read from and finds nothing if that has
 * changed; everything else hangs on it. The primary key of `authorisations` stands behind it all.
 */
const CONSUME_TEXT = (withMoney: boolean) => `
  WITH decided_on AS MATERIALIZED (
    SELECT s.token_id FROM token_states s${withMoney ? ', accounts a' : ''}
     WHERE s.token_id = $1 AND s.version = $2
       ${withMoney ? 'AND a.account_id = $3 AND a.balance_minor - a.held_minor >= $4::bigint + $5::bigint' : ''}
       FOR UPDATE
  ), state AS (
    UPDATE token_states s SET version = s.version + 1, pin_tries_left = $6, low_value_count = $7,
           low_value_sum_minor = $8, day = $9, day_sum_minor = $10, recent_since = $11, recent_count = $12
      FROM decided_on WHERE s.token_id = decided_on.token_id
  )${
    withMoney
      ? `, account AS (
    UPDATE accounts a SET held_minor = a.held_minor + $4::bigint, balance_minor = a.balance_minor - $5::bigint
      FROM decided_on WHERE a.account_id = $3
  )`
      : ''
  }, authorisation AS (
    INSERT INTO authorisations (token_id, account_id, held_minor, posted_minor, atc, presentment_hash, message_key, mti,
           amount_minor, currency, refusal, de39, approval_code, issuer_authentication, umd, cryptogram,
           transaction_date, acquirer_id, terminal_id, merchant_id, merchant_name, threat_response, policy_version,
           decided_at)
    SELECT token_id, $3::uuid, $4::bigint, $5::bigint, $13::integer, $14::bytea, $15::bytea, $16::text,
           $17::bigint, $18::text, $19::text, $20::text, $21::text, $22::bytea, $23::text, $24::bytea,
           $25::date, $26::text, $27::text, $28::text, $29::text, $30::smallint, $31::integer,
           $32::timestamptz FROM decided_on
  ), message AS (
    INSERT INTO messages (token_id, atc, message_key, fingerprint, original_key, mti, refusal, de39, approval_code,
           issuer_authentication, received_at)
    SELECT token_id, $13::integer, $15::bytea, $33::bytea, $34::bytea, $16::text, $19::text, $20::text, $21::text,
           $22::bytea, $32::timestamptz FROM decided_on
  )
  SELECT count(*)::integer AS written FROM decided_on`;

export const APPROVE_TEXT = CONSUME_TEXT(true);
export const DECLINE_TEXT = CONSUME_TEXT(false);

export type Consumption = {
  readonly answer: StoredAnswer;
  readonly umd: 'absent' | 'valid' | 'mismatch';
  readonly next: NextState;
};

export function consumeValues(
  request: AuthorisationRequest,
  stored: StoredRows,
  { answer, umd, next }: Consumption,
  now: Date,
): unknown[] {
  const { identity, chip } = request;
  const approved = answer.refusal === null;
  return [
    stored.token.tokenId,
    stored.state.version,
    stored.account.accountId,
    approved && !request.financial ? request.amountMinor : 0,
    approved && request.financial ? request.amountMinor : 0,
    next.pinTriesLeft,
    next.lowValueCount,
    next.lowValueSumMinor,
    next.day,
    next.daySumMinor,
    next.recentSince,
    next.recentCount,
    chip.atc,
    identity.presentmentHash,
    identity.messageKey,
    request.mti,
    request.amountMinor,
    request.currency,
    answer.refusal,
    answer.de39,
    answer.approvalCode,
    answer.issuerAuthentication,
    umd,
    chip.cryptogram,
    chip.transactionDate,
    request.acquirerId,
    request.terminalId,
    request.merchantId,
    request.merchantName,
    chip.iad.threatResponse,
    chip.iad.policyVersion,
    now,
    identity.fingerprint,
    identity.originalKey,
  ];
}

/** True when it was written; false when what was read is no longer so: read and decide again. */
export async function consumeAtc(
  db: Queryable,
  request: AuthorisationRequest,
  stored: StoredRows,
  consumption: Consumption,
  now: Date,
): Promise<boolean> {
  const approved = consumption.answer.refusal === null;
  const { rows } = await db.query({
    name: approved ? 'authorisation-approve' : 'authorisation-decline',
    text: approved ? APPROVE_TEXT : DECLINE_TEXT,
    values: consumeValues(request, stored, consumption, now),
  });
  return rows[0].written === 1;
}

/** An approval that another message relies on is a change: a reversal under way has to know of it. */
const KEEP_TEXT = `
  WITH decided_on AS MATERIALIZED (
    SELECT token_id FROM token_states WHERE token_id = $1 AND version = $2 FOR UPDATE
  ), state AS (
    UPDATE token_states s SET version = s.version + 1
      FROM decided_on WHERE s.token_id = decided_on.token_id AND $8::text IS NULL
  ), message AS (
    INSERT INTO messages (token_id, atc, message_key, fingerprint, original_key, mti, refusal, de39, approval_code,
           issuer_authentication, received_at)
    SELECT token_id, $3, $4, $5, $6, $7, $8::text, $9, $10, $11, $12 FROM decided_on
    ON CONFLICT DO NOTHING RETURNING 1
  )
  SELECT count(*)::integer AS written FROM message`;

/** Keeps an answer for a repeat of this message; the ATC is untouched. As `consumeAtc`, false: read again. */
export async function keepAnswer(
  db: Queryable,
  request: AuthorisationRequest,
  stored: StoredRows,
  answer: StoredAnswer,
  now: Date,
): Promise<boolean> {
  const { identity } = request;
  const { rows } = await db.query({
    name: 'authorisation-keep',
    text: KEEP_TEXT,
    values: [
      stored.token.tokenId,
      stored.state.version,
      request.chip.atc,
      identity.messageKey,
      identity.fingerprint,
      identity.originalKey,
      request.mti,
      answer.refusal,
      answer.de39,
      answer.approvalCode,
      answer.issuerAuthentication,
      now,
    ],
  });
  return rows[0].written === 1;
}

/** Holds the token and its account until the transaction ends: the next decision cannot be outrun. */
export async function lockToken(db: Queryable, token: string): Promise<void> {
  await db.query({
    name: 'authorisation-lock',
    text: `SELECT 1 FROM tokens t JOIN token_states s ON s.token_id = t.token_id
             JOIN accounts a ON a.account_id = t.account_id WHERE t.token = $1 FOR UPDATE OF s, a`,
    values: [token],
  });
}

// biome-ignore lint/suspicious/noExplicitAny: one row of READ_TEXT, which stands above
function storedRows(row: any, request: AuthorisationRequest): StoredRows {
  const { identity } = request;
  return {
    token: {
      tokenId: row.token_id,
      psn: row.psn,
      profile: row.profile as TokenRow['profile'],
      dki: row.dki,
      state: row.state as TokenRow['state'],
      expiresOn: row.expires_on,
      homeCurrency: row.home_currency,
      allowedCountries: row.allowed_countries,
      lowValueTapMinor: row.low_value_tap_minor,
      lowValueCountMax: row.low_value_count_max,
      lowValueSumMinor: row.low_value_sum_max_minor,
      tapLimitMinor: row.tap_limit_minor,
      dayLimitMinor: row.day_limit_minor,
      pinTriesMax: row.pin_tries_max,
    },
    state: {
      version: row.version,
      pinTriesLeft: row.pin_tries_left,
      lowValueCount: row.low_value_count,
      lowValueSumMinor: row.low_value_sum_minor,
      day: row.day,
      daySumMinor: row.day_sum_minor,
      recentSince: row.recent_since,
      recentCount: row.recent_count,
    },
    account: {
      accountId: row.account_id,
      currency: row.account_currency,
      balanceMinor: row.balance_minor,
      heldMinor: row.held_minor,
    },
    device: {
      state: row.device_state as DeviceRow['state'],
      minimumPolicyVersion: row.minimum_policy_version,
    },
    keySet: row.key_set_id && {
      keySetId: row.key_set_id.toString('hex').toUpperCase(),
      idn: row.idn.toString('hex').toUpperCase(),
      expiresOn: row.key_set_expires_on,
      revoked: row.key_set_revoked_at !== null,
    },
    authorisation: row.presentment_hash && {
      samePresentment: identity.presentmentHash.equals(row.presentment_hash),
      reversed: row.u_reversed,
      answer: {
        refusal: row.u_refusal,
        de39: row.u_de39,
        approvalCode: row.u_approval_code,
        issuerAuthentication: row.u_issuer_authentication,
      },
    },
    message: row.fingerprint && {
      sameContent: identity.fingerprint.equals(row.fingerprint),
      reversed: row.m_reversed_at !== null,
      answer: {
        refusal: row.m_refusal,
        de39: row.m_de39,
        approvalCode: row.m_approval_code,
        issuerAuthentication: row.m_issuer_authentication,
      },
    },
    tombstone: row.tombstone,
  };
}
