// The phone: a wallet, a network that can be switched off, and one presentation at a time. What the control port can
// ask of it is this class; the tap link reaches the secure element alone.
import type { Duplex } from 'node:stream';
import {
  type Clock,
  type DigitisationRequest,
  elementIsGone,
  refusalName,
  type Tap,
  type TapEnd,
  type Wallet,
} from '@tapseal/wallet-sdk';
import type { OpenWallet } from '@tapseal/wallet-sdk/node';
import { type Log, logWalletEvent } from './log.ts';
import type { NetworkSwitch } from './network-switch.ts';
import { PhoneRefusal } from './refusals.ts';
import { type LinkEnd, serveReader } from './tap-link.ts';

export interface PhoneParts {
  /** Opens the wallet; asked again when the element had to be discarded. */
  readonly openWallet: () => Promise<OpenWallet>;
  /** Connects to a terminal on this machine. */
  readonly connect: (host: string, port: number) => Promise<Duplex>;
  readonly network: NetworkSwitch;
  readonly clock: Clock;
  readonly log: Log;
  readonly linkIdleMs?: number;
}

export interface Presentation {
  /** A cryptogram was given out. Whether it was paid is not known here. */
  readonly presented: boolean;
  readonly link: LinkEnd;
  readonly tap?: NonNullable<TapEnd['presented']>;
  readonly armed?: TapEnd['armed'];
  /** The cryptogram is out, but its log record could not be stored: the log will say *outcome unknown*. */
  readonly refusal?: string;
}

/** An armed phone may wait for the merchant as long as its unlock lasts (docs/profiles.md §7). */
export const LINK_IDLE_MS = 120_000;

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

