import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type CaPublicKey,
  type CdaContent,
  type CdaTransaction,
  type Certificate,
  type CertificateContext,
  caChecksum,
  concat,
  encodeTlv,
  findCaKey,
  fromHex,
  issueIccCertificate,
  issueIssuerCertificate,
  Pan,
  parseTlv,
  type RsaPublicKey,
  recoverBlock,
  rsaPublicKey,
  signBlock,
  signCda,
  staticDataToBeAuthenticated,
  type Tlv,
  tlv,
  toHex,
  transactionDataHash,
  verifyCda,
  verifyIccCertificate,
  verifyIssuerCertificate,
} from '../src/index.ts';

const PAN = Pan.parse('5350990012345671')!;
const RID = fromHex('F054415053');
const AID = fromHex('F05441505345414C02');
const SERIAL = fromHex('000017');

function keyPair(bits: number, publicExponent: 3 | 65537) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent });
  return { privateKey, publicKey: rsaPublicKey(publicKey) };
}

// A whole chain with keys of its own, once for each way that a modulus can be spread: with and without remainder.
const CHAINS = [
  { name: 'keys that leave a remainder, exponent 3', ca: 1408, issuer: 1408, icc: 1152, exponent: 3 },
  { name: 'keys that fit whole, exponent 65537', ca: 1984, issuer: 1280, icc: 768, exponent: 65537 },
] as const;

const STATIC_DATA = encodeTlv(tlv(0x5a, PAN.toCn()), tlv(0x5f24, fromHex('281231')));

