/** Receipt `TSRC`: the VSE says what became of a bundle and names its next one-time key. docs/layouts.md §2 */

import { hasSignature, type Sign, signed } from './digest.ts';
import {
  encode,
  type LayoutRefusal,
  magic,
  noFlags,
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

const DOMAIN = 'tapseal receipt v1';
const body = {
  magic: magic('TSRC'),
  version: version(1),
  flags: noFlags,
  deviceId: octets(16),
  bundleNumber: u64,
  bundleHash: octets(32),
  generation: u64,
  status: u32,
  nextOneTimePublicKey: octets(32),
  reserved: zeros(8),
} as const;
const bodyLayout = struct(body);
const layout = struct({ ...body, signature: octets(64) });

export const RECEIPT_LENGTH = 178;

/** `status` zero: applied. Else the refusal of the kernel or of a trusted application, and nothing was applied. */
export type Receipt = ValueOf<typeof body>;

/** In order of precedence. */
export type ReceiptRefusal = LayoutRefusal | 'signature_invalid' | 'one_time_key_weak';

/** Signs a receipt with the device's key: 178 bytes. */
export function signReceipt(receipt: Receipt, sign: Sign): Promise<Uint8Array<ArrayBuffer>> {
  return signed(DOMAIN, encode(bodyLayout, receipt, 'receipt'), sign);
}

/** Reads a receipt; checks the device's signature, and that the next bundle can be sealed to the key that it names. */
export async function verifyReceipt(
  bytes: Uint8Array,
  devicePublicKey: Uint8Array,
): Promise<Parsed<Receipt, ReceiptRefusal>> {
  const parsed = parse(layout, bytes, 'receipt');
  if (!parsed.ok) return parsed;
  if (!(await hasSignature(DOMAIN, bytes, devicePublicKey))) {
    return { ok: false, refusal: 'signature_invalid', at: 'receipt.signature at 114' };
  }
  return (await canBeSealedTo(parsed.value.nextOneTimePublicKey))
    ? parsed
    : { ok: false, refusal: 'one_time_key_weak', at: 'receipt.nextOneTimePublicKey at 74' };
}
