/** From what is to be said to a device (intents) to what a bundle carries. No key is here: the HSM completes it. */

import { Pan } from '@tapseal/emv';
import { type BundleRecord, type IssuedProfile, paymentRecord } from '@tapseal/protocol';
import type { Issuer, Transaction } from '../issuer.ts';
import type { BundleContent, KeySetToDerive } from '../keys/hsm.ts';
import { personalisation } from '../tokens/profile.ts';

/** What a device is to be told. Stored as a row with `kind`, `token_id` and `detail`. */
export type Intent =
  | { readonly kind: 'profile'; readonly tokenId: string }
  | {
      readonly kind: 'key_sets';
      readonly tokenId: string;
      readonly detail: { readonly atcs: readonly number[] };
    }
  | {
      readonly kind: 'token_state';
      readonly tokenId: string;
      readonly detail: { readonly state: 'active' | 'suspended' | 'deleted' };
    }
  | {
      readonly kind: 'log_acknowledged';
      readonly tokenId: string;
      readonly detail: { readonly seq: number };
    };

interface TokenRow {
  readonly token: string;
  readonly psn: number;
  readonly profile: IssuedProfile;
  readonly dki: number;
  readonly par: string;
  readonly expires_on: string;
  readonly home_currency: string;
  readonly issuer_country: string;
  readonly low_value_tap_minor: number;
  readonly low_value_count_max: number;
  readonly low_value_sum_minor: number;
  readonly pin_block: Buffer | null;
}

/** The contents of one intent; none when it has become void (key sets that were revoked meanwhile). */
export async function contentsOf(issuer: Issuer, tx: Transaction, intent: Intent): Promise<BundleContent[]> {
  const { tokenId } = intent;
  switch (intent.kind) {
    case 'profile': {
      const row = await readToken(tx, tokenId);
      const { tokenRequestorId, limits } = issuer.settings;
      const profile = personalisation(
        {
          tokenId,
          ...keysOf(row),
          expiresOn: row.expires_on,
          par: row.par,
          homeCurrency: row.home_currency,
          issuerCountry: row.issuer_country,
          lowValueTapMinor: row.low_value_tap_minor,
          lowValueTapsMax: row.low_value_count_max,
          lowValueSumMinor: row.low_value_sum_minor,
        },
        { tokenRequestorId, cdcvmFreshSeconds: limits.cdcvmFreshSeconds },
      );
      return [{ kind: 'profile', profile }];
    }
    case 'key_sets': {
      const keySets = await readKeySets(tx, tokenId, intent.detail.atcs);
      if (keySets.length === 0) return [];
      const row = await readToken(tx, tokenId);
      return [{ kind: 'key_sets', tokenId, keys: keysOf(row), pinBlock: row.pin_block!, keySets }];
    }
    case 'token_state':
      return [plain(paymentRecord({ command: 'token_state', tokenId, state: intent.detail.state }))];
    case 'log_acknowledged':
      return [plain(paymentRecord({ command: 'log_acknowledged', tokenId, seq: intent.detail.seq }))];
  }
}

/** Time and policy: every bundle begins with them. docs/layouts.md §2 */
export function opening(issuer: Issuer): BundleContent[] {
  const seconds = Math.floor(issuer.now().getTime() / 1000);
  const { version, response, validDays } = issuer.settings.policy;
  return [
    plain({ type: 'time', unixSeconds: BigInt(seconds) }),
    plain({ type: 'policy', version, validUntil: seconds + validDays * 86_400, response }),
  ];
}

export function plain(record: BundleRecord): BundleContent {
  return { kind: 'record', record };
}

function keysOf({ profile, dki, token, psn }: TokenRow) {
  return { profile, dki, token: Pan.parse(token)!, psn };
}

async function readToken(tx: Transaction, tokenId: string): Promise<TokenRow> {
  const { rows } = await tx.query<TokenRow>(
    `SELECT token, psn, profile, dki, par, expires_on, home_currency, issuer_country, low_value_tap_minor,
            low_value_count_max, low_value_sum_minor, pin_block FROM tokens WHERE token_id = $1`,
    [tokenId],
  );
  return rows[0]!;
}

async function readKeySets(
  tx: Transaction,
  tokenId: string,
  atcs: readonly number[],
): Promise<KeySetToDerive[]> {
  const { rows } = await tx.query<{ atc: number; key_set_id: Buffer; idn: Buffer; expires_on: string }>(
    `SELECT atc, key_set_id, idn, expires_on FROM key_sets
      WHERE token_id = $1 AND atc = ANY($2) AND revoked_at IS NULL ORDER BY atc`,
    [tokenId, atcs],
  );
  return rows.map((row) => ({
    atc: row.atc,
    keySetId: row.key_set_id,
    idn: row.idn,
    expiry: row.expires_on.slice(2).replaceAll('-', ''),
  }));
}
