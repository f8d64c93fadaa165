// A secure element with its payment client, enrolled with a BareIssuer: for tests, torture and the bench.
import { randomBytes } from 'node:crypto';
import {
  fromHex,
  parseTlv,
  type TwoCryptogramProfile,
  tlvValues,
  toHex,
  verifyUnderSessionKeys,
} from '@tapseal/emv';
import type { BundleRecord } from '@tapseal/protocol';
import { PaymentClient } from '@tapseal/ta-payment';
import { type SealedStateStore, VirtualSecureElement } from '@tapseal/vse';
import { BareIssuer, type BareToken } from './bare-issuer.ts';
import { MemoryStore } from './memory-store.ts';

export const PLATFORM_SECRET = new Uint8Array(32).fill(7);
export const FINGERPRINT = new Uint8Array(32).fill(9);
const INSTALLATION = new Uint8Array(16).fill(3);
/** 2026-11-18, and so 9A in `CDOL_REST`. */
export const START_SECONDS = 1_795_000_000;

const AID = { open: 'F05441505345414C01', tdes: 'F05441505345414C02' } as const;
const text = (value: string) => toHex(Buffer.from(value));

export type TapOptions = { readonly currency?: string; readonly acAmount?: string; readonly p1?: string };
export type TapResult = {
  /** Status word that ended the tap. */
  readonly sw: string;
  readonly atc?: number;
  readonly verdict?: string;
  /** By tag: what GENERATE AC answered and what was sent to it. */
  readonly values?: ReadonlyMap<number, Uint8Array>;
};

export class BarePhone {
  nowSeconds = START_SECONDS;
  readonly store: SealedStateStore;
  readonly issuer = new BareIssuer();
  readonly #kernel: WebAssembly.Module;
  vse!: VirtualSecureElement;
  payment!: PaymentClient;

  private constructor(kernel: WebAssembly.Module, store: SealedStateStore) {
    this.#kernel = kernel;
    this.store = store;
  }

  /** Booted and enrolled. */
  static async enrolled(
    kernel: WebAssembly.Module,
    store: SealedStateStore = new MemoryStore(),
  ): Promise<BarePhone> {
    const phone = new BarePhone(kernel, store);
    await phone.boot();
    const { issuer } = phone;
    await issuer.enrol(await phone.vse.enrolmentStatement(issuer.nonce, await issuer.certificate));
    await phone.deliver([
      issuer.time(START_SECONDS - 10),
      { type: 'policy', version: 3, validUntil: START_SECONDS + 86_400, response: 0 },
    ]);
    return phone;
  }

  async boot(secret = PLATFORM_SECRET, fingerprint = FINGERPRINT): Promise<void> {
    this.vse = await VirtualSecureElement.boot(this.#kernel, {
      entropy: new Uint8Array(randomBytes(64)),
      platformSecret: secret.slice(),
      fingerprint: fingerprint.slice(),
      installation: INSTALLATION,
      store: this.store,
      nowSeconds: () => this.nowSeconds,
    });
    this.payment = new PaymentClient(this.vse);
  }

  /** Answers the receipt's status. */
  async deliver(records: readonly BundleRecord[]): Promise<number> {
    return this.issuer.receipt(await this.vse.acceptBundle(await this.issuer.bundle(records)));
  }

  async digitise(profile: TwoCryptogramProfile, pin = '4929', sets = 10): Promise<BareToken> {
    const token = this.issuer.newToken(profile, pin);
    const status = await this.deliver([this.issuer.personalise(token), this.issuer.keySets(token, sets)]);
    if (status !== 0) throw new Error(`not personalised: ${status.toString(16)}`);
    return token;
  }

  /** Takes the log home, acknowledges it, and delivers `sets` more key sets. */
  async refill(token: BareToken, sets: number): Promise<void> {
    const uplink = await this.payment.logUplink(token.tokenId);
    if (uplink) {
      const { body } = await this.issuer.open(uplink);
      if (body.kind !== 'log') throw new Error('the log uplink carried no log');
      await this.deliver([this.issuer.logAcknowledged(token, body.records.at(-1)!)]);
    }
    await this.deliver([this.issuer.keySets(token, sets)]);
  }

  enterPin(pin: string): void {
    this.payment.enterPin(Uint8Array.from(pin, Number));
  }

  /** The commands of one tap, as a terminal of docs/profiles.md sends them. */
  commands(token: BareToken, amount: string, options: TapOptions = {}): readonly string[] {
    const { currency = '0702', acAmount = amount, p1 = '80' } = options;
    return [
      '00A404000E325041592E5359532E444446303100',
      `00A4040009${AID[token.profile]}00`,
      `80A800000C830A${amount}${currency}070200`,
      '00B2010C00',
      '00B2020C00',
      `80AE${p1}004F${acAmount}00000000000007020000008000${currency}26111800CAFEBABE22010002120000${text('TERM0001')}${text('MERCHANT0000001')}${text('KOPI TIAM SINGAPORE ')}00`,
    ];
  }

  /** One tap, to its end or to the first status word that is not 9000. */
  tap(token: BareToken, amount: string, options: TapOptions = {}): TapResult {
    let answer = '';
    for (const command of this.commands(token, amount, options)) {
      answer = toHex(this.payment.apdu(fromHex(command)));
      if (!answer.endsWith('9000')) return { sw: answer };
    }
    return this.judge(token, answer, amount, options);
  }

  /** The issuer's verdict on GENERATE AC's answer. */
  judge(token: BareToken, answer: string, amount: string, options: TapOptions = {}): TapResult {
    const parsed = parseTlv(fromHex(answer.slice(0, -4)));
    if (!parsed.ok) throw new Error('GENERATE AC answered no TLV');
    const flat = tlvValues(parsed.value[0]!.children!);
    if (!flat.ok) throw new Error('GENERATE AC answered a tag twice');
    const values = new Map(flat.value);
    const sent: readonly (readonly [number, string])[] = [
      [0x9f02, options.acAmount ?? amount],
      [0x9f03, '000000000000'],
      [0x9f1a, '0702'],
      [0x95, '0000008000'],
      [0x5f2a, options.currency ?? '0702'],
      [0x9a, '261118'],
      [0x9c, '00'],
      [0x9f37, 'CAFEBABE'],
      [0x82, '1280'],
    ];
    for (const [tag, hex] of sent) values.set(tag, fromHex(hex));
    const counter = values.get(0x9f36)!;
    const atc = (counter[0]! << 8) | counter[1]!;
    const keys = this.issuer.sessionKeys(token, atc);
    return {
      sw: '9000',
      atc,
      values,
      verdict: verifyUnderSessionKeys(token.profile, keys, (tag) => values.get(tag)),
    };
  }
}
