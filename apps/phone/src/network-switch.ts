// "Network off" as a switch in the phone: it cuts phone → issuer, also what is under way, and nothing else. The tap
// link stands for NFC and does not pass here.
import type { Fetch } from '@tapseal/wallet-sdk';

export class NetworkSwitch {
  readonly #fetch: Fetch;
  #line = new AbortController();

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  get up(): boolean {
    return !this.#line.signal.aborted;
  }

  set(up: boolean): void {
    if (!up) this.#line.abort();
    else if (!this.up) this.#line = new AbortController();
  }

  readonly fetch: Fetch = async (url, init) => {
    const { signal } = this.#line;
    signal.throwIfAborted();
    const both = init.signal instanceof AbortSignal ? AbortSignal.any([init.signal, signal]) : signal;
    return this.#fetch(url, { ...init, signal: both });
  };
}
