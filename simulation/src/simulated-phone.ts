// A phone in this process: the wallet SDK around the real secure element, with its stores in memory and the simulation's
// clock. What a customer's hands do is here too: unlock, enter the PIN, hold the phone to a reader, take it away.
import { PaymentClient } from '@tapseal/ta-payment';
import type { Transceive } from '@tapseal/terminal';
import { VirtualSecureElement } from '@tapseal/vse';
import { IssuerClient, refusalName, type Tap, Wallet } from '@tapseal/wallet-sdk';
import { MemoryStore } from './memory-store.ts';

/** EMV 4.4 Book 3, 6.5: the instruction bytes at which a tap may break off. */
const INS_GET_PROCESSING_OPTIONS = 0xa8;
const INS_GENERATE_AC = 0xae;

/** Where the customer takes the phone away too soon: before a cryptogram was made, or before the terminal had it. */
export type BreakOff = 'before_cryptogram' | 'after_cryptogram' | undefined;

export interface SimulatedPhoneOptions {
  readonly kernel: WebAssembly.Module;
  readonly issuerUrl: string;
  readonly nowMs: () => number;
  readonly entropy: (length: number) => Uint8Array;
}

export class SimulatedPhone {
  readonly wallet: Wallet;
  /** Cuts phone → issuer, nothing else. */
  readonly network: { up: boolean };
  #leave: (() => Promise<unknown>) | undefined;
  #ending: Promise<unknown> = Promise.resolve();

  private constructor(wallet: Wallet, network: { up: boolean }) {
    this.wallet = wallet;
    this.network = network;
  }

  static async open({ kernel, issuerUrl, nowMs, entropy }: SimulatedPhoneOptions): Promise<SimulatedPhone> {
    const element = await VirtualSecureElement.boot(kernel, {
      entropy: entropy(64),
      platformSecret: entropy(32),
      fingerprint: entropy(32),
      installation: entropy(16),
      store: new MemoryStore(),
      nowSeconds: () => Math.floor(nowMs() / 1000),
    });
    // Nobody waits here: the bank answers, or the network is off and the wallet does not ask.
    const clock = { nowMs, sleep: (_ms: number, signal?: AbortSignal) => untilAborted(signal) };
    const network = { up: true };
    const issuer = new IssuerClient({
      baseUrl: issuerUrl,
      fetch,
      clock,
      jitter: () => 0,
      online: () => network.up,
      limits: { attempts: 1 },
    });
    let saved: Uint8Array | undefined;
    const store = {
      load: async () => saved,
      save: async (bytes: Uint8Array) => {
        saved = bytes;
      },
    };
    const payment = new PaymentClient(element);
    const wallet = await Wallet.open({ element, payment, issuer, store, clock, entropy });
    return new SimulatedPhone(wallet, network);
  }

  /** Unlocks, enters the PIN if there is one, and enters the reader's field; or the name of what forbade it. */
  async hold(
    pin: string | undefined,
    breakOff: BreakOff,
  ): Promise<Transceive | { readonly refusal: string }> {
    await this.settled();
    try {
      await this.wallet.unlock();
      if (pin !== undefined) await this.wallet.enterPin(new TextEncoder().encode(pin));
      const tap = await this.wallet.beginTap();
      this.#leave = () => this.wallet.endTap(tap);
      return linkOf(tap, breakOff);
    } catch (error) {
      const refusal = refusalName(error);
      if (refusal === undefined) throw error;
      return { refusal };
    }
  }

  leave(): void {
    const end = this.#leave;
    this.#leave = undefined;
    if (end !== undefined) this.#ending = end().then(() => this.wallet.lock());
  }

  /** Resolves when the last tap is durable and the phone locked. */
  async settled(): Promise<void> {
    await this.#ending;
  }

  async close(): Promise<void> {
    await this.settled();
    await this.wallet.close();
  }
}

function linkOf(tap: Tap, breakOff: BreakOff): Transceive {
  let gone = false;
  return async (command) => {
    const ins = command[1];
    if (breakOff === 'before_cryptogram' && ins === INS_GET_PROCESSING_OPTIONS) gone = true;
    if (gone) return 'link_lost';
    const answer = tap.exchange(command);
    await tap.settle();
    if (breakOff === 'after_cryptogram' && ins === INS_GENERATE_AC) gone = true;
    return gone ? 'link_lost' : answer;
  };
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
