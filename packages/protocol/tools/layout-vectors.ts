/**
 * The golden bytes of docs/layouts.md, `vectors/layouts.json`: one device's life in fixed keys, from enrolment to the
 * upload of its log. The secure element, written from the same page by other hands, must open and make the same.
 */

import {
  type BundleRecord,
  chainedLogRecord,
  deviceIdOf,
  encodeBundleRecords,
  encodeUplinkBody,
  issueIssuerCertificate,
  type LogAnchor,
  type LogRecord,
  logGenesis,
  paymentRecord,
  sealBundle,
  sealUplink,
  sha256,
  signEnrolmentStatement,
  signReceipt,
  type UplinkBody,
} from '../src/index.ts';
import { aesCmac, agreementKey, bytesOf, hex, signingKey } from './keys.ts';
import { namedBytes, testKeys } from './test-keys.ts';

const TOKEN_ID = '6f1d2c3b-4a59-4687-8776-655443322110';
const CARD_ID = '0b8e6d5c-1f2a-4b3c-9d4e-5f60718293a4';
const ISSUED_AT = 1_798_761_600; // 2027-01-01T00:00:00Z
const GENERATION = 7n;

/** The content of `vectors/layouts.json`. */
export async function layoutVectors() {
  const keys = testKeys();
  const root = signingKey(bytesOf(keys.manufacturerRoot.ed25519PrivateKey));
  const issuer = signingKey(bytesOf(keys.issuer.ed25519PrivateKey));
  const uplinkPublicKey = bytesOf(keys.issuer.x25519PublicKey);
  const device = signingKey(namedBytes('vector device ed25519'));
  const deviceId = await deviceIdOf(device.publicKey);
  const oneTime = (n: number) => agreementKey(namedBytes(`vector one-time x25519 ${n}`));
  const ephemeral = (name: string) => namedBytes(`vector ephemeral ${name}`);

  const certificate = {
    test: true,
    issuerId: bytesOf(keys.issuer.issuerId),
    ed25519PublicKey: issuer.publicKey,
    uplinkPublicKey,
    notBefore: ISSUED_AT,
    notAfter: ISSUED_AT + 10 * 365 * 86_400,
  };
  const statement = {
    trustsTestRoot: true,
    deviceId,
    ed25519PublicKey: device.publicKey,
    oneTimePublicKey: oneTime(1).publicKey,
    kernelVersion: 0x0001_0000,
    nonce: namedBytes('vector enrolment nonce'),
    generation: 1n,
  };

  const bundles = [];
  for (const [index, records] of bundlesOfRecords().entries()) {
    const number = index + 1;
    const target = { deviceId, bundleNumber: BigInt(number), recipientPublicKey: oneTime(number).publicKey };
    const bytes = await sealBundle(target, records, issuer.sign, ephemeral(`bundle ${number}`));
    const receipt = await signReceipt(
      {
        deviceId,
        bundleNumber: target.bundleNumber,
        bundleHash: await sha256(bytes),
        generation: GENERATION + target.bundleNumber,
        status: 0,
        nextOneTimePublicKey: oneTime(number + 1).publicKey,
      },
      device.sign,
    );
    bundles.push({
      bundleNumber: number,
      oneTimePrivateKey: hex(oneTime(number).privateKey),
      oneTimePublicKey: hex(oneTime(number).publicKey),
      ephemeralSeed: hex(ephemeral(`bundle ${number}`)),
      plaintext: hex(encodeBundleRecords(records)),
      bundle: hex(bytes),
      receipt: {
        generation: Number(GENERATION) + number,
        status: 0,
        nextOneTimePublicKey: hex(oneTime(number + 1).publicKey),
        bytes: hex(receipt),
      },
    });
  }

  const records = await logRecords();
  const uplinks = [];
  for (const [index, body] of uplinkBodies(records).entries()) {
    const head = { deviceId, uplinkNumber: BigInt(index + 1), generation: 11n, bootCount: 3 };
    const seed = ephemeral(`uplink ${index + 1}`);
    uplinks.push({
      uplinkNumber: index + 1,
      generation: 11,
      bootCount: 3,
      ephemeralSeed: hex(seed),
      plaintext: hex(encodeUplinkBody(body)),
      uplink: hex(await sealUplink(head, encodeUplinkBody(body), uplinkPublicKey, device.sign, seed)),
    });
  }

  return {
    about:
      'Golden bytes of docs/layouts.md. Keys: vectors/test-keys.json and the ones given here (public test keys). An ephemeral seed is the input of DeriveKeyPair (RFC 9180, 7.1.3) for the HPKE sender. Hex is upper case.',
    source: 'computed by packages/protocol/tools/make-vectors.ts',
    device: {
      ed25519PrivateKey: hex(namedBytes('vector device ed25519')),
      ed25519PublicKey: hex(device.publicKey),
      deviceId: hex(deviceId),
    },
    issuerCertificate: {
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      bytes: hex(await issueIssuerCertificate(certificate, root.sign)),
    },
    enrolmentStatement: {
      oneTimePublicKey: hex(statement.oneTimePublicKey),
      kernelVersion: statement.kernelVersion,
      nonce: hex(statement.nonce),
      generation: 1,
      bytes: hex(await signEnrolmentStatement(statement, device.sign)),
    },
    bundles,
    uplinks,
    transactionLog: { tokenId: TOKEN_ID, logKey: hex(LOG_KEY), records: records.map(hex) },
  };
}

