// The phone's end of the tap link, docs/layouts.md §7: it connects where a terminal listens and is a contactless card
// there, in PC/SC's vpcd framing. APDUs go into the secure element as they come; nothing here reads them.
import type { Duplex } from 'node:stream';
import {
  encodeTapLinkFrame,
  TAP_LINK_ATR,
  TapLinkDecoder,
  type TapLinkRefusal,
  tapLinkRequest,
} from '@tapseal/protocol';
import { type Clock, refusalName, type Tap } from '@tapseal/wallet-sdk';

/** How a presentation ended. A framing error has lost its place in the stream, so the link is closed. */
export type LinkEnd =
  | 'reader_left'
  | 'withdrawn'
  | 'link_lost'
  | 'link_idle'
  | 'frame_cut'
  | 'element_fault'
  | TapLinkRefusal;

export interface LinkOptions {
  readonly clock: Clock;
  /** A reader that says nothing for so long has gone: the phone is not held to a dead field. */
  readonly idleMs: number;
  /** Aborted when the customer takes the phone away. */
  readonly withdrawn: AbortSignal;
}

/** SW 6F00: a fault inside (docs/profiles.md §2). */
const SW_FAULT = Uint8Array.of(0x6f, 0x00);

/** Serves the reader until the link ends; the stream is destroyed then. Throws only what is a bug. */
export async function serveReader(stream: Duplex, tap: Tap, options: LinkOptions): Promise<LinkEnd> {
  const idle = new IdleWatch(stream, options);
  const withdraw = () => stream.destroy();
  options.withdrawn.addEventListener('abort', withdraw, { once: true });
  try {
    if (options.withdrawn.aborted) return 'withdrawn';
    return await serve(stream, tap, idle);
  } catch (error) {
    if (options.withdrawn.aborted) return 'withdrawn';
    if (idle.over) return 'link_idle';
    if (isStreamError(error)) return 'link_lost';
    throw error;
  } finally {
    options.withdrawn.removeEventListener('abort', withdraw);
    idle.stop();
    stream.destroy();
  }
}

async function serve(stream: Duplex, tap: Tap, idle: IdleWatch): Promise<LinkEnd> {
  const decoder = new TapLinkDecoder();
  idle.restart();
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const { payloads, refusal } = decoder.push(chunk);
    for (const payload of payloads) {
      if ((await serveRequest(stream, tap, payload)) === 'fault') return 'element_fault';
    }
    if (refusal !== undefined) return refusal;
    idle.restart();
  }
  return decoder.midFrame ? 'frame_cut' : 'reader_left';
}

async function serveRequest(stream: Duplex, tap: Tap, payload: Uint8Array): Promise<'served' | 'fault'> {
  const request = tapLinkRequest(payload);
  if (!('control' in request)) return serveApdu(stream, tap, payload);
  if (request.control === 'getAtr') await send(stream, TAP_LINK_ATR);
  else tap.fieldReset();
  return 'served';
}

async function serveApdu(stream: Duplex, tap: Tap, command: Uint8Array): Promise<'served' | 'fault'> {
  let answer: Uint8Array;
  try {
    answer = tap.exchange(command);
  } catch (error) {
    if (refusalName(error) === undefined) throw error;
    await send(stream, SW_FAULT);
    return 'fault';
  }
  await send(stream, answer);
  // The answer has left: the disk is not on the tap's path. Should the disk fail, `endTap` says so.
  return tap.settle().then(
    () => 'served',
    (error: unknown) => {
      if (refusalName(error) === undefined) throw error;
      return 'fault';
    },
  );
}

/** Resolves when the stream takes more: a reader that does not read is not answered into memory without end. */
async function send(stream: Duplex, payload: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(encodeTapLinkFrame(payload), (error) => (error == null ? resolve() : reject(error)));
  });
}

function isStreamError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

class IdleWatch {
  over = false;
  readonly #stream: Duplex;
  readonly #options: LinkOptions;
  #running = new AbortController();

  constructor(stream: Duplex, options: LinkOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  restart(): void {
    this.stop();
    const running = new AbortController();
    this.#running = running;
    this.#options.clock.sleep(this.#options.idleMs, running.signal).then(
      () => {
        this.over = true;
        this.#stream.destroy();
      },
      () => {},
    );
  }

  stop(): void {
    this.#running.abort();
  }
}
