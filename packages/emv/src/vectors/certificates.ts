/**
 * Cases of authority keys and issuer certificates.
 */
import { caChecksum, verifyIssuerCertificate } from '../crypto/public-key-certificate.ts';
import { compared, comparedText, type Outcome } from './comparison.ts';
import type { Fields } from './fields.ts';

export function runCaPublicKey(fields: Fields): Outcome {
  const [rid, index] = [fields.bytes('rid')!, fields.bytes('caIndex')!];
  if (rid.length !== 5 || index.length !== 1) return 'rid is not five bytes, or the index not one';
  const key = { modulus: fields.bytes('caModulus')!, exponent: fields.bytes('caExponent')! };
  const checksum = caChecksum({ rid, index: index[0]!, ...key });
  return [compared('caChecksum', fields.bytes('caChecksum')!, checksum)];
}

export function runIssuerCertificate(fields: Fields): Outcome {
  const date = fields.text('date')!;
  if (date.length !== 6) return 'date is not YYMMDD';
  const result = verifyIssuerCertificate(
    { modulus: fields.bytes('caModulus')!, exponent: fields.bytes('caExponent')! },
    {
      certificate: fields.bytes('certificate')!,
      remainder: fields.bytes('remainder') ?? new Uint8Array(0),
      exponent: fields.bytes('exponent')!,
    },
    { pan: fields.pan('pan')!, date },
  );
  const verdict = comparedText('verdict', fields.text('verdict')!, result.ok ? 'accepted' : result.refusal);
  const modulus = fields.bytes('modulus');
  if (modulus === undefined) return [verdict];
  return [verdict, compared('modulus', modulus, result.ok ? result.value.modulus : new Uint8Array(0))];
}
