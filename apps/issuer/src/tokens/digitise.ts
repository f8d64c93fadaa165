/** Digitisation: a customer's card becomes a token on their device, with its first key sets. DESIGN §4 */

import type { Pan } from '@tapseal/emv';
import type { DigitisationAnswer, IssuedProfile } from '@tapseal/protocol';
import { uuidText } from '@tapseal/protocol';
import { appendAudit } from '../audit/append.ts';
import { enqueue } from '../credentials/bundle-queue.ts';
import type { Device } from '../credentials/devices.ts';
import { dayAfter, issueKeySets } from '../credentials/key-sets.ts';
import { acceptUplink } from '../credentials/uplinks.ts';
import { newUuid } from '../customers/customers.ts';
import { done, type Outcome, type Refusal, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import type { PinRefusal } from '../keys/hsm.ts';
import { decideDigitisation } from './digitisation-decision.ts';
import { makeTokenNumber } from './token-number.ts';
import { isLivePan, paymentAccountReferenceOf } from './vault.ts';

/** Tries at a free number: the range has a thousand million of them. */
const TOKEN_NUMBER_TRIES_MAX = 8;
const FIRST_PSN = 1;
const FIRST_DKI = 1;

export interface DigitisationCall {
  readonly cardId: string;
  readonly profile: IssuedProfile;
  /** The sealed PIN, bound to the card. */
  readonly uplink: Uint8Array;
}

export async function digitise(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  { cardId, profile, uplink }: DigitisationCall,
): Promise<Outcome<DigitisationAnswer>> {
  const accepted = await acceptUplink(issuer, tx, device, uplink);
  if (!accepted.ok) return accepted;

  const card = await readCard(tx, cardId);
  const decision = decideDigitisation({
    card,
    deviceCustomerId: device.customerId,
    digitisedHere: await isDigitised(tx, device, cardId, profile),
    today: dayAfter(issuer.now(), 0),
  });
  if (!decision.ok) return decision;

  const token = await freeTokenNumber(issuer, tx);
  const pin = await issuer.hsm.receivePin(uplink, cardId, token);
  if (!pin.ok) return refuse(PIN_REFUSALS[pin.refusal] ?? 'uplink_malformed');

  const tokenId = newUuid(issuer.hsm.random);
  const { settings } = issuer;
  const { limits } = settings;
  await tx.query(
    `INSERT INTO tokens (token_id, token, psn, card_id, customer_id, device_id, account_id, profile, dki, expires_on,
            par, state, state_reason, state_actor, pin_block, home_currency, issuer_country, low_value_tap_minor,
            low_value_count_max, low_value_sum_minor, tap_limit_minor, day_limit_minor, pin_tries_max)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'ACTIVE', 'digitised', 'issuer', $12, $13, $14, $15, $16,
             $17, $18, $19, $20)`,
    [
      tokenId,
      token.reveal(),
      FIRST_PSN,
      cardId,
      device.customerId,
      device.deviceId,
      card!.accountId,
      profile,
      FIRST_DKI,
      decision.value.expiresOn,
      await paymentAccountReferenceOf(issuer, tx, cardId),
      pin.value,
      card!.currency,
      settings.issuerCountry,
      limits.lowValueTapMinor,
      limits.lowValueTapsMax,
      limits.lowValueSumMinor,
      limits.tapMinor,
      limits.dayMinor,
      limits.pinTriesMax,
    ],
  );
  const atcs = await issueKeySets(issuer, tx, tokenId, 1, settings.keySetsTarget);
  await enqueue(tx, device.deviceId, { kind: 'profile', tokenId });
  await enqueue(tx, device.deviceId, { kind: 'key_sets', tokenId, detail: { atcs } });
  await appendAudit(tx, issuer.now(), {
    actor: `device ${uuidText(device.deviceId)}`,
    action: 'token.digitised',
    subject: `token ${tokenId}`,
    detail: { cardId, profile, decision: 'approved' },
  });
  return done({ tokenId, decision: 'approved', keySets: atcs.length });
}

const PIN_REFUSALS: Partial<Record<PinRefusal, Refusal>> = {
  uplink_not_authentic: 'uplink_not_authentic',
  uplink_kind_mismatch: 'uplink_kind_mismatch',
  pin_bound_elsewhere: 'pin_bound_elsewhere',
  pin_malformed: 'pin_malformed',
};

/** A number that no token and no card has. */
async function freeTokenNumber(issuer: Issuer, tx: Transaction): Promise<Pan> {
  for (let attempt = 0; attempt < TOKEN_NUMBER_TRIES_MAX; attempt++) {
    const token = makeTokenNumber(issuer.settings.tokenBin, issuer.hsm.random);
    const { rowCount } = await tx.query('SELECT 1 FROM tokens WHERE token = $1', [token.reveal()]);
    if (!rowCount && !(await isLivePan(issuer, tx, token))) return token;
  }
  throw new Error('no free token number');
}

interface CardRow {
  readonly customerId: string;
  readonly accountId: string;
  readonly state: 'ACTIVE' | 'BLOCKED' | 'CLOSED';
  readonly expiry: string;
  readonly currency: string;
}

async function readCard(tx: Transaction, cardId: string): Promise<CardRow | undefined> {
  const { rows } = await tx.query<CardRow>(
    `SELECT customer_id AS "customerId", account_id AS "accountId", state, expiry, currency
       FROM cards WHERE card_id = $1`,
    [cardId],
  );
  return rows[0];
}

async function isDigitised(
  tx: Transaction,
  device: Device,
  cardId: string,
  profile: IssuedProfile,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM tokens WHERE device_id = $1 AND card_id = $2 AND profile = $3 AND state <> 'DEACTIVATED'`,
    [device.deviceId, cardId, profile],
  );
  return rowCount !== 0;
}
