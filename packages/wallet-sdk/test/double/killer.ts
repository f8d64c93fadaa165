// Stands for the power button. Every boundary that a wallet crosses (a write, a command of the element, a request)
// passes here; at the chosen one the process dies: this crossing and all later ones have no effect any more.

export class Killed extends Error {
  override readonly name = 'Killed';
}

export class Killer {
  /** The boundaries that were crossed, in order. */
  readonly crossed: string[] = [];
  readonly #at: number;

  /** Dies at the crossing with this number, from 1; never with 0. */
  constructor(at = 0) {
    this.#at = at;
  }

  get dead(): boolean {
    return this.#at > 0 && this.crossed.length >= this.#at;
  }

  cross(boundary: string): void {
    if (this.dead) throw new Killed(boundary);
    this.crossed.push(boundary);
    if (this.dead) throw new Killed(boundary);
  }

  /** The work has happened or has not, and in both cases the process may not have lived to see it. */
  async around<T>(boundary: string, work: () => T | Promise<T>): Promise<T> {
    this.cross(`before ${boundary}`);
    const result = await work();
    this.cross(`after ${boundary}`);
    return result;
  }
}
