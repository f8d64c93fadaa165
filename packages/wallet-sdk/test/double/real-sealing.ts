// The bank's side of the secure channel as docs/layouts.md has it, under the published test keys: what a real secure
// element enrols with and opens. Session keys are drawn at random: here no cryptogram is verified; the simulation does that.
import { createPrivateKey, sign as nodeSign, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  issueIssuerCertificate,
  joined,
  type LOG_STATUS,
  openUplink,
  type Parsed,
  PROFILE_AID,
  PROFILE_LABEL,
  type BundleRecord as ProtocolRecord,
  parseLogRecord,
  parseUplinkBody,
  paymentRecord,
  type Sign,
  sealBundle,
  verifyEnrolmentStatement,
  verifyReceipt,
  verifyUplink,
} from '@tapseal/protocol';
import type { Bundle, BundleRecord, LogStatus, Uplink } from './messages.ts';
import type { Sealing } from './sealing.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const ascii = (text: string) => new TextEncoder().encode(text);
const TEST_KEYS = JSON.parse(
  readFileSync(new URL('../../../../vectors/test-keys.json', import.meta.url), 'utf8'),
);

/** RFC 8410: PKCS #8 in front of an Ed25519 private key. */
const PKCS8_ED25519 = hex('302E020100300506032B657004220420');
export const BANK_SECONDS = 1_795_000_000;
const EXPIRY = '311231';

export class RealSealing implements Sealing {
  readonly nonce = new Uint8Array(randomBytes(32));
  readonly certificate = issueIssuerCertificate(
    {
      test: true,
      issuerId: hex(TEST_KEYS.issuer.issuerId),
      ed25519PublicKey: hex(TEST_KEYS.issuer.ed25519PublicKey),
      uplinkPublicKey: hex(TEST_KEYS.issuer.x25519PublicKey),
      notBefore: 1_700_000_000,
      notAfter: 2_100_000_000,
    },
    signer(TEST_KEYS.manufacturerRoot.ed25519PrivateKey),
  );
  readonly #sign = signer(TEST_KEYS.issuer.ed25519PrivateKey);
  #deviceId = new Uint8Array();
  #deviceKey = new Uint8Array();
  #oneTimeKey = new Uint8Array();
  #receipts = 0;

  async enrol(statement: Uint8Array): Promise<Uint8Array> {
    const verified = good(await verifyEnrolmentStatement(statement, this.nonce));
    this.#deviceId = new Uint8Array(verified.deviceId);
    this.#deviceKey = new Uint8Array(verified.ed25519PublicKey);
    this.#oneTimeKey = new Uint8Array(verified.oneTimePublicKey);
    return this.#deviceId;
  }

