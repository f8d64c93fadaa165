// What the wallet tells the app. No event carries a token's digits, a cryptogram or anything that opens something.
// A tap is *presented*, never paid: the phone does not know what the bank decided until a sync brings it.
import type { TapSummary } from './element.ts';

export type WalletEvent =
  | { readonly event: 'enrolled'; readonly deviceId: string }
  | { readonly event: 'digitised'; readonly tokenId: string; readonly decision: string }
  | { readonly event: 'armed'; readonly atc: number; readonly keySetsLeft: number }
  | { readonly event: 'presented'; readonly tokenId: string; readonly tap: TapSummary }
  | { readonly event: 'keysLow'; readonly tokenId: string; readonly keySetsLive: number }
  | { readonly event: 'bundleApplied' }
  /** The element answered with a refusal in its receipt: the bank knows, nothing in the wallet changed. */
  | { readonly event: 'bundleRefused'; readonly status: number }
  | { readonly event: 'synced'; readonly bundles: number; readonly logRecords: number };

export class Listeners {
  readonly #listeners = new Set<(event: WalletEvent) => void>();

  /** Returns the function that takes the listener off again. */
  add(listener: (event: WalletEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Listeners run after the step that tells them, so none can break it half way. */
  tell(event: WalletEvent): void {
    for (const listener of this.#listeners) queueMicrotask(() => listener(event));
  }
}