export class Phone {
  readonly #parts: PhoneParts;
  #opened: Promise<OpenWallet> | undefined;
  #presenting: AbortController | undefined;
  #presentation: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(parts: PhoneParts) {
    this.#parts = parts;
  }

  static async start(parts: PhoneParts): Promise<Phone> {
    const phone = new Phone(parts);
    await phone.#wallet();
    return phone;
  }

  status() {
    return this.#with(async (wallet) => {
      const { tokens, ...status } = await wallet.status();
      const presenting = this.#presenting !== undefined;
      return { ...status, network: this.#parts.network.up, presenting, cards: tokens };
    });
  }

  enrol(activationCode: string) {
    return this.#with((wallet) => wallet.enrol(activationCode));
  }

  digitise(request: DigitisationRequest) {
    return this.#with((wallet) => wallet.digitise(request));
  }

  select(tokenId: string) {
    return this.#with((wallet) => wallet.select(tokenId));
  }

  /** An unlock arms a key set: a wallet that has none left asks the bank first, where there is a network. */
  async unlock() {
    try {
      return await this.#with((wallet) => wallet.unlock());
    } catch (error) {
      if (refusalName(error) !== 'no_keys_left' || !this.#parts.network.up) throw error;
      // Unreachable or not: what the customer asked for fails for want of keys.
      await this.sync().catch(() => Promise.reject(error));
      return await this.#with((wallet) => wallet.unlock());
    }
  }

  lock() {
    return this.#with((wallet) => wallet.lock());
  }

  enterPin(digits: Uint8Array) {
    return this.#with((wallet) => wallet.enterPin(digits));
  }

  sync() {
    return this.#with((wallet) => wallet.sync());
  }

  setNetwork(up: boolean): void {
    this.#parts.network.set(up);
    this.#parts.log('network', { up });
  }

  history() {
    return this.#with(async (wallet) => {
      const { tokens } = await wallet.status();
      const histories = tokens.map(async ({ tokenId }) =>
        (await wallet.history(tokenId)).map((entry) => ({ tokenId, ...entry })),
      );
      return (await Promise.all(histories)).flat();
    });
  }

  /** Holds the phone to the reader at `host:port` until the link ends. Refuses hosts that are not this machine. */
  async present(host: string, port: number): Promise<Presentation> {
    if (!LOOPBACK.has(host)) throw new PhoneRefusal('reader_not_on_this_machine');
    if (this.#presenting !== undefined) throw new PhoneRefusal('tap_in_progress');
    const presenting = new AbortController();
    this.#presenting = presenting;
    try {
      const presentation = this.#with((wallet) => this.#presentAt(wallet, host, port, presenting.signal));
      this.#presentation = presentation.catch(() => {});
      return await presentation;
    } finally {
      this.#presenting = undefined;
    }
  }

  /** The customer takes the phone away; answers whether it was being presented. */
  withdraw(): boolean {
    this.#presenting?.abort();
    return this.#presenting !== undefined;
  }

  /** Ends a presentation, locks, closes the element. */
  async close(): Promise<void> {
    this.#closed = true;
    // A conversation with the bank can be had again; waiting for its answer could take a minute.
    this.#parts.network.set(false);
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    // Locked before the presentation ends: what would be armed after it could only be burnt.
    const locked = opened?.wallet.lock().catch(() => {});
    this.withdraw();
    await Promise.all([this.#presentation, locked]);
    await opened?.close();
  }

  async #presentAt(
    wallet: Wallet,
    host: string,
    port: number,
    withdrawn: AbortSignal,
  ): Promise<Presentation> {
    const stream = await this.#parts.connect(host, port).catch((error: unknown) => {
      throw new PhoneRefusal('reader_unreachable', error);
    });
    let tap: Tap;
    try {
      tap = await wallet.beginTap();
    } catch (error) {
      stream.destroy();
      throw error;
    }
    const { clock, linkIdleMs: idleMs = LINK_IDLE_MS } = this.#parts;
    let link: LinkEnd;
    try {
      link = await serveReader(stream, tap, { clock, idleMs, withdrawn });
    } catch (bug) {
      await wallet.endTap(tap);
      throw bug;
    }
    return this.#endTap(wallet, tap, link);
  }

  async #endTap(wallet: Wallet, tap: Tap, link: LinkEnd): Promise<Presentation> {
    try {
      const { presented, armed } = await wallet.endTap(tap);
      return { presented: presented !== undefined, link, armed, ...(presented ? { tap: presented } : {}) };
    } catch (error) {
      const refusal = refusalName(error);
      if (refusal === undefined) throw error;
      await this.#reopenIfGone(error);
      return { presented: tap.gaveCryptogram, link, refusal };
    }
  }

  async #with<T>(work: (wallet: Wallet) => Promise<T>): Promise<T> {
    const { wallet } = await this.#wallet();
    try {
      return await work(wallet);
    } catch (error) {
      await this.#reopenIfGone(error);
      throw error;
    }
  }

  #wallet(): Promise<OpenWallet> {
    if (this.#closed) return Promise.reject(new PhoneRefusal('phone_closing'));
    if (this.#opened === undefined) {
      const opening = this.#open();
      this.#opened = opening;
      // What did not open is tried again by whoever asks next.
      opening.catch(() => {
        if (this.#opened === opening) this.#opened = undefined;
      });
    }
    return this.#opened;
  }

  async #open(): Promise<OpenWallet> {
    const opened = await this.#parts.openWallet();
    opened.wallet.on((event) => {
      logWalletEvent(this.#parts.log, event);
      if (event.event === 'keysLow' && this.#parts.network.up) this.#replenish();
    });
    return opened;
  }

  /** docs/profiles.md §4. Nobody waits for it: what fails now is asked for again after the next tap. */
  #replenish(): void {
    this.sync().catch((error: unknown) => {
      this.#parts.log('replenishment_failed', { reason: refusalName(error) ?? 'unknown' });
    });
  }

  // After a failed write, only what is on the disk can tell what is true: a new element is booted from it.
  async #reopenIfGone(error: unknown): Promise<void> {
    if (!elementIsGone(error)) return;
    this.#parts.log('element_discarded', { reason: refusalName(error) ?? 'unknown' });
    const opened = this.#opened;
    this.#opened = undefined;
    await (await opened)?.close();
  }
}
