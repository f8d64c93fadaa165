/**
 * The terminal's end of the tap link, docs/layouts.md §7: it listens, a phone connects, one at a time, as a contactless
 * field holds one card. The link is TCP here; what goes over it is PC/SC's vpcd framing.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { encodeTapLinkFrame, TAP_LINK_CONTROL, TapLinkDecoder } from '@tapseal/protocol';
import type { Clock } from './clock.ts';
import type { LinkFailure, Transceive } from './kernel/index.ts';

/** A phone in the field, powered and answering. */
export interface Phone {
  readonly transceive: Transceive;
  /** Powers the phone off and ends the link. */
  leave(): void;
}

export type TapLinkEvent =
  | 'phone_in_field'
  | 'phone_left'
  /** It came before a sale wanted it. */
  | 'phone_waits'
  /** A second phone while one is in the field: EMV Contactless Book A 2.11, 6.1 (collision). It is sent away. */
  | 'collision'
  /** A phone waited longer than `waitMs` and no sale wanted it. */
  | 'nobody_charged'
  /** Not the framing or order of the link: closed. */
  | 'link_broken';

export interface TapLinkOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  /** How long a phone may take for one answer. */
  readonly answerMs?: number;
  /** How long a phone that came before the sale is kept waiting. */
  readonly waitMs?: number;
  readonly onEvent?: (event: TapLinkEvent) => void;
}

export const ANSWER_MS = 3_000;
export const WAIT_MS = 10_000;
/** Connections beyond the one in the field are closed at once; more than this many are not even accepted. */
const CONNECTIONS_MAX = 8;

/** Turns of the event loop in which a hang-up that has already arrived becomes known. */
const TURNS_TO_LEAVE = 4;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export class TapLink {
  readonly port: number;
  readonly #server: Server;
  readonly #options: Required<TapLinkOptions>;
  #inField: FieldPhone | undefined;
  #wanted: ((phone: Phone | 'closed') => void) | undefined;
  #closed = false;

  private constructor(server: Server, options: Required<TapLinkOptions>) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (socket) => void this.#enter(socket));
  }

  static listen(options: TapLinkOptions): Promise<TapLink> {
    const server = createServer({ noDelay: true });
    server.maxConnections = CONNECTIONS_MAX;
    const all = { answerMs: ANSWER_MS, waitMs: WAIT_MS, onEvent: () => undefined, ...options };
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, () => {
        server.off('error', reject);
        resolve(new TapLink(server, all));
      });
    });
  }

  /** The phone in the field, or the next one that comes, powered on; after `withinMs` none. One caller at a time. */
  phone(withinMs: number): Promise<Phone | 'none' | 'closed'> {
    if (this.#wanted !== undefined) throw new Error('two sales want a phone at once');
    if (this.#closed) return Promise.resolve('closed');
    const waiting = this.#inField;
    if (waiting?.ready === true && !waiting.taken) return Promise.resolve(waiting.take());
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(withinMs, () => {
        this.#wanted = undefined;
        resolve('none');
      });
      this.#wanted = (phone) => {
        cancel();
        this.#wanted = undefined;
        resolve(phone);
      };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wanted?.('closed');
    this.#inField?.leave();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #enter(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    // A phone that hung up and comes back at once may be seen coming before it is seen leaving.
    for (let turn = 0; turn < TURNS_TO_LEAVE && this.#inField !== undefined; turn++) await nextTurn();
    if (this.#inField !== undefined || this.#closed || socket.destroyed) {
      this.#options.onEvent('collision');
      socket.destroy();
      return;
    }
    const { clock, answerMs, waitMs, onEvent } = this.#options;
    const phone = new FieldPhone(socket, clock, answerMs, onEvent, () => {
      this.#inField = undefined;
      onEvent('phone_left');
    });
    this.#inField = phone;
    onEvent('phone_in_field');
    if (!(await phone.powerOn())) {
      onEvent('link_broken');
      phone.leave();
      return;
    }
    if (this.#wanted !== undefined) {
      this.#wanted(phone.take());
      return;
    }
    onEvent('phone_waits');
    const cancel = clock.after(waitMs, () => {
      if (phone.taken) return;
      onEvent('nobody_charged');
      phone.leave();
    });
    socket.once('close', cancel);
  }
}

/** The phone that holds the field. */
class FieldPhone implements Phone {
  ready = false;
  taken = false;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #answerMs: number;
  readonly #decoder = new TapLinkDecoder();
  #pending: ((answer: Uint8Array | LinkFailure) => void) | undefined;
  #lost: LinkFailure | undefined;
  #gone: (() => void) | undefined;

  /** `gone` is called once, when the field is free again: at the latest when the socket is closed. */
  constructor(
    socket: Socket,
    clock: Clock,
    answerMs: number,
    onEvent: (event: TapLinkEvent) => void,
    gone: () => void,
  ) {
    this.#socket = socket;
    this.#gone = gone;
    this.#clock = clock;
    this.#answerMs = answerMs;
    socket.on('data', (chunk) => {
      const { payloads, refusal } = this.#decoder.push(chunk);
      // The phone speaks when it is asked, once: anything else has lost its place.
      const [answer, ...more] = payloads;
      const pending = this.#pending;
      if (answer !== undefined && pending !== undefined && more.length === 0 && refusal === undefined) {
        pending(answer);
      } else if (answer !== undefined || refusal !== undefined) {
        onEvent('link_broken');
        this.#fail(refusal === 'frame_too_long' ? 'answer_too_long' : 'link_lost');
      }
    });
    socket.on('end', () => this.#fail('link_lost'));
    socket.on('close', () => this.#fail('link_lost'));
  }

  /** Power on has no answer; the ATR is the sign that somebody is there. */
  async powerOn(): Promise<boolean> {
    this.#write(Uint8Array.of(TAP_LINK_CONTROL.powerOn));
    const atr = await this.#ask(Uint8Array.of(TAP_LINK_CONTROL.getAtr));
    // ISO/IEC 7816-3: 3B is the direct convention; PC/SC gives every contactless card this form.
    this.ready = typeof atr !== 'string' && atr.length >= 2 && atr[0] === 0x3b;
    return this.ready;
  }

  take(): Phone {
    this.taken = true;
    return this;
  }

  readonly transceive: Transceive = (command) => this.#ask(command);

  leave(): void {
    if (this.#lost === undefined) this.#write(Uint8Array.of(TAP_LINK_CONTROL.powerOff));
    this.#lost ??= 'link_lost';
    this.#freeField();
    this.#socket.end();
    // A phone that does not hang up does not keep the field.
    const cancel = this.#clock.after(this.#answerMs, () => this.#socket.destroy());
    this.#socket.once('close', cancel);
  }

  #ask(payload: Uint8Array): Promise<Uint8Array | LinkFailure> {
    if (this.#lost !== undefined) return Promise.resolve(this.#lost);
    if (this.#pending !== undefined) throw new Error('two commands at once on one tap link');
    return new Promise((resolve) => {
      const cancel = this.#clock.after(this.#answerMs, () => this.#fail('card_silent'));
      this.#pending = (answer) => {
        cancel();
        this.#pending = undefined;
        resolve(answer);
      };
      this.#write(payload);
    });
  }

  /** The first failure stays: after it every command gets the same answer and the socket is gone. */
  #fail(failure: LinkFailure): void {
    this.#lost ??= failure;
    this.#pending?.(this.#lost);
    this.#freeField();
    this.#socket.destroy();
  }

  #freeField(): void {
    const gone = this.#gone;
    this.#gone = undefined;
    gone?.();
  }

  #write(payload: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeTapLinkFrame(payload));
  }
}
