/** Log uploads: the wallet's transaction log comes home. docs/layouts.md §4 and §5 */

import type { LogAnswer } from '@tapseal/protocol';
import { done, type Outcome, type Refusal, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import type { UplinkOpenRefusal } from '../keys/hsm.ts';
import { acceptLog } from '../reconciliation/index.ts';
import { enqueue } from './bundle-queue.ts';
import { condemnDevice, type Device } from './devices.ts';
import { acceptUplink } from './uplinks.ts';

/**
 * Takes a sealed log of this (locked) device, hands its records to reconciliation, and acknowledges with the next
 * bundle what is safe here; outcomes go with the same bundle. Two genuine records under one number: the device's state
 * was copied, and both copies have paid.
 */
export async function uploadLog(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  uplink: Uint8Array,
): Promise<Outcome<LogAnswer>> {
  const accepted = await acceptUplink(issuer, tx, device, uplink);
  if (!accepted.ok) return accepted;
  const opened = await issuer.hsm.openLog(uplink);
  if (!opened.ok) return refuse(OPEN_REFUSALS[opened.refusal] ?? 'uplink_malformed');

  const { tokenId, records } = opened.value;
  const log = await acceptLog(tx, issuer.hsm, { tokenId, deviceId: device.deviceId, records }, issuer.now());
  if (!log.ok) return refuse(log.refusal === 'token_not_on_device' ? 'token_unknown' : 'uplink_malformed');
  if (log.acknowledgeSeq > 0) {
    await enqueue(tx, device.deviceId, {
      kind: 'log_acknowledged',
      tokenId,
      detail: { seq: log.acknowledgeSeq },
    });
  }
  if (log.findings.some(({ finding }) => finding === 'fork')) {
    await condemnDevice(issuer, tx, device, 'CLONED', 'two log records under one number');
  }
  const { firstSeq, lastSeq, findings } = log;
  return done({ accepted: log.accepted, firstSeq, lastSeq, findings: [...findings] });
}

const OPEN_REFUSALS: Partial<Record<UplinkOpenRefusal, Refusal>> = {
  uplink_not_authentic: 'uplink_not_authentic',
  uplink_kind_mismatch: 'uplink_kind_mismatch',
};
