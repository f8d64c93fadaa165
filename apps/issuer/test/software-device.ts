/**
 * A device double: what a wallet's secure element does towards the issuer, over packages/protocol and node:crypto, so
 * that the issuer's tests need no secure element. It reads bundles with the codec that wrote them; that the real
 * secure element reads the same is the simulation's business.
 */

import {
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign as signWith,
} from 'node:crypto';
import { cmac, Pan, setOddParity } from '@tapseal/emv';
import {
  type BundleRecord,
  chainedLogRecord,
  deviceIdOf,
  encodeUplinkBody,
  type KeySet,
  type LogAnchor,
  type LogRecord,
  logGenesis,
  openBundle,
  type PersonaliseToken,
  parseIssuerCertificate,
  parsePaymentMessage,
  sealUplink,
  sha256,
  signEnrolmentStatement,
  signReceipt,
  uuidText,
} from '@tapseal/protocol';

interface OneTimeKey {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export interface HeldToken {
  readonly profile: PersonaliseToken;
  readonly keySets: Map<number, KeySet>;
  state: string;
  outcomes: { atc: number; outcome: string; de39: string }[];
  acknowledged: number;
  log: Uint8Array[];
  anchor: LogAnchor;
}

export class SoftwareDevice {
  readonly #signing = generateKeyPairSync('ed25519').privateKey;
  readonly publicKey = rawPublicKey(this.#signing);
  readonly tokens = new Map<string, HeldToken>();
  readonly records: BundleRecord[] = [];
  deviceId = new Uint8Array(16);
  generation = 1n;
  uplinkNumber = 0n;
  #oneTime = oneTimeKey();
  #issuerPublicKey = new Uint8Array(32) as Uint8Array;
  #uplinkPublicKey = new Uint8Array(32) as Uint8Array;
  #bundleNumber = 0n;
  #receipt: Uint8Array | undefined;

  readonly sign = async (message: Uint8Array): Promise<Uint8Array> => signWith(null, message, this.#signing);

  get id(): string {
    return uuidText(this.deviceId);
  }

  /** Answers an enrolment: the statement, signed. */
  async statement(
    nonce: Uint8Array,
    issuerCertificate: Uint8Array,
    trustsTestRoot = true,
    oneTimePublicKey = this.#oneTime.publicKey,
  ): Promise<Uint8Array> {
    const certificate = parseIssuerCertificate(issuerCertificate);
    if (!certificate.ok) throw new Error(certificate.at);
    this.#issuerPublicKey = certificate.value.ed25519PublicKey;
    this.#uplinkPublicKey = certificate.value.uplinkPublicKey;
    this.deviceId = await deviceIdOf(this.publicKey);
    return signEnrolmentStatement(
      {
        trustsTestRoot,
        deviceId: this.deviceId,
        ed25519PublicKey: this.publicKey,
        oneTimePublicKey,
        kernelVersion: 1,
        nonce,
        generation: this.generation,
      },
      this.sign,
    );
  }

  /** Opens a bundle, applies it, answers the receipt; the last bundle again gets the stored receipt. */
  async accept(bytes: Uint8Array, status = 0): Promise<Uint8Array> {
    const opened = await openBundle(bytes, this.#issuerPublicKey, this.#oneTime);
    if (!opened.ok) {
      if (opened.refusal === 'wrong_recipient' && this.#receipt) return this.#receipt;
      throw new Error(`${opened.refusal}: ${opened.at}`);
    }
    const { bundle, records } = opened.value;
    if (bundle.bundleNumber !== this.#bundleNumber + 1n) throw new Error(`bundle ${bundle.bundleNumber}`);
    if (status === 0) for (const record of records) await this.#apply(record);
    this.#bundleNumber = bundle.bundleNumber;
    this.#oneTime = oneTimeKey();
    this.generation += 1n;
    this.#receipt = await this.receiptFor(bytes, status);
    return this.#receipt;
  }

  /** A receipt as this device would sign it now; tests make wrong ones with it. */
  async receiptFor(bundle: Uint8Array, status = 0, change: object = {}): Promise<Uint8Array> {
    return signReceipt(
      {
        deviceId: this.deviceId,
        bundleNumber: this.#bundleNumber,
        bundleHash: await sha256(bundle),
        generation: this.generation,
        status,
        nextOneTimePublicKey: this.#oneTime.publicKey,
        ...change,
      },
      this.sign,
    );
  }

  pinUplink(boundId: string, pin: string): Promise<Uint8Array> {
    const head = `4${pin.length.toString(16)}${pin}`.padEnd(16, 'A');
    const plainTextPinField = Buffer.concat([Buffer.from(head, 'hex'), randomBytes(8)]);
    return this.#uplink(encodeUplinkBody({ kind: 'pin', boundId, plainTextPinField }));
  }

  logUplink(
    tokenId: string,
    records: readonly Uint8Array[] = this.tokens.get(tokenId)!.log,
  ): Promise<Uint8Array> {
    return this.#uplink(encodeUplinkBody({ kind: 'log', tokenId, records: [...records] }));
  }

  #uplink(body: Uint8Array): Promise<Uint8Array> {
    this.uplinkNumber += 1n;
    const { deviceId, generation, uplinkNumber } = this;
    return sealUplink(
      { deviceId, generation, uplinkNumber, bootCount: 1 },
      body,
      this.#uplinkPublicKey,
      this.sign,
    );
  }

  /** SK-UMD as docs/profiles.md §4 unmasks it. */
  unmask(tokenId: string, atc: number, pin: string): Uint8Array {
    const { profile, keySets } = this.tokens.get(tokenId)!;
    const { umdKeyMaskedByPin, salt } = keySets.get(atc)!;
    const token = Pan.parse(profile.token)!.toCn();
    const info = Buffer.concat([Buffer.from('tapseal pin mask v1'), token, Buffer.of(atc >> 8, atc & 0xff)]);
    const mask = new Uint8Array(hkdfSync('sha256', pin, salt, info, 16));
    const key = umdKeyMaskedByPin.map((byte, index) => byte ^ mask[index]!);
    return profile.profile === 'tdes' ? setOddParity(key.map((byte) => byte & 0xfe)) : key;
  }

  /** Appends a record to a token's log. */
  async log(tokenId: string, record: Omit<LogRecord, 'mac' | 'previousHash' | 'seq'>): Promise<void> {
    const held = this.tokens.get(tokenId)!;
    const bytes = await chainedLogRecord(record, held.anchor, (message) =>
      cmac('AES', held.profile.logKey, message),
    );
    held.log.push(bytes);
    held.anchor = { seq: held.anchor.seq + 1, hash: await sha256(bytes) };
    this.generation += 1n;
  }

  async #apply(record: BundleRecord): Promise<void> {
    this.records.push(record);
    if (record.type !== 'message') return;
    const parsed = parsePaymentMessage(record.command, record.payload);
    if (!parsed.ok) throw new Error(parsed.at);
    const message = parsed.value;
    const held = this.tokens.get(message.tokenId);
    switch (message.command) {
      case 'personalise_token':
        this.tokens.set(message.tokenId, {
          profile: message,
          keySets: held?.keySets ?? new Map(),
          state: 'active',
          outcomes: [],
          acknowledged: 0,
          log: [],
          anchor: await logGenesis(message.tokenId),
        });
        return;
      case 'key_sets':
        for (const keySet of message.keySets) held!.keySets.set(keySet.atc, keySet);
        return;
      case 'token_state':
        held!.state = message.state;
        return;
      case 'log_acknowledged':
        held!.acknowledged = message.seq;
        return;
      case 'outcomes':
        held!.outcomes.push(...message.outcomes);
        return;
      case 'pin_changed':
        held!.keySets.clear();
    }
  }
}

function oneTimeKey(): OneTimeKey {
  const { privateKey } = generateKeyPairSync('x25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { publicKey: rawPublicKey(privateKey), privateKey: new Uint8Array(der.subarray(der.length - 32)) };
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const der = createPublicKey(key).export({
    format: 'der',
    type: 'spki',
  });
  return new Uint8Array(der.subarray(der.length - 32));
}
