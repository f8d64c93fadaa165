/**
 * Single-use key sets as the issuer keeps them: an ATC, an id, an IDN and a last day. The keys are derived when a bundle
 * is sealed and stored nowhere. docs/profiles.md §4
 */

import { done, type Outcome, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';

export const ATC_MAX = 65_535;

/** How many sets to issue so that `target` are live; none when nothing is missing. Pure. */
export function keySetsMissing(live: number, target: number, nextAtc: number): Outcome<number> {
  const missing = Math.max(0, target - live);
  // FFFF is the last ATC (EMV 4.4 Book 2, 8.1): then the token is renewed.
  const left = ATC_MAX - nextAtc + 1;
  if (missing > 0 && left <= 0) return refuse('atc_exhausted');
  return done(Math.min(missing, left));
}

/**
 * Sets that may still be spent, as far as the bank knows: issued, neither expired nor revoked, not seen at a terminal
 * and not burnt according to the wallet's own log.
 */
export async function liveKeySets(tx: Transaction, tokenId: string, today: string): Promise<number> {
  const { rows } = await tx.query<{ live: number }>(
    `SELECT count(*) AS live FROM key_sets k
      WHERE k.token_id = $1 AND k.revoked_at IS NULL AND k.expires_on >= $2
        AND NOT EXISTS (SELECT FROM authorisations a WHERE a.token_id = k.token_id AND a.atc = k.atc)
        AND NOT EXISTS (SELECT FROM wallet_log w WHERE w.token_id = k.token_id AND w.atc = k.atc AND w.mac_valid)`,
    [tokenId, today],
  );
  return rows[0]!.live;
}

/** Issues the next `count` ATCs of a token, whose row the caller has locked; answers the ATCs. */
export async function issueKeySets(
  issuer: Issuer,
  tx: Transaction,
  tokenId: string,
  nextAtc: number,
  count: number,
): Promise<number[]> {
  const now = issuer.now();
  const expiresOn = dayAfter(now, issuer.settings.keySetDays);
  const atcs = Array.from({ length: count }, (_, index) => nextAtc + index);
  const random = atcs.map(() => issuer.hsm.random(9));
  await tx.query(
    `INSERT INTO key_sets (token_id, atc, key_set_id, idn, expires_on, issued_at)
     SELECT $1, atc, key_set_id, idn, $5, $6
       FROM unnest($2::integer[], $3::bytea[], $4::bytea[]) AS made (atc, key_set_id, idn)`,
    [
      tokenId,
      atcs,
      random.map((bytes) => Buffer.from(bytes.subarray(0, 7))),
      random.map((bytes) => Buffer.from(bytes.subarray(7))),
      expiresOn,
      now,
    ],
  );
  await tx.query('UPDATE tokens SET next_atc = $2 WHERE token_id = $1', [tokenId, nextAtc + count]);
  return atcs;
}

/** 'YYYY-MM-DD', some days after an instant. UTC: a key set lives for weeks, an hour more or less is nothing. */
export function dayAfter(instant: Date, days: number): string {
  return new Date(instant.getTime() + days * 86_400_000).toISOString().slice(0, 10);
}
