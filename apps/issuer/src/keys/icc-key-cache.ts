/**
 * ICC master keys of the tokens that tapped last, so that a tap costs two session keys and two MACs. Bounded; a key
 * that leaves is wiped.
 */

import { wipe } from '@tapseal/emv';

export interface IccKeys {
  readonly md: Uint8Array;
  readonly umd: Uint8Array;
}

export class IccKeyCache {
  readonly #entries = new Map<string, IccKeys>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** The keys of `name`, derived by `derive` when they are not here. Do not keep them: they may be wiped. */
  get(name: string, derive: () => IccKeys): IccKeys {
    const held = this.#entries.get(name);
    // A Map keeps the order of insertion: what is used goes to the end, what is oldest stands first.
    if (held) this.#entries.delete(name);
    const keys = held ?? derive();
    this.#entries.set(name, keys);
    if (this.#entries.size > this.#max) {
      const [oldest, oldestKeys] = this.#entries.entries().next().value!;
      this.#entries.delete(oldest);
      wipe(oldestKeys.md, oldestKeys.umd);
    }
    return keys;
  }

  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    for (const { md, umd } of this.#entries.values()) wipe(md, umd);
    this.#entries.clear();
  }
}
