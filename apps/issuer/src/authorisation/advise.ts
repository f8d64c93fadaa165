// 0120 and 0220: the acquirer reports what has happened. A report is recorded and acknowledged whatever it says; one that
// does not fit what the bank has seen opens a case. Nothing is posted from it: a phone answers ARQC or AAC, never TC, so
// no payment of ours is approved without the bank.
import { parseTlv, tlvValues } from '@tapseal/emv/data';
import type { Message } from '@tapseal/iso8583';
import type { Pool } from 'pg';
import { wasOutrun } from '../database/transaction.ts';
import { type MessageIdentity, messageIdentity } from './identity.ts';
import { de39Of, type RefusalName } from './refusals.ts';
import type { StoredAnswer } from './stored.ts';

export type AdviceRequest = {
  readonly identity: MessageIdentity;
  readonly mti: string;
  readonly token: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** DE 39: what the terminal did. */
  readonly reportedDe39: string | null;
  readonly acquirerId: string;
  readonly terminalId: string;
  readonly merchantId: string;
  /** 9F36 and the type in 9F27; null without readable chip data. */
  readonly chip: { readonly atc: number; readonly declined: boolean } | null;
};

export type AdviceFacts = {
  readonly keySetIssued: boolean;
  /** The transaction of the same ATC that the bank has decided itself. */
  readonly authorisation: {
    readonly amountMinor: number;
    readonly currency: string;
    readonly approved: boolean;
  } | null;
};

/** What the report says against what the bank knows, in order of precedence. All but the first two open a case. */
export type AdviceFinding =
  | 'consistent'
  | 'declined_offline'
  | 'chip_data_missing'
  | 'key_set_not_issued'
  /** One ATC has one cryptogram: it is not an AAC there and an approved ARQC here. */
  | 'approved_online'
  | 'unseen_online'
  | 'refused_online'
  | 'amount_differs';

export function findingOf(
  request: AdviceRequest,
  { keySetIssued, authorisation }: AdviceFacts,
): AdviceFinding {
  if (request.chip === null) return 'chip_data_missing';
  if (!keySetIssued) return 'key_set_not_issued';
  if (request.chip.declined) return authorisation?.approved ? 'approved_online' : 'declined_offline';
  if (authorisation === null) return 'unseen_online';
  if (!authorisation.approved) return 'refused_online';
  const { amountMinor, currency } = authorisation;
  return amountMinor === request.amountMinor && currency === request.currency
    ? 'consistent'
    : 'amount_differs';
}

const NO_CASE: ReadonlySet<AdviceFinding> = new Set(['consistent', 'declined_offline']);

export function parseAdvice(
  message: Message,
): { ok: true; request: AdviceRequest } | { ok: false; refusal: RefusalName } {
  const { fields } = message;
  const { 2: token, 4: amount, 32: acquirerId, 41: terminalId, 42: merchantId, 49: currency } = fields;
  if (!token || !amount || !acquirerId || !terminalId || !merchantId || !currency) {
    return { ok: false, refusal: 'field_missing' };
  }
  return {
    ok: true,
    request: {
      identity: messageIdentity(message),
      mti: message.mti,
      token,
      amountMinor: Number(amount),
      currency,
      reportedDe39: fields[39] ?? null,
      acquirerId,
      terminalId,
      merchantId,
      chip: chipOf(fields[55]),
    },
  };
}

const CID_TYPE_MASK = 0xc0;
const CID_AAC = 0x00;

function chipOf(data: Uint8Array | undefined): AdviceRequest['chip'] {
  const objects = data && parseTlv(data);
  const values = objects?.ok ? tlvValues(objects.value) : undefined;
  if (!values?.ok) return null;
  const atc = values.value.get(0x9f36);
  const cid = values.value.get(0x9f27);
  if (atc?.length !== 2 || cid?.length !== 1) return null;
  return { atc: atc[0]! * 256 + atc[1]!, declined: (cid[0]! & CID_TYPE_MASK) === CID_AAC };
}

const ATTEMPTS = 2;

/** The answer to one advice: acknowledged, unless the token is nobody's or the message contradicts an earlier one. */
export async function advise(pool: Pool, now: () => Date, request: AdviceRequest): Promise<StoredAnswer> {
  for (let count = 0; count < ATTEMPTS; count++) {
    const { rows } = await pool.query({
      name: 'advice-read',
      text: READ_TEXT,
      values: [request.token, request.identity.messageKey, request.chip?.atc ?? null],
    });
    const row = rows[0];
    if (row === undefined) return answerOf('token_unknown');
    if (row.fingerprint !== null) {
      return answerOf(request.identity.fingerprint.equals(row.fingerprint) ? null : 'conflicting_duplicate');
    }
    const finding = findingOf(request, {
      keySetIssued: row.key_set_issued,
      authorisation:
        row.amount_minor === null
          ? null
          : { amountMinor: row.amount_minor, currency: row.currency, approved: row.refusal === null },
    });
    try {
      await pool.query({
        name: 'advice-write',
        text: WRITE_TEXT,
        values: writeValues(row.token_id, request, finding, now()),
      });
      return answerOf(null);
    } catch (error) {
      if (!wasOutrun(error)) throw error; // the same advice, twice at once: the other one's answer is ours
    }
  }
  throw new Error('an advice was outrun by a message that cannot be read');
}

function writeValues(tokenId: string, request: AdviceRequest, finding: AdviceFinding, now: Date): unknown[] {
  const { identity } = request;
  return [
    tokenId,
    identity.messageKey,
    identity.fingerprint,
    identity.originalKey,
    request.mti,
    request.chip?.atc ?? null,
    request.amountMinor,
    request.currency,
    request.reportedDe39,
    finding,
    request.acquirerId,
    request.terminalId,
    request.merchantId,
    now,
    !NO_CASE.has(finding),
  ];
}

function answerOf(refusal: RefusalName | null): StoredAnswer {
  return { refusal, de39: de39Of(refusal), approvalCode: null, issuerAuthentication: null };
}

const READ_TEXT = `
  SELECT t.token_id, m.fingerprint, k.atc IS NOT NULL AS key_set_issued, u.amount_minor, u.currency, u.refusal
    FROM tokens t
    LEFT JOIN messages m ON m.token_id = t.token_id AND m.message_key = $2
    LEFT JOIN key_sets k ON k.token_id = t.token_id AND k.atc = $3::integer
    LEFT JOIN authorisations u ON u.token_id = t.token_id AND u.atc = $3::integer
   WHERE t.token = $1`;

const WRITE_TEXT = `
  WITH message AS (
    INSERT INTO messages (token_id, message_key, fingerprint, original_key, mti, atc, refusal, de39, received_at)
    VALUES ($1::uuid, $2::bytea, $3, $4, $5::text, $6::integer, NULL, '00', $14::timestamptz)
  ), opened AS (
    INSERT INTO cases (token_id, kind, subject, detail, opened_at)
    SELECT $1::uuid, 'advice_' || $10::text, encode($2::bytea, 'hex'),
           jsonb_build_object('atc', $6::integer, 'amountMinor', $7::bigint), $14::timestamptz
     WHERE $15::boolean ON CONFLICT DO NOTHING
  )
  INSERT INTO advices (token_id, message_key, mti, atc, amount_minor, currency, reported_de39, finding, acquirer_id,
         terminal_id, merchant_id, received_at)
  VALUES ($1::uuid, $2::bytea, $5::text, $6::integer, $7::bigint, $8, $9, $10::text, $11, $12, $13, $14::timestamptz)`;
