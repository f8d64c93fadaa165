// The wallet: what a bank's app calls. It holds no key and decides nothing about a payment: the element does the
// one, the bank the other. Clock, entropy, network and storage are the host's (see `node/` for a phone on Node).
import { type Card, uuidText } from '@tapseal/protocol';
import { type Bank, credentialOf, keyMaker } from './bank.ts';
import type { Clock } from './clock.ts';
import { type DigitisationRequest, digitise } from './digitisation.ts';
import type { Armed, HistoryEntry, Payment, SecureElement, TokenSummary } from './element.ts';
import { enrol } from './enrolment.ts';
import { Listeners, type WalletEvent } from './events.ts';
import type { Digitisation, IssuerClient } from './issuer-client.ts';
import { isPin, toDigitValues } from './pin.ts';
import { elementIsGone, WalletRefusal } from './refusals.ts';
import { WalletMemory, type WalletStateStore } from './state.ts';
import { type SyncReport, sync } from './sync.ts';
import { Tap, type TapEnd } from './tap.ts';
import { Turns } from './turns.ts';

/** docs/profiles.md §4: replenish at 5 left. */
export const REPLENISH_AT = 5;

export interface WalletParts {
  readonly element: SecureElement;
  readonly payment: Payment;
  readonly issuer: IssuerClient;
  readonly store: WalletStateStore;
  readonly clock: Clock;
  /** `length` fresh random bytes: for idempotency keys, never for keys. */
  readonly entropy: (length: number) => Uint8Array;
  readonly replenishAt?: number;
}

export interface WalletStatus {
  readonly state: 'new' | 'enrolling' | 'enrolled' | 'ready';
  /** The element's own name, known to the bank once enrolled. */
  readonly deviceId: string;
  /** The wallet's own view: the element ends an unlock by itself, after 120 s or 5 arms. */
  readonly unlocked: boolean;
  /** The kernel was built with the published test root: never for live payments. */
  readonly trustsTestRoot: boolean;
  /** What the last arming answered, while its set has not been presented. */
  readonly armed: Armed | undefined;
  readonly digitisationPending: boolean;
  readonly lastSyncMs: number | undefined;
  readonly tokens: readonly TokenSummary[];
}

export class Wallet {
  readonly #parts: WalletParts;
  readonly #bank: Bank;
  readonly #element = new Turns();
  /** Conversations with the bank, one at a time: uplinks are numbered and may not overtake each other. */
  readonly #conversations = new Turns();
  #syncing: Promise<SyncReport> | undefined;
  #unlocked = false;
  #armed: Armed | undefined;
  #tap: Tap | undefined;
  #closed = false;

  private constructor(parts: WalletParts, memory: WalletMemory) {
    this.#parts = parts;
    const { element, issuer, entropy } = parts;
    const listeners = new Listeners();
    this.#bank = { element, issuer, memory, listeners, turns: this.#element, newKey: keyMaker(entropy) };
  }

  /** Throws `storage_corrupt`. */
  static async open(parts: WalletParts): Promise<Wallet> {
    return new Wallet(parts, await WalletMemory.open(parts.store));
  }

  /** Returns the function that ends the subscription. */
  on(listener: (event: WalletEvent) => void): () => void {
    return this.#bank.listeners.add(listener);
  }

