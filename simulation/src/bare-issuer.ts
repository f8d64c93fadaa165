// An issuer without server or database, from the published test keys: what tests and the bench put in front of a secure
// element when the element alone is in question. Built from packages/protocol and packages/emv, the issuer's reading.
import { createPrivateKey, hkdfSync, sign as nodeSign, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  deriveSessionKeys,
  encodeTlv,
  fromHex,
  Pan,
  PROFILE_AFL,
  PROFILE_AIP,
  PROFILE_CDOL1,
  PROFILE_PDOL,
  PROFILES,
  type TwoCryptogramProfile,
  tlv,
} from '@tapseal/emv';
import {
  type BundleRecord,
  issueIssuerCertificate,
  joined,
  type KeySet,
  openUplink,
  parseUplinkBody,
  paymentRecord,
  type Sign,
  sealBundle,
  verifyEnrolmentStatement,
  verifyReceipt,
  verifyUplink,
} from '@tapseal/protocol';

const TEST_KEYS = JSON.parse(readFileSync(new URL('../../vectors/test-keys.json', import.meta.url), 'utf8'));
const PKCS8_ED25519 = fromHex('302E020100300506032B657004220420');

/** Ed25519 with a raw 32-byte private key. */
export function signer(privateKey: Uint8Array): Sign {
  const key = createPrivateKey({
    key: Buffer.from(joined(PKCS8_ED25519, privateKey)),
    format: 'der',
    type: 'pkcs8',
  });
  return async (message) => new Uint8Array(nodeSign(null, message, key));
}

export type BareToken = {
  readonly tokenId: string;
  readonly token: Pan;
  /** n 2 */
  readonly psn: string;
  readonly profile: TwoCryptogramProfile;
  readonly pin: string;
  nextAtc: number;
};

export class BareIssuer {
  readonly certificate: Promise<Uint8Array>;
  readonly nonce = new Uint8Array(randomBytes(32));
  readonly #sign = signer(fromHex(TEST_KEYS.issuer.ed25519PrivateKey));
  readonly logKey = new Uint8Array(randomBytes(16));
  deviceId = new Uint8Array(16);
  devicePublicKey = new Uint8Array(32);
  oneTimePublicKey: Uint8Array = new Uint8Array(32);
  bundleNumber = 0n;

  constructor() {
    this.certificate = issueIssuerCertificate(
      {
        test: true,
        issuerId: fromHex(TEST_KEYS.issuer.issuerId),
        ed25519PublicKey: fromHex(TEST_KEYS.issuer.ed25519PublicKey),
        uplinkPublicKey: fromHex(TEST_KEYS.issuer.x25519PublicKey),
        notBefore: 1_700_000_000,
        notAfter: 2_100_000_000,
      },
      signer(fromHex(TEST_KEYS.manufacturerRoot.ed25519PrivateKey)),
    );
  }

  async enrol(statement: Uint8Array): Promise<void> {
    const verified = await verifyEnrolmentStatement(statement, this.nonce);
    if (!verified.ok) throw new Error(`statement refused: ${verified.refusal} ${verified.at}`);
    this.deviceId = new Uint8Array(verified.value.deviceId);
    this.devicePublicKey = new Uint8Array(verified.value.ed25519PublicKey);
    this.oneTimePublicKey = verified.value.oneTimePublicKey;
  }

