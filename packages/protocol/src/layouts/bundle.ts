/** Bundle `TSBN`: issuer → VSE, sealed to a one-time key, signed, numbered. docs/layouts.md §2 */

import { type BundleRecord, encodeBundleRecords, parseBundleRecords } from './bundle-record.ts';
import { hasSignature, joined, SIGNATURE_LENGTH, type Sign, sha256, signed } from './digest.ts';
import {
  asciiBytes,
  counted,
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
} from './fields.ts';
import { ENC_LENGTH, hpkeOpen, hpkeSeal, TAG_LENGTH } from './hpke.ts';

const DOMAIN = 'tapseal bundle v1';
const HEADER_LENGTH = 38;
const FIXED_LENGTH = 138;
export const BUNDLE_LENGTH_MAX = 32_768;
/** The longest plaintext that still fits into a bundle. */
export const BUNDLE_PLAINTEXT_MAX = BUNDLE_LENGTH_MAX - FIXED_LENGTH - TAG_LENGTH;

const header = {
  magic: magic('TSBN'),
  version: version(1),
  flags: noFlags,
  deviceId: octets(16),
  bundleNumber: u64,
  recipientKeyId: octets(8),
} as const;
const headerLayout = struct(header);
const sealedFields = {
  enc: octets(ENC_LENGTH),
  ciphertext: counted(u32, BUNDLE_LENGTH_MAX - FIXED_LENGTH),
} as const;
const sealedLayout = struct(sealedFields);
const layout = struct({ ...header, ...sealedFields, signature: octets(SIGNATURE_LENGTH) });

/** A bundle as it travels: nothing in it is readable without the device's one-time key. */
export type Bundle = ValueOf<typeof header> & ValueOf<typeof sealedFields>;

export interface BundleTarget {
  readonly deviceId: Uint8Array;
  readonly bundleNumber: bigint;
  /** The device's one-time X25519 public key (32 bytes), from its statement or its last receipt. */
  readonly recipientPublicKey: Uint8Array;
}

/**
 * Seals records for one device and signs them: at most 32,768 bytes. `ephemeralSeed` is for published vectors alone
 * (see `hpkeSeal`).
 */
export async function sealBundle(
  target: BundleTarget,
  records: readonly BundleRecord[],
  sign: Sign,
  ephemeralSeed?: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const { deviceId, bundleNumber, recipientPublicKey } = target;
  const recipientKeyId = await oneTimeKeyId(recipientPublicKey);
  const head = encode(headerLayout, { deviceId, bundleNumber, recipientKeyId }, 'bundle');
  const plaintext = encodeBundleRecords(records);
  if (plaintext.length > BUNDLE_PLAINTEXT_MAX)
    throw new RangeError(`bundle: ${plaintext.length} bytes of records`);
  try {
    const binding = { info: bundleInfo(deviceId, bundleNumber), aad: head };
    const sealed = await hpkeSeal(recipientPublicKey, plaintext, binding, ephemeralSeed);
    return await signed(DOMAIN, joined(head, encode(sealedLayout, sealed, 'bundle')), sign);
  } finally {
    plaintext.fill(0);
  }
}

/** Reads a bundle's outside. Its signature is not checked here: `openBundle`. */
export function parseBundle(bytes: Uint8Array): Parsed<Bundle> {
  if (bytes.length > BUNDLE_LENGTH_MAX)
    return { ok: false, refusal: 'too_long', at: `bundle at ${bytes.length}` };
  return parse(layout, bytes, 'bundle');
}

export type BundleRefusal = LayoutRefusal | 'signature_invalid' | 'wrong_recipient' | 'not_authentic';

/** Opens a bundle as a device would; for tests and tools, the VSE has its own reading. */
export async function openBundle(
  bytes: Uint8Array,
  issuerPublicKey: Uint8Array,
  oneTimeKey: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array },
): Promise<Parsed<{ bundle: Bundle; records: BundleRecord[] }, BundleRefusal>> {
  const parsed = parseBundle(bytes);
  if (!parsed.ok) return parsed;
  const bundle = parsed.value;
  if (!(await hasSignature(DOMAIN, bytes, issuerPublicKey))) {
    return {
      ok: false,
      refusal: 'signature_invalid',
      at: `bundle.signature at ${bytes.length - SIGNATURE_LENGTH}`,
    };
  }
  const expectedKeyId = await oneTimeKeyId(oneTimeKey.publicKey);
  if (expectedKeyId.some((byte, index) => byte !== bundle.recipientKeyId[index])) {
    return { ok: false, refusal: 'wrong_recipient', at: 'bundle.recipientKeyId at 30' };
  }
  const plaintext = await hpkeOpen(oneTimeKey.privateKey, bundle, {
    info: bundleInfo(bundle.deviceId, bundle.bundleNumber),
    aad: bytes.subarray(0, HEADER_LENGTH),
  });
  if (!plaintext) return { ok: false, refusal: 'not_authentic', at: 'bundle.ciphertext at 74' };
  const records = parseBundleRecords(plaintext);
  return records.ok ? { ok: true, value: { bundle, records: records.value } } : records;
}

/** The first 8 bytes of SHA-256(one-time public key). */
export async function oneTimeKeyId(publicKey: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return (await sha256(publicKey)).slice(0, 8);
}

function bundleInfo(deviceId: Uint8Array, bundleNumber: bigint): Uint8Array {
  return joined(Uint8Array.from(asciiBytes(DOMAIN)), deviceId, encode(u64, bundleNumber, 'bundleNumber'));
}
