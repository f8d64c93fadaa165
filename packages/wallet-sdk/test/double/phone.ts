// A phone for tests: what survives a kill (the element's sealed state, the wallet's file) and what it is booted into.
import { type Fetch, IssuerClient, Wallet } from '../../src/index.ts';
import { DoubleElement } from './element.ts';
import { type ElementState, newElementState } from './element-state.ts';
import type { DoubleIssuer } from './issuer.ts';
import { Killer } from './killer.ts';

export class DoublePhone {
  readonly elementState: ElementState = newElementState();
  readonly issuer: DoubleIssuer;
  walletFile: Uint8Array | undefined;
  #seed = 1;

  constructor(issuer: DoubleIssuer) {
    this.issuer = issuer;
  }

  readonly clock = {
    nowMs: () => 1_764_000_000_000,
    sleep: (ms: number, signal?: AbortSignal) => sleepUntilAborted(ms, signal),
  };

  /** A new process: everything that was not durable is gone. `line` stands between the wallet and the bank. */
  async boot(
    killer = new Killer(),
    line: Fetch = this.issuer.fetch,
  ): Promise<{ wallet: Wallet; element: DoubleElement; killer: Killer }> {
    const element = new DoubleElement(this.elementState, killer);
    const { clock } = this;
    const fetch = (url: string, init: RequestInit) =>
      killer.around(`${init.method} ${new URL(url).pathname}`, () => line(url, init));
    const link = { baseUrl: 'https://bank.example', fetch, clock, jitter: () => 0.5 };
    const wallet = await Wallet.open({
      element,
      payment: element,
      issuer: new IssuerClient(link),
      store: {
        load: async () => this.walletFile,
        save: (bytes) =>
          killer.around('wallet file', () => {
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

/** Back-offs pass at once; the limit of an attempt (with a signal) never comes. */
export function sleepUntilAborted(_ms: number, signal?: AbortSignal): Promise<void> {
  if (signal === undefined) return Promise.resolve();
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
