// One acquirer's connection: frames in, answers out, in whatever order they are ready (an acquirer matches by STAN). It
// reads no faster than it answers: with too many messages under way, or an acquirer that does not read, the socket pauses
// and TCP makes the other end wait.
import type { Socket } from 'node:net';
import { encodeFrame, FrameDecoder } from '@tapseal/iso8583';
import type { MessageHandler } from '../authorisation/handle.ts';

export type ConnectionLimits = {
  /** Messages of one connection under way at once. */
  readonly inFlightMax: number;
  /** Bytes of answers that the acquirer has not read. */
  readonly unsentBytesMax: number;
  /** A connection without a message for so long is closed. */
  readonly idleMs: number;
  /** A frame that has begun has to be whole within this time. */
  readonly frameMs: number;
  /** After the last message is read, how long the acquirer may take to read the answers and to close. */
  readonly closeMs: number;
};

export const DEFAULT_LIMITS: ConnectionLimits = {
  inFlightMax: 64,
  unsentBytesMax: 256 * 1024,
  idleMs: 10 * 60_000,
  frameMs: 10_000,
  closeMs: 10_000,
};

/** Why a connection ended, for the log. `unanswerable`: a message to which no reply can be made. */
export type ConnectionEnd =
  | 'closed_by_acquirer'
  | 'closed_by_us'
  | 'frame_empty'
  | 'frame_too_long'
  | 'frame_truncated'
  | 'frame_not_finished'
  | 'unanswerable'
  | 'idle'
  | 'socket_error'
  | 'fault';

export type Connection = {
  /** Takes no further message, answers what is under way, then closes. */
  readonly drain: () => Promise<void>;
  /** Now, whatever is under way. What was decided stays decided, and a repeat gets the answer. */
  readonly destroy: () => void;
};

export function serveConnection(
  socket: Socket,
  handle: MessageHandler,
  limits: ConnectionLimits,
  onEnd: (end: ConnectionEnd) => void,
): Connection {
  const decoder = new FrameDecoder();
  /** Whole messages that have come and wait for their turn; at most those of one chunk. */
  const waiting: Uint8Array[] = [];
  let inFlight = 0;
  let end: ConnectionEnd | null = null;
  let frameTimer: NodeJS.Timeout | null = null;
  let closeTimer: NodeJS.Timeout | null = null;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));

  socket.setNoDelay(true);
  socket.setTimeout(limits.idleMs, () => finish('idle'));
  socket.on('data', (chunk: Buffer) => {
    if (end !== null) return;
    const { messages, refusal } = decoder.push(chunk);
    waiting.push(...messages);
    if (refusal !== null) finish(refusal.reason);
    watchFrame(messages.length > 0);
    next();
  });
  socket.on('end', () => finish(decoder.end()?.reason ?? 'closed_by_acquirer'));
  socket.on('error', () => {
    finish('socket_error');
    socket.destroy();
  });
  socket.on('drain', () => next());
  socket.once('close', () => {
    finish('closed_by_acquirer');
    clearTimeout(closeTimer ?? undefined);
    onEnd(end!);
  });

  /** Starts what may be started; pauses or resumes reading. */
  function next(): void {
    while (inFlight < limits.inFlightMax && !congested() && waiting.length > 0) {
      inFlight += 1;
      answer(waiting.shift()!);
    }
    // Once the end is decided, what still comes is read and thrown away: a reset would take the answers with it.
    if (end === null && (waiting.length > 0 || congested())) socket.pause();
    else socket.resume();
    if (end !== null && inFlight === 0 && waiting.length === 0) socket.end();
  }

  async function answer(message: Uint8Array): Promise<void> {
    try {
      const reply = await handle(message);
      if (reply === null) finish('unanswerable');
      else if (socket.writable) socket.write(encodeFrame(reply));
    } catch {
      // The handler answers every failure that it knows of; this one is a bug, and the place in the dialogue is lost.
      finish('fault');
    } finally {
      inFlight -= 1;
      next();
    }
  }

  function congested(): boolean {
    return socket.writableLength > limits.unsentBytesMax;
  }

  /** No further message is read; what has come whole before is still answered, in either case. */
  function finish(reason: ConnectionEnd): void {
    if (end !== null) return;
    end = reason;
    stopTimer();
    closeTimer = setTimeout(() => socket.destroy(), limits.closeMs).unref();
    next();
  }

  function watchFrame(progressed: boolean): void {
    if (progressed || decoder.pendingBytes === 0) stopTimer();
    if (end === null && decoder.pendingBytes > 0) {
      frameTimer ??= setTimeout(() => finish('frame_not_finished'), limits.frameMs).unref();
    }
  }

  function stopTimer(): void {
    if (frameTimer !== null) clearTimeout(frameTimer);
    frameTimer = null;
  }

  return {
    drain: () => {
      finish('closed_by_us');
      return closed;
    },
    destroy: () => {
      finish('closed_by_us');
      socket.destroy();
    },
  };
}
