/** Uplink `TSUP`: VSE → issuer, sealed to the issuer's certified key, signed by the device. docs/layouts.md §4 */

import { hasSignature, joined, SIGNATURE_LENGTH, type Sign, signed } from './digest.ts';
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
import { ENC_LENGTH, hpkeOpen, hpkeSeal } from './hpke.ts';

const DOMAIN = 'tapseal uplink v1';
const HEADER_LENGTH = 42;
/** The longest sealed body: 255 log records of 160 bytes and their envelope stay well below. */
export const UPLINK_LENGTH_MAX = 65_536;

const header = {
  magic: magic('TSUP'),
  version: version(1),
  flags: noFlags,
  deviceId: octets(16),
  uplinkNumber: u64,
  generation: u64,
  bootCount: u32,
} as const;
const headerLayout = struct(header);
const sealedFields = { enc: octets(ENC_LENGTH), ciphertext: counted(u32, UPLINK_LENGTH_MAX) } as const;
const sealedLayout = struct(sealedFields);
const layout = struct({ ...header, ...sealedFields, signature: octets(SIGNATURE_LENGTH) });

export type UplinkHeader = ValueOf<typeof header>;
export type Uplink = UplinkHeader & ValueOf<typeof sealedFields>;
export type UplinkRefusal = LayoutRefusal | 'signature_invalid';

/** Seals a body (`encodeUplinkBody`) to the issuer and signs it; for tests and tools, the VSE has its own. */
export async function sealUplink(
  head: UplinkHeader,
  body: Uint8Array,
  issuerUplinkPublicKey: Uint8Array,
  sign: Sign,
  ephemeralSeed?: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const aad = encode(headerLayout, head, 'uplink');
  const sealed = await hpkeSeal(issuerUplinkPublicKey, body, { info: uplinkInfo(head), aad }, ephemeralSeed);
  return signed(DOMAIN, joined(aad, encode(sealedLayout, sealed, 'uplink')), sign);
}

/** Reads an uplink's outside; its signature is not checked here: `verifyUplink`. */
export function parseUplink(bytes: Uint8Array): Parsed<Uplink> {
  if (bytes.length > UPLINK_LENGTH_MAX)
    return { ok: false, refusal: 'too_long', at: `uplink at ${bytes.length}` };
  return parse(layout, bytes, 'uplink');
}

/** Reads an uplink and checks the device's signature. */
export async function verifyUplink(
  bytes: Uint8Array,
  devicePublicKey: Uint8Array,
): Promise<Parsed<Uplink, UplinkRefusal>> {
  const parsed = parseUplink(bytes);
  if (!parsed.ok) return parsed;
  if (await hasSignature(DOMAIN, bytes, devicePublicKey)) return parsed;
  return {
    ok: false,
    refusal: 'signature_invalid',
    at: `uplink.signature at ${bytes.length - SIGNATURE_LENGTH}`,
  };
}

/**
 * Opens an uplink with the issuer's X25519 private key (32 bytes): the plain body, or `undefined` when it is not
 * authentic. Runs where that key lives, inside the HSM.
 */
export function openUplink(
  bytes: Uint8Array,
  uplink: Uplink,
  uplinkPrivateKey: Uint8Array,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return hpkeOpen(uplinkPrivateKey, uplink, {
    info: uplinkInfo(uplink),
    aad: bytes.subarray(0, HEADER_LENGTH),
  });
}

function uplinkInfo({ deviceId, uplinkNumber }: UplinkHeader): Uint8Array {
  return joined(Uint8Array.from(asciiBytes(DOMAIN)), deviceId, encode(u64, uplinkNumber, 'uplinkNumber'));
}
