// The element's sealed state as a file (docs/layouts.md §6): opaque here, authenticated inside the element.
import type { SealedStateStore } from '@tapseal/vse';
import type { AtomicFile } from './atomic-file.ts';

export class SealedStateFile implements SealedStateStore {
  readonly #file: AtomicFile;
  readonly #assertOwner: () => Promise<void>;
  #generation = -1n;

  /** `assertOwner` rejects when this process has lost the wallet to another one. */
  constructor(file: AtomicFile, assertOwner: () => Promise<void>) {
    this.#file = file;
    this.#assertOwner = assertOwner;
  }

  load(): Promise<Uint8Array | undefined> {
    return this.#file.load();
  }

  /** Generations rise: writing an older one over a newer one would bring spent keys back. */
  async persist(generation: bigint, sealed: Uint8Array): Promise<void> {
    if (generation <= this.#generation) throw new RangeError(`generation ${generation} is not new`);
    await this.#assertOwner();
    await this.#file.replace(sealed);
    this.#generation = generation;
  }
}
