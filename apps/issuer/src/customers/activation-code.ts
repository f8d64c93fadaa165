/**
 * Activation codes: what a customer types once to bind a device. 80 random bits in Crockford's base 32, so that a hash
 * without a salt is enough; only the hash is kept.
 */

import { createHash } from 'node:crypto';
import { done, type Outcome, refuse } from '../http/problems.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BYTES = 10;

/** A new code, `XXXX-XXXX-XXXX-XXXX`. */
export function makeActivationCode(random: (length: number) => Uint8Array): string {
  let bits = random(BYTES).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let code = '';
  for (let index = 0; index < (BYTES * 8) / 5; index++) {
    code = ALPHABET[Number(bits & 31n)] + code;
    bits >>= 5n;
  }
  return code.match(/.{4}/g)!.join('-');
}

/** What is stored and looked up. Case, dashes and the letters that Crockford reads as digits do not matter. */
export function activationCodeHash(typed: string): Uint8Array {
  const code = typed.toUpperCase().replaceAll('-', '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return createHash('sha256').update(`tapseal activation code v1 ${code}`).digest();
}

export interface ActivationCodeRow {
  readonly customerId: string;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly tries: number;
}

/** Whether a code may begin one more enrolment, and whose. */
export function decideActivation(
  row: ActivationCodeRow | undefined,
  now: Date,
  triesMax: number,
): Outcome<{ readonly customerId: string }> {
  if (!row) return refuse('activation_code_unknown');
  if (row.usedAt) return refuse('activation_code_used');
  if (row.expiresAt <= now) return refuse('activation_code_expired');
  if (row.tries >= triesMax) return refuse('activation_code_tries_exceeded');
  return done({ customerId: row.customerId });
}