  seal({ number, records }: Bundle): Promise<Uint8Array> {
    const target = {
      deviceId: this.#deviceId,
      bundleNumber: BigInt(number),
      recipientPublicKey: this.#oneTimeKey,
    };
    const time = { type: 'time' as const, unixSeconds: BigInt(BANK_SECONDS - 60) };
    const policy = { type: 'policy' as const, version: 1, validUntil: BANK_SECONDS + 86_400, response: 0 };
    return sealBundle(target, [time, policy, ...records.map(protocolRecord)], this.#sign);
  }

  async receiptNumber(receipt: Uint8Array): Promise<number> {
    const verified = good(await verifyReceipt(receipt, this.#deviceKey));
    if (verified.status !== 0) throw new Error(`the element refused a bundle: ${verified.status}`);
    const number = Number(verified.bundleNumber);
    if (number > this.#receipts) this.#oneTimeKey = new Uint8Array(verified.nextOneTimePublicKey);
    this.#receipts = Math.max(this.#receipts, number);
    return number;
  }

  async open(bytes: Uint8Array): Promise<Uplink> {
    const uplink = good(await verifyUplink(bytes, this.#deviceKey));
    const plaintext = await openUplink(bytes, uplink, hex(TEST_KEYS.issuer.x25519PrivateKey));
    const body = good(parseUplinkBody(plaintext!));
    const number = Number(uplink.uplinkNumber);
    if (body.kind === 'pin') {
      const { boundId, plainTextPinField: field } = body;
      const pin = Buffer.from(field)
        .toString('hex')
        .slice(2, 2 + (field[0]! & 0x0f));
      return { number, kind: 'pin', boundId, pin };
    }
    const records = body.records.map((record) => {
      const { seq, atc, status, amountAuthorised } = good(parseLogRecord(record));
      return { seq, atc, status: STATUS[status], amountMinor: String(Number(amountAuthorised)) };
    });
    return { number, kind: 'log', tokenId: body.tokenId, records };
  }
}

const STATUS: Readonly<Record<keyof typeof LOG_STATUS, LogStatus>> = {
  outcome_unknown: 'armed_or_unknown',
  answered_arqc: 'arqc',
  answered_aac: 'aac',
  burnt: 'burnt',
};

function protocolRecord(record: BundleRecord): ProtocolRecord {
  const { tokenId } = record;
  switch (record.type) {
    case 'token':
      return personalise(tokenId, record.profile, record.lastFour);
    case 'keySets':
      return paymentRecord({ command: 'key_sets', tokenId, keySets: record.atcs.map(keySet) });
    case 'logAcknowledged':
      return paymentRecord({ command: 'log_acknowledged', tokenId, seq: record.seq });
    case 'outcomes': {
      const outcomes = record.outcomes.map(({ atc, approved, de39 }) => {
        const outcome = approved ? ('approved' as const) : ('declined' as const);
        return { atc, outcome, de39 };
      });
      return paymentRecord({ command: 'outcomes', tokenId, outcomes });
    }
  }
}

function keySet(atc: number) {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  return {
    keySetId: random(7),
    atc,
    idn: random(2),
    mdKey: random(16),
    umdKeyMaskedByPin: random(16),
    salt: random(16),
    expiry: EXPIRY,
  };
}

/** docs/profiles.md §2: records, PDOL and CDOL1 of both profiles. */
function personalise(tokenId: string, profile: 'open' | 'tdes', lastFour: string): ProtocolRecord {
  const token = `970299000000${lastFour}`;
  return paymentRecord({
    command: 'personalise_token',
    profile,
    tokenId,
    token,
    psn: '01',
    expiry: EXPIRY,
    dki: 1,
    cvn: profile === 'open' ? 0xa6 : 0x15,
    aip: hex('1280'),
    homeCurrency: '702',
    issuerCountry: '702',
    lowValueTapLimitMinor: 10_000n,
    lowValueTapsMax: 5,
    lowValueSumMinor: 30_000n,
    cdcvmFreshSeconds: 45,
    logKey: new Uint8Array(randomBytes(16)),
    aid: hex(PROFILE_AID[profile]),
    label: ascii(PROFILE_LABEL[profile]),
    pdol: hex('9F02065F2A029F1A02'),
    afl: hex('08010200'),
    cdol1: hex(CDOL1),
    records: [
      { sfi: 1, recordNumber: 1, template: joined(hex('700A'), hex('5A08'), hex(token)) },
      { sfi: 1, recordNumber: 2, template: joined(hex('7029'), hex('8C27'), hex(CDOL1)) },
    ],
  });
}

const CDOL1 = '9F02069F03069F1A0295055F2A029A039C019F37049F35019F34039F21039F1C089F160F9F4E14';

function signer(privateKey: string): Sign {
  const der = Buffer.from(joined(PKCS8_ED25519, hex(privateKey)));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return async (message) => new Uint8Array(nodeSign(null, message, key));
}

function good<T>(parsed: Parsed<T, string>): T {
  if (!parsed.ok) throw new Error(`refused: ${parsed.refusal} ${parsed.at}`);
  return parsed.value;
}
