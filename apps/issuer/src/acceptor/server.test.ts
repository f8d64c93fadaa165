// The acceptor over real sockets: framing, pipelining, back-pressure, limits, stopping.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder, type Message, pack, unpack } from '@tapseal/iso8583';
import { afterEach, describe, expect, test } from 'vitest';
import { createMessageHandler, type MessageHandler } from '../authorisation/handle.ts';
import type { ConnectionEnd, ConnectionLimits } from './connection.ts';
import { type Acceptor, startAcceptor } from './server.ts';

const echo = (stan: string): Message => ({ mti: '0800', fields: { 7: '1123040000', 11: stan, 70: '301' } });

let acceptor: Acceptor;
let ends: ConnectionEnd[];
const clients: Socket[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await acceptor?.stop();
});

async function start(handle: MessageHandler, limits: Partial<ConnectionLimits> = {}): Promise<void> {
  ends = [];
  acceptor = await startAcceptor({
    handle,
    limits,
    port: 0,
    drainMs: 200,
    onConnectionEnd: (end) => void ends.push(end),
  });
}

/** Nothing here asks the database: 0800 is answered from the message alone. */
function network(): MessageHandler {
  return createMessageHandler({ pool: null as never, hsm: null as never, now: () => new Date(0) });
}

async function client() {
  const socket = connect(acceptor.port, '127.0.0.1');
  clients.push(socket);
  await once(socket, 'connect');
  const decoder = new FrameDecoder();
  const answers: Message[] = [];
  let wake = () => {};
  socket.on('data', (chunk) => {
    for (const bytes of decoder.push(chunk).messages) {
      const unpacked = unpack(bytes);
      if (unpacked.ok) answers.push(unpacked.message);
    }
    wake();
  });
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    socket,
    ended,
    /** Waits for so many answers. */
    answers: async (count: number) => {
      while (answers.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return answers;
    },
  };
}

function framed(message: Message): Uint8Array {
  const packed = pack(message);
  if (!packed.ok) throw new Error(packed.error.reason);
  return encodeFrame(packed.bytes);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

describe('framing', () => {
  test('one byte at a time', async () => {
    await start(network());
    const { socket, answers } = await client();
    socket.setNoDelay(true);
    for (const byte of framed(echo('000001'))) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await answers(1))[0]).toMatchObject({ mti: '0810', fields: { 11: '000001', 39: '00' } });
  });

  test('500 messages in one write, each answered', async () => {
    await start(network());
    const { socket, answers } = await client();
    const stans = Array.from({ length: 500 }, (_, index) => String(index).padStart(6, '0'));
    socket.write(joined(...stans.map((stan) => framed(echo(stan)))));
    expect((await answers(500)).map(({ fields }) => fields[11]).sort()).toEqual(stans);
  });

  test('a malformed message is answered with 30, and the next one with 00', async () => {
    await start(network());
    const { socket, answers } = await client();
    const packed = pack(echo('000001'));
    const cut = packed.ok ? packed.bytes.slice(0, -1) : new Uint8Array();
    socket.write(joined(encodeFrame(cut), framed(echo('000002'))));
    const got = await answers(2);
    expect(got.map(({ fields }) => `${fields[11]} ${fields[39]}`).sort()).toEqual(['000001 30', '000002 00']);
  });

  // biome-ignore format: a table
  const ENDS: [what: string, bytes: number[], end: ConnectionEnd][] = [
    ['a length of zero',                      [0, 0],                'frame_empty'],
    ['a length beyond the limit',             [0xff, 0xff],          'frame_too_long'],
    ['a message that is none',                [0, 3, 1, 2, 3],       'unanswerable'],
    ['an answer that nobody asked for',       [...framed({ mti: '0810', fields: { 11: '000001', 39: '00' } })], 'unanswerable'],
  ];
  test.each(ENDS)(
    '%s closes the connection, after what came before was answered',
    async (_what, bytes, end) => {
      await start(network());
      const { socket, answers, ended } = await client();
      socket.write(joined(framed(echo('000001')), Uint8Array.from(bytes)));
      expect((await answers(1))[0]!.fields[39]).toBe('00');
      await ended;
      await acceptor.stop();
      expect(ends).toEqual([end]);
    },
  );

  test('a stream that ends inside of a frame', async () => {
    await start(network());
    const { socket, ended } = await client();
    socket.end(framed(echo('000001')).slice(0, 9));
    await ended;
    await acceptor.stop();
    expect(ends).toEqual(['frame_truncated']);
  });

  test('an acquirer that closes its half still gets its answer', async () => {
    await start(network());
    const { socket, answers, ended } = await client();
    socket.end(framed(echo('000001')));
    expect((await answers(1))[0]!.fields[39]).toBe('00');
    await ended;
    await acceptor.stop();
    expect(ends).toEqual(['closed_by_acquirer']);
  });
});

