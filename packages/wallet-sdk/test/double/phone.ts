// A phone for tests: what survives a kill (the element's sealed state, the wallet's file) and what it is booted into.
import { type Fetch, IssuerClient, type Payment, type SecureElement, Wallet } from '../../src/index.ts';
import { DoubleElement } from './element.ts';
import { type ElementState, newElementState } from './element-state.ts';
import type { DoubleIssuer } from './issuer.ts';
import { Killer } from './killer.ts';

/** Boots an element from what is durable in it. */
export type Boot<E> = (killer: Killer) => Promise<{ readonly element: E; readonly payment: Payment }>;

/** A phone around any element; `DoublePhone` has the double in it. */
export class PhoneAround<E extends SecureElement> {
  readonly issuer: DoubleIssuer;
  walletFile: Uint8Array | undefined;
  readonly #boot: Boot<E>;
  #seed = 1;

  constructor(issuer: DoubleIssuer, boot: Boot<E>) {
    this.issuer = issuer;
    this.#boot = boot;
  }

  readonly clock = {
    nowMs: () => 1_795_000_000_000,
    sleep: (ms: number, signal?: AbortSignal) => sleepUntilAborted(ms, signal),
  };

  /** A new process: everything that was not durable is gone. `line` stands between the wallet and the bank. */
  async boot(
    killer = new Killer(),
    line: Fetch = this.issuer.fetch,
  ): Promise<{ wallet: Wallet; element: E; killer: Killer }> {
    const { clock } = this;
    const fetch = (url: string, init: RequestInit) =>
      killer.around(`${init.method} ${new URL(url).pathname}`, () => line(url, init));
    const { element, payment } = await this.#boot(killer);
    const wallet = await Wallet.open({
      element,
      payment,
      issuer: new IssuerClient({ baseUrl: 'https://bank.example', fetch, clock, jitter: () => 0.5 }),
      store: {
        load: async () => this.walletFile,
        save: (bytes) =>
          killer.around('wallet file', async () => {
            // A disk takes its time: who does not wait for it is overtaken by the next step.
            await new Promise((resolve) => setImmediate(resolve));
            this.walletFile = bytes;
          }),
      },
      clock,
      entropy: (length) => this.#entropy(length),
    });
    return { wallet, element, killer };
  }

  // Distinct and repeatable; keys of requests need no more in a test.
  #entropy(length: number): Uint8Array {
    this.#seed += 1;
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(length - 4, this.#seed);
    return bytes;
  }
}

export class DoublePhone extends PhoneAround<DoubleElement> {
  readonly elementState: ElementState;

  constructor(issuer: DoubleIssuer) {
    const state = newElementState();
    super(issuer, async (killer) => {
      const element = new DoubleElement(state, killer);
      return { element, payment: element };
    });
    this.elementState = state;
  }
}

/** Back-offs pass at once; the limit of an attempt (with a signal) never comes. */
export function sleepUntilAborted(_ms: number, signal?: AbortSignal): Promise<void> {
  if (signal === undefined) return Promise.resolve();
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
