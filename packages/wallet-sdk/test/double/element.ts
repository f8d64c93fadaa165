// A secure element's and payment application's manners without their cryptography: numbered bundles with a stored
// receipt, spend before use, a log with slots, an armed set that a restart burns. What is durable survives in
// `ElementState`; everything else dies with the object.
import { VseRefusal } from '@tapseal/vse';
import type { Payment, SecureElement } from '../../src/index.ts';
import type { DoubleToken, ElementState } from './element-state.ts';
import type { Killer } from './killer.ts';
import {
  type Bundle,
  type BundleRecord,
  decode,
  encode,
  type LogRecord,
  outcomeOf,
  receipt,
} from './messages.ts';

class DoubleRefusal extends VseRefusal {
  constructor(reason: string) {
    super(1, reason);
  }
}

const SW = {
  done: [0x90, 0x00],
  locked: [0x69, 0x82],
  conditions: [0x69, 0x85],
  length: [0x67, 0x00],
  instruction: [0x6d, 0x00],
} as const;

export class DoubleElement implements SecureElement, Payment {
  readonly deviceId = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);
  readonly trustsTestRoot = true;
  /** What the element was asked to keep secret: tests look that it appears nowhere else. */
  readonly pins: string[] = [];
  closed = false;
  readonly #state: ElementState;
  readonly #killer: Killer;
  #busy = false;
  #poisoned = false;
  #unlocked = false;
  #armsLeft = 0;
  #armed:
    | {
        tokenId: string;
        atc: number;
        reserved: boolean;
        answered: boolean;
        brokenOff: boolean;
        cdcvm: boolean;
      }
    | undefined;

  constructor(state: ElementState, killer: Killer) {
    this.#state = state;
    this.#killer = killer;
  }

  enrolmentStatement(nonce: Uint8Array, issuerCertificate: Uint8Array): Promise<Uint8Array> {
    return this.#commit('enrolment statement', () => {
      if (issuerCertificate.length === 0) throw new DoubleRefusal('issuer_certificate_invalid');
      return Uint8Array.from([...this.deviceId, ...nonce]);
    });
  }

  acceptBundle(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#commit('bundle', () => {
      const bundle = decode<Bundle>(bytes);
      if (bundle.number === this.#state.lastBundle) return this.#state.lastReceipt;
      if (bundle.number !== this.#state.lastBundle + 1) throw new DoubleRefusal('bundle_number');
      for (const record of bundle.records) this.#apply(record);
      this.#state.lastBundle = bundle.number;
      this.#state.lastReceipt = receipt(bundle.number, 0);
      return this.#state.lastReceipt;
    });
  }

  close(): void {
    this.closed = true;
  }

  tokens(): ReturnType<Payment['tokens']> {
    this.#assertIdle();
    return [...this.#state.tokens].map(([tokenId, token]) => ({
      tokenId,
      profile: token.profile,
      label: 'DOUBLE',
      lastFour: token.lastFour,
      state: 'active' as const,
      keySetsLive: token.sets.length,
      selected: this.#state.selected === tokenId,
      unacknowledged: token.log.filter((record) => record.seq > token.acknowledged).length,
    }));
  }

  select(tokenId: string): Promise<void> {
    return this.#commit('select', () => {
      this.#token(tokenId);
      this.#state.selected = tokenId;
    });
  }

  unlock(): void {
    this.#assertIdle();
    this.#unlocked = true;
    this.#armsLeft = 5;
  }

  lock(): void {
    this.#assertIdle();
    this.#unlocked = false;
    if (this.#armed !== undefined) this.#armed.cdcvm = false;
  }

  arm(): Promise<{ atc: number; keySetsLeft: number }> {
    return this.#commit('arm', () => {
      if (!this.#unlocked) throw new DoubleRefusal('wallet_locked');
      const tokenId = this.#state.selected;
      if (tokenId === undefined) throw new DoubleRefusal('card_not_active');
      const token = this.#token(tokenId);
      if (this.#armed?.reserved === true) throw new DoubleRefusal('tap_in_progress');
      if (this.#armed !== undefined) {
        return { atc: this.#armed.atc, keySetsLeft: token.sets.length };
      }
      if (this.#armsLeft === 0) throw new DoubleRefusal('arm_rate_limited');
      const atc = token.sets.shift();
      if (atc === undefined) throw new DoubleRefusal('no_keys_left');
      this.#armsLeft -= 1;
      token.log.push({ seq: token.log.length + 1, atc, status: 'armed_or_unknown', amountMinor: '0' });
      this.#armed = { tokenId, atc, reserved: false, answered: false, brokenOff: false, cdcvm: false };
      return { atc, keySetsLeft: token.sets.length };
    });
  }

  enterPin(digits: Uint8Array): void {
    this.#assertIdle();
    if (this.#armed === undefined) throw new DoubleRefusal('not_armed');
    this.pins.push(digits.join(''));
    digits.fill(0);
    this.#armed.cdcvm = true;
  }

  apdu(command: Uint8Array): Uint8Array {
    this.#assertIdle();
    if (command.length < 4) return Uint8Array.from(SW.length);
    const armed = this.#armed;
    switch (command[1]) {
      case 0xa4:
        return Uint8Array.from([0x6f, 0x00, ...SW.done]);
      case 0xa8:
        if (!this.#unlocked) return Uint8Array.from(SW.locked);
        if (armed === undefined || armed.answered || armed.brokenOff) return Uint8Array.from(SW.conditions);
        armed.reserved = true;
        return Uint8Array.from([0x77, 0x00, ...SW.done]);
      case 0xae:
        if (armed?.reserved !== true || armed.answered || armed.brokenOff)
          return Uint8Array.from(SW.conditions);
        armed.answered = true;
        return Uint8Array.from([0x77, 0x02, armed.atc >> 8, armed.atc & 0xff, ...SW.done]);
      default:
        return Uint8Array.from(SW.instruction);
    }
  }

  fieldReset(): void {
    this.#assertIdle();
    if (this.#armed?.reserved === true && !this.#armed.answered) this.#armed.brokenOff = true;
  }

  finishTap(): ReturnType<Payment['finishTap']> {
    const armed = this.#armed;
    if (armed === undefined || !(armed.answered || armed.brokenOff)) return Promise.resolve(undefined);
    return this.#commit('log record', () => {
      const { log } = this.#token(armed.tokenId);
      const index = log.findIndex((record) => record.atc === armed.atc);
      const status = armed.answered ? 'arqc' : 'burnt';
      log[index] = { ...log[index]!, status, amountMinor: '1250' };
      this.#armed = undefined;
      const { atc, cdcvm, answered } = armed;
      const cryptogramType = answered ? ('ARQC' as const) : ('none' as const);
      return { atc, amountMinor: 1250n, currency: 702, cdcvm, cryptogramType };
    });
  }

  pinUplink(boundId: string, digits: Uint8Array): Promise<Uint8Array> {
    return this.#commit('PIN uplink', () => {
      const pin = digits.join('');
      this.pins.push(pin);
      digits.fill(0);
      this.#state.uplinkNumber += 1;
      return encode({ number: this.#state.uplinkNumber, kind: 'pin', boundId, pin });
    });
  }

  logUplink(tokenId: string): Promise<Uint8Array | undefined> {
    return this.#commit('log uplink', () => {
      const token = this.#token(tokenId);
      const settled = (record: LogRecord) => record.atc !== this.#armed?.atc;
      const records = token.log
        .filter((record) => record.seq > token.acknowledged && settled(record))
        .slice(0, 4);
      if (records.length === 0) return undefined;
      this.#state.uplinkNumber += 1;
      return encode({ number: this.#state.uplinkNumber, kind: 'log', tokenId, records });
    });
  }

  history(tokenId: string): ReturnType<Payment['history']> {
    this.#assertIdle();
    return this.#token(tokenId).log.map((record) => ({
      seq: record.seq,
      atc: record.atc,
      status: record.status,
      amountMinor: BigInt(record.amountMinor),
      currency: 702,
      merchant: 'KOPI',
      date: '261123',
      outcome: outcomeOf(record.status, record.outcome),
      ...(record.outcome === undefined ? {} : { de39: record.outcome.de39 }),
    })) as ReturnType<Payment['history']>;
  }

  // As in the kernel: while a change is on its way to the disk nothing else is taken.
  async #commit<T>(name: string, work: () => T): Promise<T> {
    this.#assertIdle();
    this.#busy = true;
    try {
      return await this.#killer.around(name, async () => {
        await Promise.resolve();
        const cause = this.#state.failNextWrite;
        if (cause !== undefined) {
          this.#state.failNextWrite = undefined;
          this.#poisoned = true;
          throw new VseRefusal(0, 'store_failed', { cause });
        }
        return work();
      });
    } finally {
      this.#busy = false;
    }
  }

  #assertIdle(): void {
    if (this.closed) throw new Error('the element was used after it was closed');
    if (this.#poisoned) throw new VseRefusal(0x103, 'poisoned');
    if (this.#busy) throw new Error('the element was used while a change was pending');
  }

  #token(tokenId: string): DoubleToken {
    const token = this.#state.tokens.get(tokenId);
    if (token === undefined) throw new DoubleRefusal('token_unknown');
    return token;
  }

  #apply(record: BundleRecord): void {
    if (record.type === 'token') {
      const { profile, lastFour } = record;
      const fresh = { profile, lastFour, sets: [], log: [], acknowledged: 0, highestAtc: 0 };
      this.#state.tokens.set(record.tokenId, fresh);
      this.#state.selected ??= record.tokenId;
      return;
    }
    const token = this.#token(record.tokenId);
    if (record.type === 'keySets') {
      for (const atc of record.atcs) {
        if (atc <= token.highestAtc) throw new DoubleRefusal('atc_not_above');
        token.highestAtc = atc;
        token.sets.push(atc);
      }
    } else if (record.type === 'logAcknowledged')
      token.acknowledged = Math.max(token.acknowledged, record.seq);
    else {
      for (const { atc, approved, de39 } of record.outcomes) {
        const entry = token.log.find((logged) => logged.atc === atc);
        if (entry !== undefined) entry.outcome = { approved, de39 };
      }
    }
  }
}
