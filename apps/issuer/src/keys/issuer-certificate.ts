/**
 * The issuer's certificate: a demonstration signs its own with the published manufacturer test root; a live issuer brings
 * the one that the manufacturer has signed for its keys.
 */

import { createPrivateKey, sign as signWith } from 'node:crypto';
import { issueIssuerCertificate, parseIssuerCertificate, sameBytes } from '@tapseal/protocol';
import type { Hsm } from './hsm.ts';
import { manufacturerTestRoot } from './test-keys.ts';

const DAY_SECONDS = 86_400;
const DEMONSTRATION_VALID_DAYS = 3_650;
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A certificate that only kernels which trust the test root accept. */
export function demonstrationCertificate(issuer: Hsm['issuer'], now: Date): Promise<Uint8Array> {
  const der = Buffer.concat([PKCS8_ED25519, manufacturerTestRoot()]);
  const root = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const seconds = Math.floor(now.getTime() / 1000);
  return issueIssuerCertificate(
    {
      test: true,
      issuerId: issuer.issuerId,
      ed25519PublicKey: issuer.ed25519PublicKey,
      uplinkPublicKey: issuer.uplinkPublicKey,
      notBefore: seconds - DAY_SECONDS,
      notAfter: seconds + DEMONSTRATION_VALID_DAYS * DAY_SECONDS,
    },
    async (message) => signWith(null, message, root),
  );
}

export type CertificateRefusal =
  | 'certificate_malformed'
  | 'certificate_of_test_root'
  | 'certificate_of_other_keys'
  | 'certificate_not_valid_now';

/** What speaks against a live issuer's certificate, in order of precedence. The root's signature is the devices' to check. */
export function checkCertificate(
  bytes: Uint8Array,
  issuer: Hsm['issuer'],
  now: Date,
): CertificateRefusal | undefined {
  const parsed = parseIssuerCertificate(bytes);
  if (!parsed.ok) return 'certificate_malformed';
  const certificate = parsed.value;
  if (certificate.test) return 'certificate_of_test_root';
  const ours =
    sameBytes(certificate.issuerId, issuer.issuerId) &&
    sameBytes(certificate.ed25519PublicKey, issuer.ed25519PublicKey) &&
    sameBytes(certificate.uplinkPublicKey, issuer.uplinkPublicKey);
  if (!ours) return 'certificate_of_other_keys';
  const seconds = now.getTime() / 1000;
  return seconds < certificate.notBefore || seconds > certificate.notAfter
    ? 'certificate_not_valid_now'
    : undefined;
}
