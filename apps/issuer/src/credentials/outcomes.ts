/**
 * What became of a wallet's taps. The phone knows what it answered, not what the bank decided: it is told here, and told
 * again when a tap that the bank had not seen arrives after all.
 */

import { OUTCOMES_PER_MESSAGE_MAX, type Outcome, paymentRecord } from '@tapseal/protocol';
import type { Transaction } from '../issuer.ts';
import type { BundleContent } from '../keys/hsm.ts';
import { plain } from './bundle-contents.ts';

interface DueRow {
  readonly token_id: string;
  readonly atc: number;
  readonly de39: string | null;
  readonly refusal: string | null;
}

/**
 * The news for a device, and a mark that this bundle carries them. Per ATC: the authorisation, where there is one; else
 * `not_seen` for a tap of the wallet's log that was answered with an ARQC.
 */
export async function outcomesDue(
  tx: Transaction,
  deviceId: Uint8Array,
  bundleNumber: number,
): Promise<BundleContent[]> {
  const { rows } = await tx.query<DueRow>(
    `SELECT t.token_id, a.atc, a.de39, a.refusal
       FROM tokens t JOIN authorisations a ON a.token_id = t.token_id
       LEFT JOIN outcomes_sent o ON o.token_id = a.token_id AND o.atc = a.atc
      WHERE t.device_id = $1 AND (o.atc IS NULL OR o.outcome = 'NOT_SEEN')
     UNION
     SELECT t.token_id, w.atc, NULL, NULL
       FROM tokens t JOIN wallet_log w ON w.token_id = t.token_id AND w.mac_valid AND w.status = $2
       LEFT JOIN authorisations a ON a.token_id = w.token_id AND a.atc = w.atc
       LEFT JOIN outcomes_sent o ON o.token_id = w.token_id AND o.atc = w.atc
      WHERE t.device_id = $1 AND a.atc IS NULL AND o.atc IS NULL
      ORDER BY 1, 2 LIMIT $3`,
    [deviceId, ANSWERED_ARQC, OUTCOMES_PER_MESSAGE_MAX],
  );
  if (rows.length === 0) return [];
  const told = rows.map((row) => ({ tokenId: row.token_id, ...outcomeOf(row) }));
  await tx.query(
    `INSERT INTO outcomes_sent (token_id, atc, outcome, device_id, bundle_number)
     SELECT token_id, atc, outcome, $4, $5 FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS told (token_id, atc, outcome)
     ON CONFLICT (token_id, atc) DO UPDATE SET outcome = excluded.outcome, bundle_number = excluded.bundle_number`,
    [
      told.map(({ tokenId }) => tokenId),
      told.map(({ atc }) => atc),
      told.map(({ outcome }) => outcome.toUpperCase()),
      deviceId,
      bundleNumber,
    ],
  );
  return [...Map.groupBy(told, ({ tokenId }) => tokenId)].map(([tokenId, outcomes]) =>
    plain(paymentRecord({ command: 'outcomes', tokenId, outcomes })),
  );
}

/** docs/layouts.md §5: status `01`. */
const ANSWERED_ARQC = 1;

/** Pure: one row as the wallet is told it. */
export function outcomeOf({ atc, de39, refusal }: Omit<DueRow, 'token_id'>): Outcome {
  if (de39 === null) return { atc, outcome: 'not_seen', de39: '  ' };
  return { atc, outcome: refusal === null ? 'approved' : 'declined', de39 };
}