describe('limits', () => {
  test('a frame that is never finished, and a line on which nothing comes, are closed', async () => {
    await start(network(), { frameMs: 30, idleMs: 60_000 });
    const slow = await client();
    slow.socket.write(framed(echo('000001')).slice(0, 5));
    await slow.ended;
    await acceptor.stop();
    expect(ends).toEqual(['frame_not_finished']);
    await start(network(), { idleMs: 30 });
    const idle = await client();
    await idle.ended;
    await acceptor.stop();
    expect(ends).toEqual(['idle']);
  });

  test('no more messages are under way than allowed, and all are answered', async () => {
    let underWay = 0;
    let most = 0;
    const answer = network();
    await start(
      async (bytes) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        return answer(bytes);
      },
      { inFlightMax: 4 },
    );
    const { socket, answers } = await client();
    for (let index = 0; index < 100; index++) socket.write(framed(echo(String(index).padStart(6, '0'))));
    expect(await answers(100)).toHaveLength(100);
    expect(most).toBe(4);
  });

  test('an acquirer that does not read is not read from', async () => {
    let handled = 0;
    const reply = Buffer.alloc(8000);
    await start(
      async () => {
        handled += 1;
        return reply;
      },
      { unsentBytesMax: 16_000 },
    );
    const { socket } = await client();
    socket.pause();
    const all = 20_000;
    let sent = 0;
    // Until the pipes are full both ways: then `write` no longer drains and the handler stands still.
    const send = () => {
      while (sent < all && socket.write(framed(echo(String(sent).padStart(6, '0'))))) sent += 1;
    };
    socket.on('drain', send);
    send();
    let before = -1;
    while (handled !== before) {
      before = handled;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(handled).toBeLessThan(all);
    socket.off('drain', send);
  });

  test('a line that is over is cut, even if the acquirer does not close it', async () => {
    await start(network(), { frameMs: 20, closeMs: 20 });
    const { socket, ended } = await client();
    socket.pause(); // does not even see that we have closed
    socket.write(framed(echo('000001')).slice(0, 5));
    while (ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ends).toEqual(['frame_not_finished']);
    socket.resume();
    await ended;
  });

  test('connections beyond the limit are dropped', async () => {
    ends = [];
    acceptor = await startAcceptor({ handle: network(), port: 0, connectionsMax: 1 });
    const first = await client();
    const second = await client();
    await second.ended;
    first.socket.write(framed(echo('000001')));
    expect(await first.answers(1)).toHaveLength(1);
  });
});

describe('stopping', () => {
  test('answers what is under way, then closes', async () => {
    const entered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const answer = network();
    await start(async (bytes) => {
      entered.resolve();
      await released.promise;
      return answer(bytes);
    });
    const { socket, answers, ended } = await client();
    socket.write(framed(echo('000001')));
    await entered.promise;
    const stopped = acceptor.stop();
    released.resolve();
    expect(await answers(1)).toHaveLength(1);
    await Promise.all([stopped, ended]);
    expect(ends).toEqual(['closed_by_us']);
  });

  test('does not wait forever for what never ends', async () => {
    await start(() => new Promise(() => {}));
    const { socket, ended } = await client();
    socket.write(framed(echo('000001')));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([acceptor.stop(), ended]);
    expect(ends).toEqual(['closed_by_us']);
  });
});
