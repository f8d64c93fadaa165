/**
 * Bundles on their way to a device. Each is sealed to the one-time key that the receipt of the one before announced, so
 * at most one is out: what else is to be said waits as intents, and no key is stored. Once sealed a bundle stays byte
 * for byte the same until its receipt comes, through crashes too. docs/layouts.md §2
 */

import { sha256 } from '@tapseal/protocol';
import type { Issuer, Transaction } from '../issuer.ts';
import { contentsOf, type Intent, opening } from './bundle-contents.ts';
import type { Device } from './devices.ts';
import { outcomesDue } from './outcomes.ts';

/** Twelve of the longest intents, opening and outcomes stay below the 32,614 bytes of a bundle's plaintext. */
const INTENTS_PER_BUNDLE_MAX = 12;

export interface OutgoingBundle {
  readonly bundleNumber: number;
  readonly bytes: Uint8Array;
}

/** Says something to a device with its next bundle. */
export async function enqueue(tx: Transaction, deviceId: Uint8Array, intent: Intent): Promise<void> {
  await tx.query('INSERT INTO bundle_intents (device_id, kind, token_id, detail) VALUES ($1, $2, $3, $4)', [
    deviceId,
    intent.kind,
    intent.tokenId,
    JSON.stringify('detail' in intent ? intent.detail : {}),
  ]);
}

/** The bundle that is out, or the next one if there is anything to say to this (locked) device. */
export async function nextBundle(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
): Promise<OutgoingBundle | undefined> {
  const out = await bundleOut(tx, device.deviceId);
  if (out) return out;
  const intents = await waiting(tx, device.deviceId);
  const contents = [];
  for (const { intent } of intents) contents.push(...(await contentsOf(issuer, tx, intent)));
  // Outcomes before acknowledgements: what is acknowledged may be dropped.
  contents.unshift(...(await outcomesDue(tx, device.deviceId, device.nextBundleNumber)));
  if (contents.length === 0 && !(await policyIsOld(issuer, tx, device.deviceId))) {
    await assign(tx, device.deviceId, intents, null);
    return undefined;
  }
  return seal(issuer, tx, device, intents, contents);
}

/** The first bundle of a device: time and policy alone. */
export function firstBundle(issuer: Issuer, tx: Transaction, device: Device): Promise<OutgoingBundle> {
  return seal(issuer, tx, device, [], []);
}

async function seal(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  intents: readonly WaitingIntent[],
  contents: Awaited<ReturnType<typeof contentsOf>>,
): Promise<OutgoingBundle> {
  const bundleNumber = device.nextBundleNumber;
  const target = {
    deviceId: device.deviceId,
    bundleNumber: BigInt(bundleNumber),
    recipientPublicKey: device.nextOneTimePublicKey,
  };
  const bytes = await issuer.hsm.sealBundle(target, [...opening(issuer), ...contents]);
  await tx.query(
    'INSERT INTO bundles (device_id, bundle_number, bytes, bundle_hash, created_at) VALUES ($1, $2, $3, $4, $5)',
    [device.deviceId, bundleNumber, bytes, await sha256(bytes), issuer.now()],
  );
  await assign(tx, device.deviceId, intents, bundleNumber);
  await tx.query('UPDATE devices SET next_bundle_number = $2 WHERE device_id = $1', [
    device.deviceId,
    bundleNumber + 1,
  ]);
  return { bundleNumber, bytes };
}

async function bundleOut(tx: Transaction, deviceId: Uint8Array): Promise<OutgoingBundle | undefined> {
  const { rows } = await tx.query<{ bundle_number: number; bytes: Buffer }>(
    'SELECT bundle_number, bytes FROM bundles WHERE device_id = $1 AND receipt IS NULL',
    [deviceId],
  );
  return rows[0] && { bundleNumber: rows[0].bundle_number, bytes: rows[0].bytes };
}

interface WaitingIntent {
  readonly position: number;
  readonly intent: Intent;
}

async function waiting(tx: Transaction, deviceId: Uint8Array): Promise<WaitingIntent[]> {
  const { rows } = await tx.query<{ position: number; kind: string; token_id: string; detail: object }>(
    `SELECT position, kind, token_id, detail FROM bundle_intents
      WHERE device_id = $1 AND bundle_number IS NULL ORDER BY position LIMIT $2`,
    [deviceId, INTENTS_PER_BUNDLE_MAX],
  );
  return rows.map(({ position, kind, token_id, detail }) => ({
    position,
    intent: { kind, tokenId: token_id, detail } as Intent,
  }));
}

/** Marks intents as carried by a bundle; without one they were void and are dropped. */
async function assign(
  tx: Transaction,
  deviceId: Uint8Array,
  intents: readonly WaitingIntent[],
  bundleNumber: number | null,
): Promise<void> {
  if (intents.length === 0) return;
  const positions = intents.map(({ position }) => position);
  await (bundleNumber === null
    ? tx.query('DELETE FROM bundle_intents WHERE device_id = $1 AND position = ANY($2)', [
        deviceId,
        positions,
      ])
    : tx.query('UPDATE bundle_intents SET bundle_number = $3 WHERE device_id = $1 AND position = ANY($2)', [
        deviceId,
        positions,
        bundleNumber,
      ]));
}

async function policyIsOld(issuer: Issuer, tx: Transaction, deviceId: Uint8Array): Promise<boolean> {
  const oldest = new Date(issuer.now().getTime() - issuer.settings.policyRefreshMs);
  const { rows } = await tx.query<{ old: boolean }>(
    'SELECT max(created_at) < $2 AS old FROM bundles WHERE device_id = $1',
    [deviceId, oldest],
  );
  return rows[0]!.old === true;
}
