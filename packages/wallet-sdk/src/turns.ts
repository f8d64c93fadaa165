// One at a time. The secure element runs one command, and while a change of its state is on the way to the disk it
// takes no other: whoever wants the element waits for its turn. First come, first served.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when everything that asked before is done; a failure of theirs is not ours. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }

  /** Waits for the turn and keeps it until `release` is called; calling it twice does nothing more. */
  async hold(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    await new Promise<void>((started) => {
      void this.take(() => {
        started();
        return promise;
      });
    });
    return resolve;
  }
}
