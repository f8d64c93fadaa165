/** A byte stream in chunks of any size gives the same messages. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, FrameDecoder, LONGEST_MESSAGE_BYTES, MESSAGE_BYTES_MAX } from '../src/index.ts';

test('a frame is a two-byte big-endian length and the message', () => {
  expect(encodeFrame(Uint8Array.of(7, 8, 9))).toEqual(Uint8Array.of(0, 3, 7, 8, 9));
  expect(encodeFrame(new Uint8Array(0x0234)).subarray(0, 2)).toEqual(Uint8Array.of(2, 0x34));
});

test('what cannot be a frame is a bug of the caller', () => {
  expect(() => encodeFrame(new Uint8Array(0))).toThrow(RangeError);
  expect(() => encodeFrame(new Uint8Array(MESSAGE_BYTES_MAX + 1))).toThrow(RangeError);
  expect(encodeFrame(new Uint8Array(MESSAGE_BYTES_MAX)).length).toBe(MESSAGE_BYTES_MAX + 2);
});

test('no message of the dialect is too long for a frame', () => {
  expect(LONGEST_MESSAGE_BYTES).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
});

test('any chunks, the same messages; nothing held back between frames', () => {
  const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 8 });
  const cuts = fc.array(fc.nat(), { maxLength: 30 });
  fc.assert(
    fc.property(messages, cuts, (sent, seeds) => {
      const stream = Uint8Array.from(sent.flatMap((message) => [...encodeFrame(message)]));
      const places = [...new Set(seeds.map((seed) => seed % (stream.length + 1)))].sort((a, b) => a - b);
      const decoder = new FrameDecoder();
      const got: Uint8Array[] = [];
      for (const [index, place] of [0, ...places].entries()) {
        const chunk = stream.slice(place, [...places, stream.length][index]);
        const { messages, refusal } = decoder.push(chunk);
        chunk.fill(0xee); // the caller may reuse its chunk
        expect(refusal).toBeNull();
        got.push(...messages);
      }
      expect(got).toEqual(sent);
      expect(decoder.pendingBytes).toBe(0);
      expect(decoder.end()).toBeNull();
    }),
    { numRuns: 200, seed: 8583 },
  );
});

describe('refused', () => {
  test('a length of zero, after the messages before it', () => {
    const decoder = new FrameDecoder();
    const { messages, refusal } = decoder.push(Uint8Array.of(0, 1, 9, 0, 0, 0, 1, 9));
    expect(messages).toEqual([Uint8Array.of(9)]);
    expect(refusal).toEqual({ reason: 'frame_empty', length: 0 });
  });
  test('a length above the limit, before a byte of it is kept', () => {
    const decoder = new FrameDecoder();
    const length = MESSAGE_BYTES_MAX + 1;
    expect(decoder.push(Uint8Array.of(length >> 8, length & 0xff)).refusal).toEqual({
      reason: 'frame_too_long',
      length,
    });
    expect(decoder.pendingBytes).toBe(0);
  });
  test('the longest length is not', () => {
    const decoder = new FrameDecoder();
    expect(decoder.push(encodeFrame(new Uint8Array(MESSAGE_BYTES_MAX))).messages.length).toBe(1);
  });
  test('an HTTP request is a frame of 18 245 bytes, so too long', () => {
    const bytes = new TextEncoder().encode('GET / HTTP/1.1\r\n');
    expect(new FrameDecoder().push(bytes).refusal).toEqual({ reason: 'frame_too_long', length: 0x4745 });
  });
  test('after a refusal everything is refused', () => {
    const decoder = new FrameDecoder();
    const { refusal } = decoder.push(Uint8Array.of(0, 0));
    expect(decoder.push(encodeFrame(Uint8Array.of(1)))).toEqual({ messages: [], refusal });
    expect(decoder.end()).toEqual(refusal);
  });
  test.each([
    ['one byte of the length', [0], 0],
    ['the length alone', [0, 5], 5],
    ['a part of the message', [0, 5, 1, 2], 5],
  ])('an end after %s', (_what, bytes, length) => {
    const decoder = new FrameDecoder();
    decoder.push(Uint8Array.from(bytes));
    expect(decoder.pendingBytes).toBe(bytes.length);
    expect(decoder.end()).toEqual({ reason: 'frame_truncated', length });
  });
});
