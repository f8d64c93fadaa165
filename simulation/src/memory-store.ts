// A sealed-state store in memory, for tests and the bench: remembers every generation it was given.
import type { SealedStateStore } from '@tapseal/vse';

export class MemoryStore implements SealedStateStore {
  readonly generations: Uint8Array[] = [];

  async load(): Promise<Uint8Array | undefined> {
    return this.generations.at(-1)?.slice();
  }

  async persist(_generation: bigint, sealed: Uint8Array): Promise<void> {
    this.generations.push(sealed.slice());
  }
}