describe.each(CHAINS)('$name', ({ ca: caBits, issuer: issuerBits, icc: iccBits, exponent }) => {
  const ca = keyPair(caBits, exponent);
  const issuer = keyPair(issuerBits, exponent);
  const icc = keyPair(iccBits, exponent);
  const context: CertificateContext = { pan: PAN, date: '261123' };

  const content = (publicKey: RsaPublicKey, expiryMmyy = '1228') => ({
    expiryMmyy,
    serial: SERIAL,
    publicKey,
  });
  const issuerCertificate = issueIssuerCertificate(
    ca.privateKey,
    ca.publicKey,
    '535099',
    content(issuer.publicKey),
  );
  const iccCertificate = issueIccCertificate(
    issuer.privateKey,
    issuer.publicKey,
    PAN,
    STATIC_DATA,
    content(icc.publicKey),
  );

  it('a terminal goes from the authority over the issuer to the card', () => {
    const key: Omit<CaPublicKey, 'checksum'> = { rid: RID, index: 0x92, ...ca.publicKey };
    const table = [{ ...key, checksum: caChecksum(key) }];
    const found = findCaKey(table, AID, 0x92);
    if (!found.ok) throw new Error(found.refusal);
    const issuerKey = verifyIssuerCertificate(found.value, issuerCertificate, context);
    if (!issuerKey.ok) throw new Error(issuerKey.refusal);
    expect(toHex(issuerKey.value.modulus)).toBe(toHex(issuer.publicKey.modulus));
    const iccKey = verifyIccCertificate(issuerKey.value, iccCertificate, STATIC_DATA, context);
    if (!iccKey.ok) throw new Error(iccKey.refusal);
    expect(toHex(iccKey.value.modulus)).toBe(toHex(icc.publicKey.modulus));
    expect(toHex(iccKey.value.exponent)).toBe(exponent === 3 ? '03' : '010001');
  });

  it('a certificate is as long as its signer’s modulus, and the rest of the key is the remainder', () => {
    expect(issuerCertificate.certificate.length).toBe(caBits / 8);
    expect(iccCertificate.certificate.length).toBe(issuerBits / 8);
    expect(issuerCertificate.remainder.length).toBe(Math.max(0, issuerBits / 8 - (caBits / 8 - 36)));
    expect(iccCertificate.remainder.length).toBe(Math.max(0, iccBits / 8 - (issuerBits / 8 - 42)));
  });

  it('no bit of a certificate, its remainder or its exponent can be turned', () => {
    const reasons = new Set<string>();
    for (const part of ['certificate', 'remainder', 'exponent'] as const) {
      for (let bit = 0; bit < iccCertificate[part].length * 8; bit++) {
        const turned = { ...iccCertificate, [part]: withBit(iccCertificate[part], bit) };
        const result = verifyIccCertificate(issuer.publicKey, turned, STATIC_DATA, context);
        expect(result.ok).toBe(false);
        if (!result.ok) reasons.add(result.refusal);
      }
    }
    expect([...reasons]).toContain('signature_trailer');
    expect([...reasons]).toContain('certificate_hash');
  });

  it('the card’s certificate covers its static data to the last bit', () => {
    for (let bit = 0; bit < STATIC_DATA.length * 8; bit++) {
      const result = verifyIccCertificate(
        issuer.publicKey,
        iccCertificate,
        withBit(STATIC_DATA, bit),
        context,
      );
      expect(result.ok ? 'accepted' : result.refusal).toBe('certificate_hash');
    }
  });

  it('a certificate of one kind does not pass for the other', () => {
    const asIcc = verifyIccCertificate(ca.publicKey, issuerCertificate, new Uint8Array(0), context);
    expect(asIcc.ok ? 'accepted' : asIcc.refusal).toBe('certificate_format');
    const asIssuer = verifyIssuerCertificate(issuer.publicKey, iccCertificate, context);
    expect(asIssuer.ok ? 'accepted' : asIssuer.refusal).toBe('certificate_format');
  });

  // biome-ignore format: one refusal a line, in order of the steps of Book 2 §5.3
  const refused: readonly [why: string, change: () => [Partial<Certificate>, Partial<CertificateContext>], reason: string][] = [
    ['cut by a byte',                () => [{ certificate: issuerCertificate.certificate.subarray(1) }, {}], 'signature_length'],
    ['not below the modulus',        () => [{ certificate: ca.publicKey.modulus }, {}],                      'signature_value'],
    ['signed by somebody else',      () => [{ certificate: signedByAnother(caBits, issuerCertificate) }, {}], 'signature_(trailer|header)'],
    ['another remainder',            () => [{ remainder: concat(issuerCertificate.remainder, fromHex('00')) }, {}], 'certificate_hash'],
    ['another exponent',             () => [{ exponent: fromHex('11') }, {}],                                'certificate_hash'],
    ['a card of another issuer',     () => [{}, { pan: Pan.parse('5350980012345671')! }],                    'certificate_identifier'],
    ['a month after its last',       () => [{}, { date: '290101' }],                                         'certificate_expired'],
    ['on the revocation list',       () => [{}, { revoked: (serial) => toHex(serial) === '000017' }],        'certificate_revoked'],
  ];
  it.each(refused)('issuer certificate, %s', (_why, change, reason) => {
    const [card, other] = change();
    const result = verifyIssuerCertificate(
      ca.publicKey,
      { ...issuerCertificate, ...card },
      { ...context, ...other },
    );
    expect(result.ok ? 'accepted' : result.refusal).toMatch(new RegExp(`^${reason}$`));
  });

  it('is good to the last day of its month, and in no month that does not exist', () => {
    const check = (expiryMmyy: string, date: string) => {
      const card = issueIssuerCertificate(
        ca.privateKey,
        ca.publicKey,
        '535099',
        content(issuer.publicKey, expiryMmyy),
      );
      const result = verifyIssuerCertificate(ca.publicKey, card, { ...context, date });
      return result.ok ? 'accepted' : result.refusal;
    };
    expect(check('1126', '261130')).toBe('accepted');
    expect(check('1126', '261201')).toBe('certificate_expired');
    expect(check('1226', '270101')).toBe('certificate_expired');
    expect(check('0100', '991231')).toBe('accepted'); // 2000 follows 1999
    expect(check('1299', '000101')).toBe('certificate_expired');
    expect(check('1326', '261123')).toBe('certificate_expired');
  });

  it('is not the certificate of another card', () => {
    const other = Pan.parse('5350990012345689')!;
    const result = verifyIccCertificate(issuer.publicKey, iccCertificate, STATIC_DATA, {
      ...context,
      pan: other,
    });
    expect(result.ok ? 'accepted' : result.refusal).toBe('certificate_identifier');
  });

  it('signed contents that break the form are refused by name', () => {
    const { value: good } = recoverBlock(ca.publicKey, issuerCertificate.certificate) as {
      value: { message: Uint8Array };
    };
    // Positions inside the message: format 0, identifier 1–4, expiry 5–6, serial 7–9, then one byte each.
    const forged = (at: number, byte: number, remainder = issuerCertificate.remainder) => {
      const message = good.message.slice();
      message[at] = byte;
      const { exponent } = issuerCertificate;
      const certificate = signBlock(ca.privateKey, message, remainder, exponent);
      const result = verifyIssuerCertificate(ca.publicKey, { certificate, remainder, exponent }, context);
      return result.ok ? 'accepted' : result.refusal;
    };
    expect(forged(0, 0x04)).toBe('certificate_format');
    expect(forged(10, 0x02)).toBe('certificate_hash_algorithm');
    expect(forged(11, 0x02)).toBe('certificate_key_algorithm');
    expect(forged(12, 0x10)).toBe('certificate_key_length');
    expect(forged(13, 0x02)).toBe('certificate_exponent');
    expect(forged(12, issuerBits / 8, concat(issuerCertificate.remainder, fromHex('00')))).toBe(
      'certificate_key_length',
    );
    if (issuerCertificate.remainder.length === 0) {
      expect(forged(good.message.length - 1, 0x00)).toBe('certificate_key_length'); // fill that is not BB
    }
  });

  describe('CDA', () => {
    const un = fromHex('1A2B3C4D');
    const cdaContent: CdaContent = {
      idn: fromHex('0011223344556677'),
      cid: 0x80,
      cryptogram: fromHex('A1A2A3A4A5A6A7A8'),
    };
    const transaction: CdaTransaction = {
      pdolValues: fromHex('00000000045007020702'),
      cdol1Values: fromHex('000000000450000000000000'),
      response: responseOf('9F2701809F3602001C9F10020115'),
    };
    const signature = signCda(icc.privateKey, icc.publicKey, cdaContent, transaction, un);
    const verified = (
      sdad = signature,
      cid = 0x80,
      change: Partial<CdaTransaction> = {},
      unpredictable = un,
    ) => {
      const result = verifyCda(icc.publicKey, sdad, cid, { ...transaction, ...change }, unpredictable);
      return result.ok ? 'accepted' : result.refusal;
    };

    it('gives the terminal the cryptogram that the card signed', () => {
      expect(verifyCda(icc.publicKey, signature, 0x80, transaction, un)).toEqual({
        ok: true,
        value: cdaContent,
      });
    });

    it('the signature itself, wherever it stands in the response, is not under the hash', () => {
      const response = responseOf(`9F270180${toHex(encodeTlv(tlv(0x9f4b, signature)))}9F3602001C9F10020115`);
      expect(toHex(transactionDataHash({ ...transaction, response }))).toBe(
        toHex(transactionDataHash(transaction)),
      );
      expect(verified(signature, 0x80, { response })).toBe('accepted');
    });

    it('no bit of the signature can be turned', () => {
      for (let bit = 0; bit < signature.length * 8; bit++) {
        expect(verified(withBit(signature, bit))).not.toBe('accepted');
      }
    });

    // biome-ignore format: one refusal a line, in order of the steps of Book 2 §6.6.2
    const cases: readonly [why: string, got: () => string, reason: string][] = [
      ['cut by a byte',          () => verified(signature.subarray(1)),                                   'signature_length'],
      ['of another card',        () => verified(signedByAnotherCard()),                                   'signature_(trailer|header)'],
      ['another CID in clear',   () => verified(signature, 0x40),                                         'cda_cid'],
      ['another UN',             () => verified(signature, 0x80, {}, fromHex('1A2B3C4E')),                 'cda_hash'],
      ['other PDOL values',      () => verified(signature, 0x80, { pdolValues: fromHex('00') }),           'cda_transaction_data_hash'],
      ['other CDOL1 values',     () => verified(signature, 0x80, { cdol1Values: fromHex('00') }),          'cda_transaction_data_hash'],
      ['CDOL2 values',           () => verified(signature, 0x80, { cdol2Values: fromHex('00') }),          'cda_transaction_data_hash'],
      ['another ATC',            () => verified(signature, 0x80, { response: responseOf('9F2701809F3602001D9F10020115') }), 'cda_transaction_data_hash'],
      ['another order',          () => verified(signature, 0x80, { response: responseOf('9F3602001C9F2701809F10020115') }), 'cda_transaction_data_hash'],
      ['another length field',   () => verified(signature, 0x80, { response: responseOf('9F2701809F368102001C9F10020115') }), 'cda_transaction_data_hash'],
      ['format of a DDA',        () => verified(forgedCda(0, 0x95)),                                      'cda_format'],
      ['another hash algorithm', () => verified(forgedCda(1, 0x02)),                                      'cda_hash_algorithm'],
      ['a wrong inner length',   () => verified(forgedCda(2, 0x27)),                                      'cda_dynamic_data_length'],
      ['an IDN of nine bytes',   () => verified(forgedCda(3, 0x09)),                                      'cda_dynamic_data_length'],
    ];
    it.each(cases)('%s → %s', (_why, got, reason) => {
      expect(got()).toMatch(new RegExp(`^${reason}$`));
    });

    function forgedCda(at: number, byte: number): Uint8Array {
      const recovered = recoverBlock(icc.publicKey, signature);
      if (!recovered.ok) throw new Error(recovered.refusal);
      const message = recovered.value.message.slice();
      message[at] = byte;
      return signBlock(icc.privateKey, message, un);
    }

    function signedByAnotherCard(): Uint8Array {
      // Below our modulus, so that the frame is what fails.
      for (;;) {
        const other = keyPair(iccBits, exponent);
        const signed = signCda(other.privateKey, other.publicKey, cdaContent, transaction, un);
        if (toHex(signed) < toHex(icc.publicKey.modulus)) return signed;
      }
    }
  });

  function signedByAnother(bits: number, like: Certificate): Uint8Array {
    for (;;) {
      const other = keyPair(bits, exponent);
      const signed = issueIssuerCertificate(
        other.privateKey,
        other.publicKey,
        '535099',
        content(issuer.publicKey),
      ).certificate;
      expect(signed.length).toBe(like.certificate.length);
      if (toHex(signed) < toHex(ca.publicKey.modulus)) return signed;
    }
  }
});

