/** Issuer certificate `TSIC`: the manufacturer names an issuer and its keys. docs/layouts.md §1 */

import { hasSignature, type Sign, signed } from './digest.ts';
import {
  encode,
  flagBit1,
  magic,
  octets,
  type Parsed,
  parse,
  struct,
  u32,
  type ValueOf,
  version,
  zeros,
} from './fields.ts';

const DOMAIN = 'tapseal issuer certificate v1';
const body = {
  magic: magic('TSIC'),
  version: version(1),
  test: flagBit1,
  issuerId: octets(8),
  ed25519PublicKey: octets(32),
  uplinkPublicKey: octets(32),
  notBefore: u32,
  notAfter: u32,
  reserved: zeros(4),
} as const;
const bodyLayout = struct(body);
const layout = struct({ ...body, signature: octets(64) });

export const ISSUER_CERTIFICATE_LENGTH = 154;

/** An issuer's certificate: keys of 32 bytes, validity in Unix seconds. */
export type IssuerCertificate = ValueOf<typeof body>;

/** Signs a certificate with the manufacturer root: 154 bytes. */
export function issueIssuerCertificate(
  certificate: IssuerCertificate,
  sign: Sign,
): Promise<Uint8Array<ArrayBuffer>> {
  return signed(DOMAIN, encode(bodyLayout, certificate, 'issuerCertificate'), sign);
}

/** Reads a certificate. Its signature is not checked here: `verifyIssuerCertificate`. */
export function parseIssuerCertificate(bytes: Uint8Array): Parsed<IssuerCertificate> {
  return parse(layout, bytes, 'issuerCertificate');
}

/** Whether `root` (the manufacturer's Ed25519 public key) signed the certificate. */
export function verifyIssuerCertificate(bytes: Uint8Array, root: Uint8Array): Promise<boolean> {
  return hasSignature(DOMAIN, bytes, root);
}