  async status(): Promise<WalletStatus> {
    const { device, enrolment, digitisation, lastSyncMs } = this.#bank.memory.state;
    const tokens = await this.#read(() => this.#parts.payment.tokens());
    const ready = tokens.some((token) => token.state === 'active');
    return {
      state:
        device !== undefined ? (ready ? 'ready' : 'enrolled') : enrolment !== undefined ? 'enrolling' : 'new',
      deviceId: uuidText(this.#parts.element.deviceId),
      unlocked: this.#unlocked,
      trustsTestRoot: this.#parts.element.trustsTestRoot,
      armed: this.#armed,
      digitisationPending: digitisation !== undefined,
      lastSyncMs,
      tokens,
    };
  }

  /** What each tap became, as far as the wallet knows. */
  history(tokenId: string): Promise<HistoryEntry[]> {
    return this.#read(() => this.#parts.payment.history(tokenId));
  }

  enrol(activationCode: string): Promise<void> {
    return this.#converse(() => enrol(this.#bank, activationCode));
  }

  /** The customer's own cards, by the bank's word. */
  cards(): Promise<readonly Card[]> {
    return this.#converse(() => this.#parts.issuer.cards(credentialOf(this.#bank)));
  }

  digitise(request: DigitisationRequest): Promise<Digitisation> {
    return this.#converse(() => digitise(this.#bank, this.#parts.payment, request));
  }

  /** Who asks while a sync is running gets that one's report. */
  sync(): Promise<SyncReport> {
    this.#syncing ??= this.#converse(async () => {
      const report = await sync(this.#bank, this.#parts.payment, this.#parts.replenishAt ?? REPLENISH_AT);
      const lastSyncMs = this.#parts.clock.nowMs();
      await this.#bank.memory.change((state) => ({ ...state, lastSyncMs }));
      return report;
    }).finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  select(tokenId: string): Promise<void> {
    return this.#between(() => this.#parts.payment.select(tokenId));
  }

  /**
   * The platform's unlock, or the customer's gesture: allows arming and arms the next key set (docs/profiles.md §7).
   * Throws the element's `no_keys_left`, `log_full`, `card_not_active`, `arm_rate_limited`; `tap_in_progress`.
   */
  unlock(): Promise<Armed> {
    return this.#between(async () => {
      this.#parts.payment.unlock();
      this.#unlocked = true;
      return this.#setArmed(await this.#parts.payment.arm());
    });
  }

  /** Locks at once for everything that comes after; during a tap nothing more will be armed. */
  async lock(): Promise<void> {
    this.#unlocked = false;
    this.#armed = undefined;
    await this.#read(() => this.#parts.payment.lock());
  }

  /** 4 to 12 ASCII digits, overwritten whatever happens. Throws `pin_malformed`, the element's `not_armed`. */
  async enterPin(digits: Uint8Array): Promise<void> {
    try {
      if (!isPin(digits)) throw new WalletRefusal('pin_malformed');
      await this.#read(() => this.#parts.payment.enterPin(toDigitValues(digits)));
    } finally {
      digits.fill(0);
    }
  }

  /** The phone enters a reader's field. Waits for a running change of the element; throws `tap_in_progress`. */
  async beginTap(): Promise<Tap> {
    if (this.#tap !== undefined) throw new WalletRefusal('tap_in_progress');
    this.#assertOpen();
    let release = () => {};
    const tap = new Tap(
      this.#parts.payment,
      () => this.#unlocked && !this.#closed,
      () => {
        this.#tap = undefined;
        release();
      },
    );
    this.#tap = tap;
    const held = this.#element.hold();
    await tap.turns.take(async () => {
      release = await held;
    });
    return tap;
  }

  /** The phone has left the field: the log is durable, the next set armed if that is allowed. */
  async endTap(tap: Tap): Promise<TapEnd> {
    this.#armed = undefined;
    const end = await tap.end();
    if ('refusal' in end.armed) this.#unlocked &&= end.armed.refusal !== 'wallet_locked';
    else if (this.#unlocked) this.#setArmed(end.armed);
    const selected = (await this.#read(() => this.#parts.payment.tokens())).find((token) => token.selected);
    if (selected === undefined) return end;
    const { tokenId, keySetsLive } = selected;
    if (end.presented !== undefined) {
      this.#bank.listeners.tell({ event: 'presented', tokenId, tap: end.presented });
    }
    if (keySetsLive <= (this.#parts.replenishAt ?? REPLENISH_AT)) {
      this.#bank.listeners.tell({ event: 'keysLow', tokenId, keySetsLive });
    }
    return end;
  }

  /** Locks, waits for what is running, lets go of the element. An armed set is burnt by this. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#unlocked = false;
    try {
      if (this.#tap !== undefined) await this.endTap(this.#tap);
      await this.lock();
    } catch (error) {
      // An element that is gone has nothing left to end or to lock.
      if (!elementIsGone(error)) throw error;
    }
    this.#closed = true;
    await this.#conversations.take(() => {});
    await this.#element.take(() => this.#parts.element.close());
  }

  #setArmed(armed: Armed): Armed {
    this.#armed = armed;
    this.#bank.listeners.tell({ event: 'armed', ...armed });
    return armed;
  }

  #converse<T>(work: () => Promise<T>): Promise<T> {
    return this.#conversations.take(() => {
      this.#assertOpen();
      return work();
    });
  }

  // Something that takes no write: during a tap it goes between two APDUs, else it waits for its turn.
  #read<T>(work: () => T): Promise<T> {
    const turns = this.#tap?.turns ?? this.#element;
    return turns.take(() => {
      this.#assertOpen();
      return work();
    });
  }

  // Something that changes the element's state: not during a tap.
  #between<T>(work: () => Promise<T>): Promise<T> {
    if (this.#tap !== undefined) return Promise.reject(new WalletRefusal('tap_in_progress'));
    return this.#element.take(() => {
      this.#assertOpen();
      return work();
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw new WalletRefusal('wallet_closed');
  }
}
