/** Enrolment statement `TSEN`: a device's first words, signed by the key that names it. docs/layouts.md §1 */

import { deviceIdOf, hasSignature, type Sign, sameBytes, signed } from './digest.ts';
import {
  encode,
  flagBit1,
  type LayoutRefusal,
  magic,
  octets,
  type Parsed,
  parse,
  struct,
  u32,
  u64,
  type ValueOf,
  version,
  zeros,
} from './fields.ts';
import { canBeSealedTo } from './hpke.ts';

const DOMAIN = 'tapseal enrolment v1';
const body = {
  magic: magic('TSEN'),
  version: version(1),
  trustsTestRoot: flagBit1,
  deviceId: octets(16),
  ed25519PublicKey: octets(32),
  oneTimePublicKey: octets(32),
  kernelVersion: u32,
  nonce: octets(32),
  generation: u64,
  reserved: zeros(12),
} as const;
const bodyLayout = struct(body);
const layout = struct({ ...body, signature: octets(64) });

export const ENROLMENT_STATEMENT_LENGTH = 206;

export type EnrolmentStatement = ValueOf<typeof body>;

/** Refusals of a statement, in order of precedence. */
export type StatementRefusal =
  | LayoutRefusal
  | 'device_id_mismatch'
  | 'signature_invalid'
  | 'nonce_mismatch'
  | 'one_time_key_weak';

/** Signs a statement with the device's key: 206 bytes. */
export function signEnrolmentStatement(
  statement: EnrolmentStatement,
  sign: Sign,
): Promise<Uint8Array<ArrayBuffer>> {
  return signed(DOMAIN, encode(bodyLayout, statement, 'enrolmentStatement'), sign);
}

/**
 * Reads a statement and checks that the key in it names the device, signed it, and answered `nonce` (32 bytes), and that
 * a bundle can be sealed to its one-time key.
 */
export async function verifyEnrolmentStatement(
  bytes: Uint8Array,
  nonce: Uint8Array,
): Promise<Parsed<EnrolmentStatement, StatementRefusal>> {
  const parsed = parse(layout, bytes, 'enrolmentStatement');
  if (!parsed.ok) return parsed;
  const { deviceId, ed25519PublicKey } = parsed.value;
  if (!sameBytes(deviceId, await deviceIdOf(ed25519PublicKey))) {
    return { ok: false, refusal: 'device_id_mismatch', at: 'enrolmentStatement.deviceId at 6' };
  }
  if (!(await hasSignature(DOMAIN, bytes, ed25519PublicKey))) {
    return { ok: false, refusal: 'signature_invalid', at: 'enrolmentStatement.signature at 142' };
  }
  if (!sameBytes(parsed.value.nonce, nonce)) {
    return { ok: false, refusal: 'nonce_mismatch', at: 'enrolmentStatement.nonce at 90' };
  }
  if (!(await canBeSealedTo(parsed.value.oneTimePublicKey))) {
    return { ok: false, refusal: 'one_time_key_weak', at: 'enrolmentStatement.oneTimePublicKey at 54' };
  }
  return parsed;
}
