/** Tokens in use: what a device has, more key sets for one, and its state. */

import type { Token } from '@tapseal/protocol';
import { uuidText } from '@tapseal/protocol';
import { appendAudit } from '../audit/append.ts';
import { enqueue } from '../credentials/bundle-queue.ts';
import type { Device } from '../credentials/devices.ts';
import { dayAfter, issueKeySets, keySetsMissing, liveKeySets } from '../credentials/key-sets.ts';
import { done, type Outcome, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { decideTokenState, STATE_ON_DEVICE, type TokenStateName } from './token-state-decision.ts';

export async function tokensOf(issuer: Issuer, tx: Transaction, device: Device): Promise<Token[]> {
  const { rows } = await tx.query(
    `SELECT t.token_id, t.card_id, c.label, c.last_four, t.state, t.profile
       FROM tokens t JOIN cards c ON c.card_id = t.card_id
      WHERE t.device_id = $1 ORDER BY t.created_at, t.token_id`,
    [device.deviceId],
  );
  const today = dayAfter(issuer.now(), 0);
  const tokens: Token[] = [];
  for (const row of rows) {
    tokens.push({
      tokenId: row.token_id,
      cardId: row.card_id,
      label: row.label,
      lastFour: row.last_four,
      state: row.state.toLowerCase(),
      profile: row.profile,
      keySetsLive: await liveKeySets(tx, row.token_id, today),
    });
  }
  return tokens;
}

/** Tops a token of this (locked) device up to the configured number of live key sets. */
export async function replenish(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  tokenId: string,
): Promise<Outcome<{ keySets: number }>> {
  const { rows } = await tx.query<{ state: TokenStateName; next_atc: number }>(
    'SELECT state, next_atc FROM tokens WHERE token_id = $1 AND device_id = $2 FOR NO KEY UPDATE',
    [tokenId, device.deviceId],
  );
  const token = rows[0];
  if (!token) return refuse('token_unknown');
  if (token.state !== 'ACTIVE') return refuse('token_not_active');
  const live = await liveKeySets(tx, tokenId, dayAfter(issuer.now(), 0));
  const missing = keySetsMissing(live, issuer.settings.keySetsTarget, token.next_atc);
  if (!missing.ok || missing.value === 0) return missing.ok ? done({ keySets: 0 }) : missing;
  const atcs = await issueKeySets(issuer, tx, tokenId, token.next_atc, missing.value);
  await enqueue(tx, device.deviceId, { kind: 'key_sets', tokenId, detail: { atcs } });
  await appendAudit(tx, issuer.now(), {
    actor: `device ${uuidText(device.deviceId)}`,
    action: 'key_sets.issued',
    subject: `token ${tokenId}`,
    detail: { count: atcs.length },
  });
  return done({ keySets: atcs.length });
}

/** The bank's own change of a token's state, told to the device with its next bundle. */
export async function changeTokenState(
  issuer: Issuer,
  tx: Transaction,
  tokenId: string,
  to: TokenStateName,
  reason: string,
): Promise<Outcome<{ state: TokenStateName }>> {
  const { rows } = await tx.query<{ state: TokenStateName; device_id: Buffer }>(
    'SELECT state, device_id FROM tokens WHERE token_id = $1 FOR NO KEY UPDATE',
    [tokenId],
  );
  const token = rows[0];
  if (!token) return refuse('token_unknown');
  const decision = decideTokenState(token.state, to);
  if (!decision.ok) return decision;
  if (!decision.value.changed) return done({ state: to });
  const now = issuer.now();
  await tx.query(
    `UPDATE tokens SET state = $2, state_reason = $3, state_actor = 'operator', state_changed_at = $4
      WHERE token_id = $1`,
    [tokenId, to, reason, now],
  );
  if (to === 'DEACTIVATED') {
    await tx.query('UPDATE key_sets SET revoked_at = $2 WHERE token_id = $1 AND revoked_at IS NULL', [
      tokenId,
      now,
    ]);
  }
  if (to !== 'INACTIVE') {
    await enqueue(tx, token.device_id, {
      kind: 'token_state',
      tokenId,
      detail: { state: STATE_ON_DEVICE[to] },
    });
  }
  await appendAudit(tx, now, {
    actor: 'operator',
    action: 'token.state_changed',
    subject: `token ${tokenId}`,
    detail: { from: token.state, to, reason },
  });
  return done({ state: to });
}