const LOG_KEY = namedBytes('vector log key').subarray(0, 16);

function bundlesOfRecords(): BundleRecord[][] {
  const time = (n: number): BundleRecord => ({ type: 'time', unixSeconds: BigInt(ISSUED_AT + 60 * n) });
  const tokenId = TOKEN_ID;
  return [
    [time(1), { type: 'policy', version: 1, validUntil: ISSUED_AT + 30 * 86_400, response: 0 }],
    [
      time(2),
      paymentRecord(personaliseToken()),
      paymentRecord({ command: 'key_sets', tokenId, keySets: keySets() }),
    ],
    [
      time(3),
      paymentRecord({ command: 'log_acknowledged', tokenId, seq: 1 }),
      paymentRecord({
        command: 'outcomes',
        tokenId,
        outcomes: [
          { atc: 1, outcome: 'approved', de39: '00' },
          { atc: 2, outcome: 'not_seen', de39: '  ' },
        ],
      }),
      paymentRecord({ command: 'token_state', tokenId, state: 'suspended' }),
      paymentRecord({ command: 'pin_changed', tokenId }),
    ],
  ];
}

// docs/profiles.md §2, profile `open`, as data elements of one made-up token.
function personaliseToken() {
  const tlv = (tag: string, value: string): string => {
    const length = value.length / 2;
    return tag + (length < 0x80 ? '' : '81') + length.toString(16).padStart(2, '0') + value;
  };
  const ascii = (text: string) => Buffer.from(text, 'latin1').toString('hex');
  const token = '9702990000000012';
  const pdol = '9F02065F2A029F1A02';
  const cdol1 = '9F02069F03069F1A0295055F2A029A039C019F37049F35019F34039F21039F1C089F160F9F4E14';
  const record1 = [
    tlv('57', `${token}D31122010000000000000F`.padEnd(38, 'F').slice(0, 38)),
    tlv('5A', token),
    tlv('5F24', '311231'),
    tlv('5F34', '01'),
    tlv('5F28', '0702'),
    tlv('9F42', '0702'),
    tlv('9F07', 'FF00'),
  ];
  const record2 = [
    tlv('8C', cdol1),
    tlv('8E', '00000000000000001F00'),
    tlv('9F0D', '0000000000'),
    tlv('9F0E', '0000000000'),
    tlv('9F0F', 'FFFFFFFFFF'),
    tlv('9F08', '0002'),
    tlv('9F24', ascii('TSEALVECTOR000000000000000001')),
    tlv('9F19', '097029900001'),
  ];
  return {
    command: 'personalise_token',
    profile: 'open',
    tokenId: TOKEN_ID,
    token,
    psn: '01',
    expiry: '311231',
    dki: 1,
    cvn: 0xa6,
    aip: bytesOf('1280'),
    homeCurrency: '702',
    issuerCountry: '702',
    lowValueTapLimitMinor: 10_000n,
    lowValueTapsMax: 5,
    lowValueSumMinor: 30_000n,
    cdcvmFreshSeconds: 45,
    logKey: LOG_KEY,
    aid: bytesOf('F05441505345414C01'),
    label: new TextEncoder().encode('TAPSEAL OPEN'),
    pdol: bytesOf(pdol),
    afl: bytesOf('08010200'),
    cdol1: bytesOf(cdol1),
    records: [record1, record2].map((items, index) => ({
      sfi: 1,
      recordNumber: index + 1,
      template: bytesOf(tlv('70', items.join(''))),
    })),
  } as const;
}

