/** Who the bank's customers are, and how a device of theirs gets an activation code. */

import { uuidText } from '@tapseal/protocol';
import { appendAudit } from '../audit/append.ts';
import { done, type Outcome, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { activationCodeHash, makeActivationCode } from './activation-code.ts';

/** A random (version 4) UUID, RFC 9562. */
export function newUuid(random: (length: number) => Uint8Array): string {
  const bytes = random(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidText(bytes);
}

export async function createCustomer(
  issuer: Issuer,
  tx: Transaction,
  name: string,
  customerId: string = newUuid(issuer.hsm.random),
): Promise<Outcome<{ customerId: string }>> {
  await tx.query('INSERT INTO customers (customer_id, name) VALUES ($1, $2)', [customerId, name]);
  await appendAudit(tx, issuer.now(), {
    actor: 'operator',
    action: 'customer.created',
    subject: `customer ${customerId}`,
  });
  return done({ customerId });
}

/** A code for one customer: given out once, in this answer; kept as a hash. */
export async function issueActivationCode(
  issuer: Issuer,
  tx: Transaction,
  customerId: string,
): Promise<Outcome<{ activationCode: string; expiresAt: string }>> {
  const { rowCount } = await tx.query('SELECT 1 FROM customers WHERE customer_id = $1', [customerId]);
  if (!rowCount) return refuse('customer_unknown');
  const activationCode = makeActivationCode(issuer.hsm.random);
  const expiresAt = new Date(issuer.now().getTime() + issuer.settings.activationCodeValidMs);
  await tx.query('INSERT INTO activation_codes (code_hash, customer_id, expires_at) VALUES ($1, $2, $3)', [
    activationCodeHash(activationCode),
    customerId,
    expiresAt,
  ]);
  await appendAudit(tx, issuer.now(), {
    actor: 'operator',
    action: 'activation_code.issued',
    subject: `customer ${customerId}`,
  });
  return done({ activationCode, expiresAt: expiresAt.toISOString() });
}
