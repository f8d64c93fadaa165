/**
 * Every shape of case that this package judges: one table. The first shape that fits judges the case.
 */

import { runCvc3, runDcvv } from './card-codes.ts';
import type { VectorCase } from './case.ts';
import { runCaPublicKey, runIssuerCertificate } from './certificates.ts';
import { runBlockCipher, runKeyCheckValue } from './ciphers.ts';
import type { Outcome } from './comparison.ts';
import { runApplicationCryptogram, runArpc } from './cryptograms.ts';
import {
  ascii,
  digits,
  type FieldReader,
  Fields,
  type FieldValue,
  hex,
  label,
  pan,
  tagged,
} from './fields.ts';
import { runIccMasterKey, runSessionKey } from './key-derivation.ts';
import { runMac } from './mac.ts';
import { runTwoCryptograms } from './two-cryptograms.ts';

export type Shape = {
  readonly name: string;
  /** Each entry must be there; `a|b` is a choice. */
  readonly required: readonly string[];
  /** Every field that may be there, and how it is read. */
  readonly fields: ReadonlyMap<string, FieldReader>;
  readonly run: (fields: Fields) => Outcome;
};

const DERIVATION = { option: label, imk: hex, pan, psn: digits, algorithm: label } as const;

function shape(
  name: string,
  required: readonly string[],
  fields: Readonly<Record<string, FieldReader>>,
  run: Shape['run'],
): Shape {
  return { name, required, fields: new Map(Object.entries(fields)), run };
}

/** The first shape that fits judges the case: those with a telling result field before the bare derivations. */
export const SHAPES: readonly Shape[] = [
  shape(
    'applicationCryptogram',
    ['ac', 'data|fields', 'sk|key|mk|imk'],
    {
      ...DERIVATION,
      ...{ key: hex, mk: hex, sk: hex, kcv: hex, method: label, r: hex, atc: hex, un: hex },
      ...{ data: hex, fields: tagged, padding: label, ac: hex },
    },
    runApplicationCryptogram,
  ),
  shape(
    'arpc',
    ['arpc', 'arqc', 'arc|csu', 'sk|key|mk'],
    {
      ...{ key: hex, mk: hex, sk: hex, method: label, algorithm: label, arqc: hex, arc: hex, csu: hex },
      ...{ proprietaryAuthenticationData: hex, arpc: hex },
    },
    runArpc,
  ),
  shape(
    'cvc3',
    [
      'atc',
      'un',
      'trackTemplate|trackTemplateAscii',
      'imk|mk|key',
      'ivCvc3|cvc3|cvc3Last3|cvc3Last4|cvc3Last5',
    ],
    {
      ...DERIVATION,
      ...{ key: hex, mk: hex, kcv: hex, track: label, trackTemplate: hex, trackTemplateAscii: ascii },
      ...{
        atc: hex,
        un: hex,
        ivCvc3: hex,
        cvc3: digits,
        cvc3Last3: digits,
        cvc3Last4: digits,
        cvc3Last5: digits,
      },
    },
    runCvc3,
  ),
  shape(
    'dcvv',
    ['pan', 'serviceCode', 'expiry|expiryDate|expirationDate', 'imk|mk|key', 'dcvv|cvv'],
    {
      ...DERIVATION,
      ...{ key: hex, mk: hex, kcv: hex, atc: hex, serviceCode: digits, dcvv: digits, cvv: digits },
      ...{ expiry: digits, expiryDate: digits, expirationDate: digits },
    },
    runDcvv,
  ),
  shape(
    'twoCryptograms',
    ['profile', 'imkMd', 'imkUmd', 'token', 'fields', 'ac|umd|verdict'],
    {
      ...{ profile: label, imkMd: hex, imkUmd: hex, token: pan, psn: digits, fields: tagged },
      ...{ mkMd: hex, mkUmd: hex, skMd: hex, skUmd: hex, umd: hex, ac: hex, verdict: label },
    },
    runTwoCryptograms,
  ),
  shape(
    'mac',
    ['mac', 'key', 'data|ascii'],
    { key: hex, data: hex, ascii, algorithm: label, padding: label, mac: hex },
    runMac,
  ),
  shape(
    'sessionKey',
    ['mk', 'r|atc', 'sk|kcv'],
    { mk: hex, r: hex, atc: hex, un: hex, method: label, algorithm: label, sk: hex, kcv: hex },
    runSessionKey,
  ),
  shape('iccMasterKey', ['imk', 'pan', 'mk|kcv'], { ...DERIVATION, mk: hex, kcv: hex }, runIccMasterKey),
  shape(
    'caPublicKey',
    ['rid', 'caIndex', 'caModulus', 'caExponent', 'caChecksum'],
    { rid: hex, caIndex: hex, caModulus: hex, caExponent: hex, caChecksum: hex },
    runCaPublicKey,
  ),
  shape(
    'issuerCertificate',
    ['caModulus', 'caExponent', 'certificate', 'exponent', 'pan', 'date', 'verdict'],
    {
      ...{ caModulus: hex, caExponent: hex, certificate: hex, remainder: hex, exponent: hex, modulus: hex },
      ...{ pan, date: digits, verdict: label },
    },
    runIssuerCertificate,
  ),
  shape(
    'blockCipher',
    ['key', 'plaintext', 'ciphertext', 'algorithm'],
    { key: hex, plaintext: hex, ascii, ciphertext: hex, iv: hex, algorithm: label },
    runBlockCipher,
  ),
  shape(
    'keyCheckValue',
    ['key', 'kcv'],
    { key: hex, kcv: hex, algorithm: label, method: label },
    runKeyCheckValue,
  ),
];

/** Fields that say something to people only. */
const REMARK_FIELDS: readonly string[] = ['id', 'source', 'scheme', 'note', 'comment', 'description'];

/** The case's fields, when it has this shape; as text, which of them is not what the shape takes. */
export function fieldsFor(shape: Shape, vector: VectorCase): Fields | string | undefined {
  // A field that is null is one that the case does not have.
  const present = Object.keys(vector).filter(
    (name) => !REMARK_FIELDS.includes(name) && vector[name] !== null,
  );
  const complete = shape.required.every((choice) => choice.split('|').some((name) => present.includes(name)));
  if (!complete || !present.every((name) => shape.fields.has(name))) return undefined;
  const fields = new Map<string, FieldValue>();
  for (const name of present) {
    const value = shape.fields.get(name)!(vector[name]);
    if (value === undefined) return `${name} is not what this shape takes`;
    fields.set(name, value);
  }
  return new Fields(fields);
}