  /** The next bundle; `receipt` must follow before the one after. */
  async bundle(records: readonly BundleRecord[]): Promise<Uint8Array> {
    const target = {
      deviceId: this.deviceId,
      bundleNumber: this.bundleNumber + 1n,
      recipientPublicKey: this.oneTimePublicKey,
    };
    return sealBundle(target, records, this.#sign);
  }

  /** Takes a receipt; answers its status. */
  async receipt(bytes: Uint8Array): Promise<number> {
    const verified = await verifyReceipt(bytes, this.devicePublicKey);
    if (!verified.ok) throw new Error(`receipt refused: ${verified.refusal} ${verified.at}`);
    this.bundleNumber = verified.value.bundleNumber;
    this.oneTimePublicKey = verified.value.nextOneTimePublicKey;
    return verified.value.status;
  }

  async open(uplink: Uint8Array) {
    const verified = await verifyUplink(uplink, this.devicePublicKey);
    if (!verified.ok) throw new Error(`uplink refused: ${verified.refusal} ${verified.at}`);
    const body = await openUplink(uplink, verified.value, fromHex(TEST_KEYS.issuer.x25519PrivateKey));
    if (!body) throw new Error('uplink not authentic');
    const parsed = parseUplinkBody(body);
    if (!parsed.ok) throw new Error(`uplink body refused: ${parsed.refusal} ${parsed.at}`);
    return { header: verified.value, body: parsed.value };
  }

  time(unixSeconds: number): BundleRecord {
    return { type: 'time', unixSeconds: BigInt(unixSeconds) };
  }

  newToken(profile: TwoCryptogramProfile, pin: string, digits = '9702990000000015'): BareToken {
    return { tokenId: randomUUID(), token: Pan.parse(digits)!, psn: '01', profile, pin, nextAtc: 1 };
  }

  personalise(token: BareToken): BundleRecord {
    const digits = token.token.reveal();
    const profile = PROFILES[token.profile];
    const b = (hex: string) => fromHex(hex);
    const track2 = `${digits}D31122010000000000000`;
    const record1 = encodeTlv(
      tlv(0x70, [
        tlv(0x57, b(track2.padEnd(track2.length + (track2.length % 2), 'F'))),
        tlv(0x5a, b(digits.padEnd(digits.length + (digits.length % 2), 'F'))),
        tlv(0x5f24, b('311231')),
        tlv(0x5f34, b(token.psn)),
        tlv(0x5f28, b('0702')),
        tlv(0x9f42, b('0702')),
        tlv(0x9f07, b('FF00')),
      ]),
    );
    const record2 = encodeTlv(
      tlv(0x70, [
        tlv(0x8c, PROFILE_CDOL1),
        tlv(0x8e, b('00000000000000001F00')),
        tlv(0x9f0d, b('0000000000')),
        tlv(0x9f0e, b('0000000000')),
        tlv(0x9f0f, b('FFFFFFFFFF')),
        tlv(0x9f08, b('0002')),
      ]),
    );
    return paymentRecord({
      command: 'personalise_token',
      profile: token.profile,
      tokenId: token.tokenId,
      token: digits,
      psn: token.psn,
      expiry: '311231',
      dki: 1,
      cvn: token.profile === 'open' ? 0xa6 : 0x15,
      aip: PROFILE_AIP,
      homeCurrency: '702',
      issuerCountry: '702',
      lowValueTapLimitMinor: 10_000n,
      lowValueTapsMax: 5,
      lowValueSumMinor: 30_000n,
      cdcvmFreshSeconds: 45,
      logKey: this.logKey,
      aid: profile.aid,
      label: Buffer.from(profile.label),
      pdol: PROFILE_PDOL,
      afl: PROFILE_AFL,
      cdol1: PROFILE_CDOL1,
      records: [
        { sfi: 1, recordNumber: 1, template: record1 },
        { sfi: 1, recordNumber: 2, template: record2 },
      ],
    });
  }

  /** `count` sets for the next ATCs. */
  keySets(token: BareToken, count: number, expiry = '311231'): BundleRecord {
    const sets: KeySet[] = Array.from({ length: count }, () => this.keySet(token, token.nextAtc++, expiry));
    return paymentRecord({ command: 'key_sets', tokenId: token.tokenId, keySets: sets });
  }

  /** Acknowledges the log up to this record. */
  logAcknowledged(token: BareToken, record: Uint8Array): BundleRecord {
    const seq = new DataView(record.buffer, record.byteOffset).getUint32(2);
    return paymentRecord({ command: 'log_acknowledged', tokenId: token.tokenId, seq });
  }

  sessionKeys(token: BareToken, atc: number) {
    const keys = TEST_KEYS.masterKeys.find((entry: { profile: string }) => entry.profile === token.profile);
    return deriveSessionKeys({
      profile: token.profile,
      imkMd: fromHex(keys.imkMd),
      imkUmd: fromHex(keys.imkUmd),
      token: token.token,
      psn: token.psn,
      atc: Uint8Array.of(atc >> 8, atc & 255),
    });
  }

  /** One set of docs/profiles.md §4. */
  keySet(token: BareToken, atc: number, expiry = '311231'): KeySet {
    const { md, umd } = this.sessionKeys(token, atc);
    const salt = randomBytes(16);
    const cn = fromHex(token.token.reveal().padEnd(20, 'F'));
    const info = Buffer.concat([Buffer.from('tapseal pin mask v1'), cn, Buffer.of(atc >> 8, atc & 255)]);
    const mask = new Uint8Array(hkdfSync('sha256', Buffer.from(token.pin), salt, info, 16));
    const bits = token.profile === 'tdes' ? 0xfe : 0xff;
    return {
      keySetId: new Uint8Array(randomBytes(7)),
      atc,
      idn: new Uint8Array(randomBytes(2)),
      mdKey: md,
      umdKeyMaskedByPin: umd.map((byte, i) => (byte ^ mask[i]!) & bits),
      salt: new Uint8Array(salt),
      expiry,
    };
  }
}
