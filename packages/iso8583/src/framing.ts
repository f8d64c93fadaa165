/**
 * Messages on a byte stream: a two-byte big-endian length before each, that counts the message alone. Pure: a
 * socket pushes chunks in and takes messages out.
 */
import { LONGEST_MESSAGE_BYTES } from './plan.ts';

export const LENGTH_BYTES = 2;

/** The longest message that is read or written. Above `LONGEST_MESSAGE_BYTES`, so no real one is refused. */
export const MESSAGE_BYTES_MAX = 8192;
if (LONGEST_MESSAGE_BYTES > MESSAGE_BYTES_MAX) throw new Error('the dialect has outgrown MESSAGE_BYTES_MAX');

/** Why a stream of frames cannot be read any further, in the order in which the decoder can meet them. */
export const FRAME_REASONS = ['frame_empty', 'frame_too_long', 'frame_truncated'] as const;
export type FrameReason = (typeof FRAME_REASONS)[number];

/** `length` is what the two bytes said. */
export interface FrameRefusal {
  readonly reason: FrameReason;
  readonly length: number;
}

/** Whole messages, in order, and what ended the stream; the messages before the refusal are good. */
export interface DecodedFrames {
  readonly messages: readonly Uint8Array[];
  readonly refusal: FrameRefusal | null;
}

/** Puts the length before a packed message. Throws on one that is empty or too long: `pack` makes neither. */
export function encodeFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  if (message.length === 0 || message.length > MESSAGE_BYTES_MAX) {
    throw new RangeError(`a frame holds 1 to ${MESSAGE_BYTES_MAX} bytes, not ${message.length}`);
  }
  const frame = new Uint8Array(LENGTH_BYTES + message.length);
  frame[0] = message.length >> 8;
  frame[1] = message.length & 0xff;
  frame.set(message, LENGTH_BYTES);
  return frame;
}

/**
 * Takes a stream apart, whatever its chunks. Between calls it holds at most one unfinished message,
 * of at most `MESSAGE_BYTES_MAX`. After a refusal the place in the stream is lost: every later call gives the same refusal, and the
 * connection has to be closed.
 */
export class FrameDecoder {
  #message: Uint8Array | null = null;
  #filled = 0;
  #highByte = -1;
  #refusal: FrameRefusal | null = null;

  /** Bytes held back because their message is not whole yet. */
  get pendingBytes(): number {
    return this.#message === null ? (this.#highByte === -1 ? 0 : 1) : LENGTH_BYTES + this.#filled;
  }

  /** Adds a chunk of any size. The messages are copies: the chunk may be reused. */
  push(chunk: Uint8Array): DecodedFrames {
    const messages: Uint8Array[] = [];
    let position = 0;
    while (this.#refusal === null && position < chunk.length) {
      if (this.#message === null) {
        const byte = chunk[position]!;
        position += 1;
        if (this.#highByte === -1) this.#highByte = byte;
        else this.#begin(this.#highByte * 256 + byte);
        continue;
      }
      const taken = Math.min(this.#message.length - this.#filled, chunk.length - position);
      this.#message.set(chunk.subarray(position, position + taken), this.#filled);
      this.#filled += taken;
      position += taken;
      if (this.#filled === this.#message.length) {
        messages.push(this.#message);
        this.#message = null;
      }
    }
    return { messages, refusal: this.#refusal };
  }

  /** The stream has ended: fine between two messages, a refusal inside one. */
  end(): FrameRefusal | null {
    if (this.#refusal === null && this.pendingBytes > 0) {
      this.#refuse('frame_truncated', this.#message?.length ?? 0);
    }
    return this.#refusal;
  }

  #begin(length: number): void {
    this.#highByte = -1;
    this.#filled = 0;
    if (length === 0) this.#refuse('frame_empty', length);
    else if (length > MESSAGE_BYTES_MAX) this.#refuse('frame_too_long', length);
    else this.#message = new Uint8Array(length);
  }

  #refuse(reason: FrameReason, length: number): void {
    this.#refusal = { reason, length };
    this.#message = null;
    this.#highByte = -1;
  }
}