describe('the table of authorities', () => {
  const key: Omit<CaPublicKey, 'checksum'> = {
    rid: RID,
    index: 0x92,
    modulus: fromHex('C0FFEE'),
    exponent: fromHex('03'),
  };
  const table: readonly CaPublicKey[] = [{ ...key, checksum: caChecksum(key) }];

  it.each([
    ['of the application and index', AID, 0x92, table, 'found'],
    ['another index', AID, 0x93, table, 'ca_key_unknown'],
    ['another RID', fromHex('A000000004'), 0x92, table, 'ca_key_unknown'],
    [
      'a table that was tampered with',
      AID,
      0x92,
      [{ ...table[0]!, modulus: fromHex('C0FFEF') }],
      'ca_key_checksum',
    ],
  ] as const)('%s', (_why, aid, index, keys, expected) => {
    const result = findCaKey(keys, aid, index);
    expect(result.ok ? 'found' : result.refusal).toBe(expected);
  });
});

describe('static data to be authenticated (Book 3 §10.3)', () => {
  const record = fromHex('70059A03261123');
  const aip = fromHex('1980');

  it.each([
    ['SFI 1 to 10: inside the template', [{ sfi: 1, record }], undefined, '9A03261123'],
    ['SFI 11 to 30: the whole record', [{ sfi: 11, record }], undefined, '70059A03261123'],
    [
      'records in order, then the AIP',
      [
        { sfi: 1, record },
        { sfi: 20, record },
      ],
      '82',
      '9A0326112370059A032611231980',
    ],
    ['nothing but the AIP', [], '82', '1980'],
    ['a tag list with something else', [{ sfi: 1, record }], '8295', 'sda_tag_list'],
    [
      'a record that is no template 70',
      [{ sfi: 1, record: fromHex('77059A03261123') }],
      undefined,
      'record_not_template_70',
    ],
    [
      'a record with a byte too many',
      [{ sfi: 1, record: concat(record, fromHex('00')) }],
      undefined,
      'record_not_template_70',
    ],
    ['no such file', [{ sfi: 31, record }], undefined, 'sfi_outside'],
  ] as const)('%s', (_why, records, tagList, expected) => {
    const result = staticDataToBeAuthenticated(
      records,
      tagList === undefined ? undefined : fromHex(tagList),
      aip,
    );
    expect(result.ok ? toHex(result.value) : result.refusal).toBe(expected);
  });
});

it('no more than EMV allows is certified', () => {
  const ca = keyPair(1408, 3);
  const content = (publicKey: RsaPublicKey) => ({ expiryMmyy: '1228', serial: SERIAL, publicKey });
  const issue = (identifier: string, publicKey: RsaPublicKey) => () =>
    issueIssuerCertificate(ca.privateKey, ca.publicKey, identifier, content(publicKey));
  expect(issue('53', ca.publicKey)).toThrow(TypeError);
  expect(issue('535099', { modulus: new Uint8Array(249).fill(0xff), exponent: fromHex('03') })).toThrow(
    RangeError,
  );
  expect(issue('535099', { ...ca.publicKey, exponent: fromHex('05') })).toThrow(RangeError);
});

function withBit(bytes: Uint8Array, bit: number): Uint8Array {
  const turned = bytes.slice();
  turned[bit >> 3]! ^= 1 << (bit & 7);
  return turned;
}

function responseOf(hex: string): readonly Tlv[] {
  const parsed = parseTlv(fromHex(hex));
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}
