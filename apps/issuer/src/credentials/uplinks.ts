/**
 * Uplinks: signed by the device, numbered, with the generation of the state that it runs on. The secure element never
 * uses a number twice and its generation never falls. So other bytes under a number that was seen, or a later number
 * on an earlier generation, show an old state put back; the same bytes again are a repeat and show nothing.
 */

import { sameBytes, sha256, type UplinkHeader, verifyUplink } from '@tapseal/protocol';
import { done, type Outcome, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { condemnDevice, type Device } from './devices.ts';

export interface UplinkFacts {
  readonly deviceId: Uint8Array;
  readonly highestNumber: number;
  /** Of the uplink with the highest number; 0 before the first. */
  readonly highestGeneration: number;
  /** What was seen under this number before. */
  readonly seen: 'never' | 'same' | 'different';
}

/** In order of precedence. */
export function decideUplink(
  facts: UplinkFacts,
  uplink: Pick<UplinkHeader, 'deviceId' | 'uplinkNumber' | 'generation'>,
): Outcome<{ readonly number: number; readonly generation: number }> {
  if (!sameBytes(uplink.deviceId, facts.deviceId)) return refuse('uplink_wrong_device');
  const number = countOf(uplink.uplinkNumber);
  const generation = countOf(uplink.generation);
  if (number === undefined || generation === undefined) return refuse('uplink_malformed');
  if (facts.seen === 'different') return refuse('uplink_forked');
  if (facts.seen === 'same' || number <= facts.highestNumber) return refuse('uplink_repeated');
  if (generation < facts.highestGeneration) return refuse('generation_rolled_back');
  return done({ number, generation });
}

/** Counters of one device stay far below 2^53: a larger one was not counted. */
export function countOf(value: bigint): number | undefined {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

const EVIDENCE = {
  uplink_forked: 'two uplinks under one number',
  generation_rolled_back: 'an uplink of an older generation',
} as const;

/** Verifies an uplink of a locked device and notes its number. Evidence of an old state condemns the device. */
export async function acceptUplink(
  issuer: Issuer,
  tx: Transaction,
  device: Device,
  bytes: Uint8Array,
): Promise<Outcome<undefined>> {
  const verified = await verifyUplink(bytes, device.ed25519PublicKey);
  if (!verified.ok) {
    const refusal = verified.refusal === 'signature_invalid' ? 'uplink_not_authentic' : 'uplink_malformed';
    return refuse(refusal, verified.at);
  }
  const hash = await sha256(bytes);
  const facts = await readFacts(tx, device, verified.value.uplinkNumber, hash);
  const decision = decideUplink(facts, verified.value);
  if (!decision.ok) {
    const evidence = EVIDENCE[decision.refusal as keyof typeof EVIDENCE];
    if (evidence) await condemnDevice(issuer, tx, device, 'ROLLED_BACK', evidence);
    return decision;
  }
  const { number, generation } = decision.value;
  const now = issuer.now();
  await tx.query(
    `INSERT INTO uplinks (device_id, uplink_number, uplink_hash, generation, received_at) VALUES ($1, $2, $3, $4, $5)`,
    [device.deviceId, number, hash, generation, now],
  );
  await tx.query(
    `UPDATE devices SET highest_uplink_number = $2, highest_generation = greatest(highest_generation, $3),
            last_seen_at = $4 WHERE device_id = $1`,
    [device.deviceId, number, generation, now],
  );
  return done(undefined);
}

async function readFacts(
  tx: Transaction,
  { deviceId, highestUplinkNumber }: Device,
  number: bigint,
  hash: Uint8Array,
): Promise<UplinkFacts> {
  const { rows } = await tx.query<{ uplink_number: number; uplink_hash: Buffer; generation: number }>(
    'SELECT uplink_number, uplink_hash, generation FROM uplinks WHERE device_id = $1 AND uplink_number IN ($2, $3)',
    [deviceId, highestUplinkNumber, countOf(number) ?? 0],
  );
  const before = rows.find((row) => BigInt(row.uplink_number) === number);
  return {
    deviceId,
    highestNumber: highestUplinkNumber,
    highestGeneration: rows.find((row) => row.uplink_number === highestUplinkNumber)?.generation ?? 0,
    seen: before ? (sameBytes(before.uplink_hash, hash) ? 'same' : 'different') : 'never',
  };
}
