import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { issueIssuerCertificate, verifyIssuerCertificate } from '@tapseal/protocol';
import { expect, it } from 'vitest';
import { checkCertificate, demonstrationCertificate } from './issuer-certificate.ts';
import { createSoftwareHsm } from './software-hsm.ts';
import { testKeyMaterial } from './test-keys.ts';

const { issuer } = createSoftwareHsm(testKeyMaterial(), (length) => new Uint8Array(randomBytes(length)));
const now = new Date('2027-01-04T04:00:00Z');
const seconds = now.getTime() / 1000;
const sign = async () => new Uint8Array(64);
const good = { test: false, ...issuer, notBefore: seconds - 10, notAfter: seconds + 10 };

it.each([
  ['good', issueIssuerCertificate(good, sign), undefined],
  ['cut', issueIssuerCertificate(good, sign).then((bytes) => bytes.subarray(1)), 'certificate_malformed'],
  ['for tests', issueIssuerCertificate({ ...good, test: true }, sign), 'certificate_of_test_root'],
  [
    'another issuer',
    issueIssuerCertificate({ ...good, issuerId: new Uint8Array(8) }, sign),
    'certificate_of_other_keys',
  ],
  [
    'another key',
    issueIssuerCertificate({ ...good, uplinkPublicKey: new Uint8Array(32) }, sign),
    'certificate_of_other_keys',
  ],
  ['not yet', issueIssuerCertificate({ ...good, notBefore: seconds + 1 }, sign), 'certificate_not_valid_now'],
  [
    'no longer',
    issueIssuerCertificate({ ...good, notAfter: seconds - 1 }, sign),
    'certificate_not_valid_now',
  ],
])('%s', async (_, certificate, refusal) => {
  expect(checkCertificate(await certificate, issuer, now)).toBe(refusal);
});

it('a demonstration’s certificate is signed by the published test root and marked', async () => {
  const keys = JSON.parse(
    readFileSync(new URL('../../../../vectors/test-keys.json', import.meta.url), 'utf8'),
  );
  const certificate = await demonstrationCertificate(issuer, now);
  const root = Uint8Array.from(Buffer.from(keys.manufacturerRoot.ed25519PublicKey, 'hex'));
  expect(await verifyIssuerCertificate(certificate, root)).toBe(true);
  expect(checkCertificate(certificate, issuer, now)).toBe('certificate_of_test_root');
});
