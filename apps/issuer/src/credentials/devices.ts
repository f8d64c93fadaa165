/** Devices: who is calling, and what their signed words say about the state that they run on. docs/layouts.md §2, §4 */

import { createHash } from 'node:crypto';
import { uuidText } from '@tapseal/protocol';
import { appendAudit } from '../audit/append.ts';
import { done, type Outcome, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';

export type DeviceState = 'ACTIVE' | 'SUSPENDED' | 'ROLLED_BACK' | 'CLONED' | 'REVOKED';

export interface Device {
  readonly deviceId: Uint8Array;
  readonly customerId: string;
  readonly ed25519PublicKey: Uint8Array;
  readonly nextOneTimePublicKey: Uint8Array;
  readonly nextBundleNumber: number;
  readonly highestUplinkNumber: number;
  readonly state: DeviceState;
}

const REFUSAL_OF_STATE = {
  ACTIVE: undefined,
  SUSPENDED: 'device_suspended',
  ROLLED_BACK: 'device_rolled_back',
  CLONED: 'device_cloned',
  REVOKED: 'device_revoked',
} as const;

/** What is stored of a credential. It holds 256 random bits: a hash without a salt is enough. */
export function credentialHash(credential: string): Uint8Array {
  return createHash('sha256').update(`tapseal device credential ${credential}`).digest();
}

/** The device that a bearer credential belongs to. */
export async function deviceOfCredential(tx: Transaction, credential: string): Promise<Outcome<Device>> {
  const device = await readDevice(tx, 'credential_hash = $1', credentialHash(credential));
  if (!device) return refuse('credential_invalid');
  const refusal = REFUSAL_OF_STATE[device.state];
  return refusal ? refuse(refusal) : done(device);
}

/** The device, locked until the transaction ends: its bundles, numbers and keys change one after another. */
export async function lockDevice(tx: Transaction, deviceId: Uint8Array): Promise<Outcome<Device>> {
  const device = (await readDevice(tx, 'device_id = $1 FOR NO KEY UPDATE', deviceId))!;
  const refusal = REFUSAL_OF_STATE[device.state];
  return refusal ? refuse(refusal) : done(device);
}

/**
 * A device has given itself away: no further word from it counts, its tokens are suspended. The mark must survive, so
 * the caller commits.
 */
export async function condemnDevice(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  state: 'ROLLED_BACK' | 'CLONED',
  reason: string,
): Promise<void> {
  await tx.query('UPDATE devices SET state = $2, state_reason = $3 WHERE device_id = $1', [
    device.deviceId,
    state,
    reason,
  ]);
  await tx.query(
    `UPDATE tokens SET state = 'SUSPENDED', state_reason = $2, state_actor = 'issuer', state_changed_at = $3
      WHERE device_id = $1 AND state = 'ACTIVE'`,
    [device.deviceId, reason, issuer.now()],
  );
  await appendAudit(tx, issuer.now(), {
    actor: 'issuer',
    action: 'device.condemned',
    subject: `device ${uuidText(device.deviceId)}`,
    detail: { state, reason },
  });
}

async function readDevice(tx: Transaction, where: string, value: Uint8Array): Promise<Device | undefined> {
  const { rows } = await tx.query(
    `SELECT device_id, customer_id, ed25519_public_key, next_one_time_public_key, next_bundle_number,
            highest_uplink_number, state FROM devices WHERE ${where}`,
    [value],
  );
  const row = rows[0];
  return (
    row && {
      deviceId: row.device_id,
      customerId: row.customer_id,
      ed25519PublicKey: row.ed25519_public_key,
      nextOneTimePublicKey: row.next_one_time_public_key,
      nextBundleNumber: row.next_bundle_number,
      highestUplinkNumber: row.highest_uplink_number,
      state: row.state,
    }
  );
}