function keySets() {
  return [1, 2].map((atc) => ({
    keySetId: namedBytes(`vector key set id ${atc}`).subarray(0, 7),
    atc,
    idn: namedBytes(`vector idn ${atc}`).subarray(0, 2),
    mdKey: namedBytes(`vector sk-md ${atc}`).subarray(0, 16),
    umdKeyMaskedByPin: namedBytes(`vector sk-umd masked ${atc}`).subarray(0, 16),
    salt: namedBytes(`vector salt ${atc}`).subarray(0, 16),
    expiry: '270131',
  }));
}

async function logRecords(): Promise<Uint8Array[]> {
  const mac = (message: Uint8Array) => aesCmac(LOG_KEY, message);
  const untouched: Omit<LogRecord, 'mac' | 'previousHash' | 'seq'> = {
    status: 'outcome_unknown',
    atc: 2,
    keySetId: namedBytes('vector key set id 2').subarray(0, 7),
    cryptogramInformationData: 0,
    amountAuthorised: '000000000000',
    amountOther: '000000000000',
    currency: '000',
    terminalCountry: '000',
    transactionDate: '000000',
    transactionTime: '000000',
    transactionType: '00',
    unpredictableNumber: new Uint8Array(4),
    applicationCryptogram: new Uint8Array(8),
    verification: 0,
    threatResponse: 0,
    policyVersion: 1,
    terminalId: new Uint8Array(8),
    merchantId: new Uint8Array(15),
    merchantNameAndLocation: new Uint8Array(20),
    deviceTime: ISSUED_AT + 400,
    terminalVerificationResults: new Uint8Array(5),
  };
  const answered: typeof untouched = {
    ...untouched,
    status: 'answered_arqc',
    atc: 1,
    keySetId: namedBytes('vector key set id 1').subarray(0, 7),
    cryptogramInformationData: 0x80,
    amountAuthorised: '000000001250',
    currency: '702',
    terminalCountry: '702',
    transactionDate: '270101',
    transactionTime: '000500',
    unpredictableNumber: bytesOf('1A2B3C4D'),
    applicationCryptogram: namedBytes('vector cryptogram').subarray(0, 8),
    verification: 1,
    terminalId: new TextEncoder().encode('TERM0001'),
    merchantId: new TextEncoder().encode('MERCHANT0000001'),
    merchantNameAndLocation: new TextEncoder().encode('KOPI HOUSE SINGAPORE'),
    deviceTime: ISSUED_AT + 300,
  };
  const records: Uint8Array[] = [];
  let anchor: LogAnchor = await logGenesis(TOKEN_ID);
  for (const record of [answered, untouched]) {
    const bytes = await chainedLogRecord(record, anchor, mac);
    records.push(bytes);
    anchor = { seq: anchor.seq + 1, hash: await sha256(bytes) };
  }
  return records;
}

function uplinkBodies(records: Uint8Array[]): UplinkBody[] {
  return [
    // ISO 9564-1 format 4: control 4, length 4, PIN 4929, fill A, 8 random bytes.
    { kind: 'pin', boundId: CARD_ID, plainTextPinField: bytesOf('444929AAAAAAAAAA 0123456789ABCDEF') },
    { kind: 'log', tokenId: TOKEN_ID, records },
  ];
}
