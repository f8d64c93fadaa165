/**
 * The acquirer's line to the bank: requests go out framed, answers come back in any order and are matched by message
 * type, STAN (DE 11) and terminal (DE 41). Knows no socket: `connect` gives it a wire.
 */
import { encodeFrame, FrameDecoder, type Message, pack, responseMti, unpack } from '@tapseal/iso8583';
import type { Clock } from '../clock.ts';

/** A connected byte stream. */
export interface Wire {
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface WireEvents {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onClosed: () => void;
}

/** Undefined when there is nobody at the other end (in time). */
export type Connect = (events: WireEvents) => Promise<Wire | undefined>;

/** `not_sent`: nothing left this terminal. `no_answer`: the bank may have seen it, or not. */
export type LinkAnswer = Message | 'not_sent' | 'no_answer';

export type LinkEvent =
  | 'connected'
  | 'disconnected'
  | 'answer_malformed'
  | 'answer_unexpected'
  | 'framing_lost';

export interface AcquirerLinkOptions {
  readonly connect: Connect;
  readonly clock: Clock;
  readonly answerMs: number;
  readonly onEvent?: (event: LinkEvent) => void;
}

export class AcquirerLink {
  readonly #options: AcquirerLinkOptions;
  readonly #waiting = new Map<string, (answer: Message | 'no_answer') => void>();
  #wire: Wire | undefined;
  #connecting: Promise<Wire | undefined> | undefined;

  constructor(options: AcquirerLinkOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#wire !== undefined;
  }

  /** Sends one message (connecting if need be) and waits for its answer. Two requests with one STAN at a time are a bug. */
  async request(message: Message): Promise<LinkAnswer> {
    const packed = pack(message);
    if (!packed.ok)
      throw new Error(`a request that cannot be packed: ${packed.error.field} ${packed.error.reason}`);
    const wire = await this.#connected();
    if (wire === undefined) return 'not_sent';
    const key = answerKey({ ...message, mti: responseMti(message.mti)! });
    if (this.#waiting.has(key)) throw new Error('two requests with one STAN at once');
    return new Promise((resolve) => {
      const settle = (answer: Message | 'no_answer'): void => {
        cancel();
        this.#waiting.delete(key);
        resolve(answer);
      };
      const cancel = this.#options.clock.after(this.#options.answerMs, () => settle('no_answer'));
      this.#waiting.set(key, settle);
      wire.send(encodeFrame(packed.bytes));
    });
  }

  close(): void {
    this.#wire?.close();
    this.#lost();
  }

  #connected(): Promise<Wire | undefined> {
    if (this.#wire !== undefined) return Promise.resolve(this.#wire);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Wire | undefined> {
    const decoder = new FrameDecoder();
    let wire: Wire | undefined;
    let closed = false;
    wire = await this.#options.connect({
      onBytes: (bytes) => {
        const { messages, refusal } = decoder.push(bytes);
        for (const message of messages) this.#answer(message);
        if (refusal === null) return;
        this.#event('framing_lost');
        wire?.close();
      },
      onClosed: () => {
        closed = true;
        if (wire !== undefined && wire === this.#wire) this.#lost();
      },
    });
    if (wire === undefined || closed) return undefined;
    this.#wire = wire;
    this.#event('connected');
    return wire;
  }

  #answer(bytes: Uint8Array): void {
    const unpacked = unpack(bytes);
    if (!unpacked.ok) {
      this.#event('answer_malformed');
      return;
    }
    const settle = this.#waiting.get(answerKey(unpacked.message));
    // Without one: a late answer to a request that was given up, or none of ours.
    if (settle === undefined) this.#event('answer_unexpected');
    else settle(unpacked.message);
  }

  #lost(): void {
    if (this.#wire === undefined) return;
    this.#wire = undefined;
    this.#event('disconnected');
    for (const settle of [...this.#waiting.values()]) settle('no_answer');
  }

  #event(event: LinkEvent): void {
    this.#options.onEvent?.(event);
  }
}

function answerKey(message: Message): string {
  return `${message.mti} ${message.fields[11] ?? ''} ${message.fields[41] ?? ''}`;
}
