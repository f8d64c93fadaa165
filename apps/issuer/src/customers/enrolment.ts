/**
 * Binding a device: an activation code begins it, the device's signed statement completes it. The statement may be sent
 * again (the answer got lost) and gets the same credential and the same first bundle.
 */

import {
  type StatementRefusal,
  sameBytes,
  sha256,
  uuidText,
  verifyEnrolmentStatement,
} from '@tapseal/protocol';
import { appendAudit } from '../audit/append.ts';
import { firstBundle } from '../credentials/bundle-queue.ts';
import { credentialHash, type Device } from '../credentials/devices.ts';
import { countOf } from '../credentials/uplinks.ts';
import { done, type Outcome, type Refusal, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { activationCodeHash, decideActivation } from './activation-code.ts';
import { newUuid } from './customers.ts';

export interface Enrolment {
  readonly enrolmentId: string;
  readonly nonce: Uint8Array;
}

export async function beginEnrolment(
  issuer: Issuer,
  tx: Transaction,
  activationCode: string,
): Promise<Outcome<Enrolment>> {
  const hash = activationCodeHash(activationCode);
  const { rows } = await tx.query(
    `SELECT customer_id AS "customerId", expires_at AS "expiresAt", used_at AS "usedAt", tries
       FROM activation_codes WHERE code_hash = $1 FOR UPDATE`,
    [hash],
  );
  const now = issuer.now();
  const decision = decideActivation(rows[0], now, issuer.settings.activationCodeTriesMax);
  if (!decision.ok) return decision;
  const enrolmentId = newUuid(issuer.hsm.random);
  const nonce = issuer.hsm.random(32);
  await tx.query('UPDATE activation_codes SET tries = tries + 1 WHERE code_hash = $1', [hash]);
  await tx.query(
    'INSERT INTO enrolments (enrolment_id, customer_id, code_hash, nonce, expires_at) VALUES ($1, $2, $3, $4, $5)',
    [
      enrolmentId,
      decision.value.customerId,
      hash,
      nonce,
      new Date(now.getTime() + issuer.settings.enrolmentValidMs),
    ],
  );
  return done({ enrolmentId, nonce });
}

export interface EnrolledDevice {
  readonly deviceId: Uint8Array;
  readonly credential: string;
  readonly bundle: Uint8Array;
}

export async function completeEnrolment(
  issuer: Issuer,
  tx: Transaction,
  enrolmentId: string,
  statementBytes: Uint8Array,
): Promise<Outcome<EnrolledDevice>> {
  const { rows } = await tx.query<EnrolmentRow>(
    `SELECT customer_id, code_hash, nonce, expires_at, statement_hash, device_id
       FROM enrolments WHERE enrolment_id = $1 FOR UPDATE`,
    [enrolmentId],
  );
  const enrolment = rows[0];
  if (!enrolment) return refuse('enrolment_unknown');
  const statementHash = await sha256(statementBytes);
  // Before the expiry: a phone whose answer got lost may ask again when it is back in the network, and could never
  // enrol in another way, because its name is taken.
  if (enrolment.statement_hash) {
    return sameBytes(enrolment.statement_hash, statementHash)
      ? done(await answerAgain(issuer, tx, enrolmentId, enrolment.device_id!))
      : refuse('enrolment_completed');
  }
  if (enrolment.expires_at <= issuer.now()) return refuse('enrolment_expired');

  const verified = await verifyEnrolmentStatement(statementBytes, enrolment.nonce);
  if (!verified.ok) return refuse(STATEMENT_REFUSALS[verified.refusal] ?? 'statement_malformed', verified.at);
  const statement = verified.value;
  const generation = countOf(statement.generation);
  if (generation === undefined) return refuse('statement_malformed', 'enrolmentStatement.generation at 122');
  // A kernel that trusts the published test root would take bundles from anybody.
  if (statement.trustsTestRoot && issuer.hsm.kind === 'live') return refuse('test_kernel_refused');

  const used = await tx.query(
    'UPDATE activation_codes SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL',
    [enrolment.code_hash, issuer.now()],
  );
  if (!used.rowCount) return refuse('activation_code_used');

  const credential = issuer.hsm.deviceCredential(enrolmentId, statement.deviceId);
  const inserted = await tx.query(
    `INSERT INTO devices (device_id, customer_id, ed25519_public_key, next_one_time_public_key, highest_generation,
            kernel_version, credential_hash, last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (device_id) DO NOTHING`,
    [
      statement.deviceId,
      enrolment.customer_id,
      statement.ed25519PublicKey,
      statement.oneTimePublicKey,
      generation,
      statement.kernelVersion,
      credentialHash(credential),
      issuer.now(),
    ],
  );
  if (!inserted.rowCount) return refuse('device_already_enrolled');
  await tx.query('UPDATE enrolments SET statement_hash = $2, device_id = $3 WHERE enrolment_id = $1', [
    enrolmentId,
    statementHash,
    statement.deviceId,
  ]);
  const device: Device = {
    deviceId: statement.deviceId,
    customerId: enrolment.customer_id,
    ed25519PublicKey: statement.ed25519PublicKey,
    nextOneTimePublicKey: statement.oneTimePublicKey,
    nextBundleNumber: 1,
    highestUplinkNumber: 0,
    state: 'ACTIVE',
  };
  const { bytes } = await firstBundle(issuer, tx, device);
  await appendAudit(tx, issuer.now(), {
    actor: `customer ${enrolment.customer_id}`,
    action: 'device.enrolled',
    subject: `device ${uuidText(statement.deviceId)}`,
    detail: { kernelVersion: statement.kernelVersion, trustsTestRoot: statement.trustsTestRoot },
  });
  return done({ deviceId: statement.deviceId, credential, bundle: bytes });
}

interface EnrolmentRow {
  readonly customer_id: string;
  readonly code_hash: Buffer;
  readonly nonce: Buffer;
  readonly expires_at: Date;
  readonly statement_hash: Buffer | null;
  readonly device_id: Buffer | null;
}

const STATEMENT_REFUSALS: Partial<Record<StatementRefusal, Refusal>> = {
  device_id_mismatch: 'statement_not_authentic',
  signature_invalid: 'statement_not_authentic',
  nonce_mismatch: 'statement_nonce_mismatch',
};

async function answerAgain(
  issuer: Issuer,
  tx: Transaction,
  enrolmentId: string,
  deviceId: Uint8Array,
): Promise<EnrolledDevice> {
  const { rows } = await tx.query<{ bytes: Buffer }>(
    'SELECT bytes FROM bundles WHERE device_id = $1 AND bundle_number = 1',
    [deviceId],
  );
  return { deviceId, credential: issuer.hsm.deviceCredential(enrolmentId, deviceId), bundle: rows[0]!.bytes };
}
