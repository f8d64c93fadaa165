/**
 * A PIN typed on the keyboard: no echo, not even of its length, and no string of it.
 */
import type { ReadStream, WriteStream } from 'node:tty';

export const PIN_DIGITS_MIN = 4;
export const PIN_DIGITS_MAX = 12;

const [CTRL_C, BACKSPACE, LINE_FEED, RETURN, CTRL_D, DELETE] = [3, 8, 10, 13, 4, 127];

/** ASCII digits, or undefined when there is nobody to type or they gave up. The caller overwrites them. */
export async function promptPin(input: ReadStream, output: WriteStream): Promise<Uint8Array | undefined> {
  if (!input.isTTY) return undefined;
  output.write('PIN (on the phone): ');
  input.setRawMode(true);
  input.resume();
  try {
    return await typed(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write('\n');
  }
}

function typed(input: ReadStream): Promise<Uint8Array | undefined> {
  const entry = new PinEntry();
  return new Promise((resolve) => {
    const onData = (chunk: Buffer): void => {
      const state = entry.push(chunk);
      chunk.fill(0);
      if (state === 'typing') return;
      input.off('data', onData);
      resolve(state === 'given_up' ? undefined : entry.take());
    };
    input.on('data', onData);
  });
}

/** The keys of one entry: digits, backspace, return when there are enough, Ctrl-C or Ctrl-D to give up. */
export class PinEntry {
  readonly #digits = new Uint8Array(PIN_DIGITS_MAX);
  #length = 0;

  push(keys: Uint8Array): 'typing' | 'done' | 'given_up' {
    for (const key of keys) {
      if (key === CTRL_C || key === CTRL_D) {
        this.take();
        return 'given_up';
      }
      if (key === RETURN || key === LINE_FEED) {
        if (this.#length >= PIN_DIGITS_MIN) return 'done';
      } else if (key === BACKSPACE || key === DELETE) {
        if (this.#length > 0) this.#digits[--this.#length] = 0;
      } else if (key >= 0x30 && key <= 0x39 && this.#length < PIN_DIGITS_MAX) {
        this.#digits[this.#length++] = key;
      }
    }
    return 'typing';
  }

  /** The digits, once: the entry forgets them. */
  take(): Uint8Array {
    const pin = this.#digits.slice(0, this.#length);
    this.#digits.fill(0);
    this.#length = 0;
    return pin;
  }
}
