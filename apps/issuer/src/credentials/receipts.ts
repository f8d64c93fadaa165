/**
 * Receipts: what became of a bundle, from inside the secure element. A receipt names the next one-time key, so the next
 * bundle can only be sealed after it. A repeat is answered as the first time; a different receipt for the same bundle
 * comes from a second copy of the device.
 */

import { type Receipt, sameBytes, uuidText, verifyReceipt } from '@tapseal/protocol';
import { appendAudit } from '../audit/append.ts';
import { done, type Outcome, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { nextBundle, type OutgoingBundle } from './bundle-queue.ts';
import { condemnDevice, type Device } from './devices.ts';
import { countOf } from './uplinks.ts';

export interface ReceiptFacts {
  readonly deviceId: Uint8Array;
  /** The bundle that the receipt names; undefined: none such was sent. */
  readonly bundle: { readonly hash: Uint8Array; readonly receipt: Uint8Array | null } | undefined;
  /** Generation in the receipt of the bundle before; 0 before the first. */
  readonly generationBefore: number;
}

/** In order of precedence. `repeat`: nothing changes. */
export function decideReceipt(
  facts: ReceiptFacts,
  receipt: Receipt,
  bytes: Uint8Array,
): Outcome<{ readonly repeat: boolean; readonly generation: number }> {
  const { bundle } = facts;
  if (!sameBytes(receipt.deviceId, facts.deviceId)) return refuse('receipt_wrong_device');
  const generation = countOf(receipt.generation);
  if (generation === undefined) return refuse('receipt_malformed');
  if (!bundle) return refuse('receipt_unknown_bundle');
  if (!sameBytes(receipt.bundleHash, bundle.hash)) return refuse('receipt_hash_mismatch');
  if (bundle.receipt) {
    return sameBytes(bundle.receipt, bytes) ? done({ repeat: true, generation }) : refuse('receipt_forked');
  }
  // Applying a bundle is a new generation, so a receipt is always above the one before.
  if (generation <= facts.generationBefore) return refuse('generation_rolled_back');
  return done({ repeat: false, generation });
}

const EVIDENCE = {
  receipt_forked: { state: 'CLONED', reason: 'two receipts for one bundle' },
  generation_rolled_back: { state: 'ROLLED_BACK', reason: 'a receipt of an older generation' },
} as const;

/** Takes a receipt of a locked device; answers the next bundle, if there is one. */
export async function acceptReceipt(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  bytes: Uint8Array,
): Promise<Outcome<{ next: OutgoingBundle | undefined }>> {
  const verified = await verifyReceipt(bytes, device.ed25519PublicKey);
  if (!verified.ok) {
    const refusal = verified.refusal === 'signature_invalid' ? 'receipt_not_authentic' : 'receipt_malformed';
    return refuse(refusal, verified.at);
  }
  const receipt = verified.value;
  const decision = decideReceipt(await readFacts(tx, device, receipt.bundleNumber), receipt, bytes);
  if (!decision.ok) {
    const evidence = EVIDENCE[decision.refusal as keyof typeof EVIDENCE];
    if (evidence) await condemnDevice(issuer, tx, device, evidence.state, evidence.reason);
    return decision;
  }
  if (!decision.value.repeat) await note(issuer, tx, device, receipt, bytes, decision.value.generation);
  const current = decision.value.repeat
    ? device
    : { ...device, nextOneTimePublicKey: receipt.nextOneTimePublicKey };
  return done({ next: await nextBundle(issuer, tx, current) });
}

async function note(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  receipt: Receipt,
  bytes: Uint8Array,
  generation: number,
): Promise<void> {
  const now = issuer.now();
  const number = Number(receipt.bundleNumber);
  const applied = receipt.status === 0;
  await tx.query(
    `UPDATE bundles SET receipt = $3, status = $4, refusal_status = $5, receipted_at = $6
      WHERE device_id = $1 AND bundle_number = $2`,
    [device.deviceId, number, bytes, applied ? 'APPLIED' : 'REFUSED', applied ? null : receipt.status, now],
  );
  await tx.query(
    `UPDATE devices SET next_one_time_public_key = $2, highest_generation = greatest(highest_generation, $3),
            last_seen_at = $4 WHERE device_id = $1`,
    [device.deviceId, receipt.nextOneTimePublicKey, generation, now],
  );
  if (!applied) await undoRefused(issuer, tx, device, number, receipt.status);
}

/**
 * A refused bundle changed nothing on the device. Its key sets will never be spent there: they are revoked, so that new
 * ones are issued. A token whose profile was refused cannot pay: it is deactivated. Outcomes are told again.
 */
async function undoRefused(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  bundleNumber: number,
  status: number,
): Promise<void> {
  const now = issuer.now();
  await tx.query(
    `UPDATE key_sets k SET revoked_at = $3 FROM bundle_intents i
      WHERE i.device_id = $1 AND i.bundle_number = $2 AND i.kind = 'key_sets' AND k.token_id = i.token_id
        AND i.detail->'atcs' @> to_jsonb(k.atc) AND k.revoked_at IS NULL`,
    [device.deviceId, bundleNumber, now],
  );
  await tx.query(
    `UPDATE tokens t SET state = 'DEACTIVATED', state_reason = 'personalisation refused', state_actor = 'issuer',
            state_changed_at = $3
       FROM bundle_intents i WHERE i.device_id = $1 AND i.bundle_number = $2 AND i.kind = 'profile'
        AND t.token_id = i.token_id`,
    [device.deviceId, bundleNumber, now],
  );
  await tx.query('DELETE FROM outcomes_sent WHERE device_id = $1 AND bundle_number = $2', [
    device.deviceId,
    bundleNumber,
  ]);
  await appendAudit(tx, now, {
    actor: `device ${uuidText(device.deviceId)}`,
    action: 'bundle.refused',
    subject: `bundle ${bundleNumber}`,
    detail: { status },
  });
}

async function readFacts(tx: Transaction, device: Device, bundleNumber: bigint): Promise<ReceiptFacts> {
  const number = countOf(bundleNumber) ?? 0;
  const { rows } = await tx.query<{ bundle_number: number; bundle_hash: Buffer; receipt: Buffer | null }>(
    'SELECT bundle_number, bundle_hash, receipt FROM bundles WHERE device_id = $1 AND bundle_number IN ($2, $3)',
    [device.deviceId, number, number - 1],
  );
  const named = rows.find((row) => row.bundle_number === number);
  const before = rows.find((row) => row.bundle_number === number - 1)?.receipt;
  return {
    deviceId: device.deviceId,
    bundle: named && { hash: named.bundle_hash, receipt: named.receipt },
    generationBefore: before ? Number(before.readBigUInt64BE(GENERATION_AT)) : 0,
  };
}

/** Where a receipt says its generation. docs/layouts.md §2 */
const GENERATION_AT = 62;
