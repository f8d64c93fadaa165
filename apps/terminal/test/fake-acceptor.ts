/**
 * A bank's acceptor for tests: speaks the dialect of packages/iso8583 over TCP, answers like a bank that remembers (a repeat
 * gets the first answer, a reversal undoes), and misbehaves on demand.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder, type Message, pack, responseMti, unpack } from '@tapseal/iso8583';

export type Behaviour =
  | 'answer'
  /** Decides, and the answer is lost. */
  | 'decide_silently'
  /** Decides, then the connection breaks before the answer. */
  | 'decide_and_hang_up'
  | 'hang_up'
  /** Answers to another STAN, then as it should. */
  | 'answer_of_another_first'
  | 'answer_of_another_amount'
  | 'answer_without_code'
  | 'garbage_in_a_frame'
  | 'broken_framing'
  | 'answer_in_single_bytes';

export class FakeAcceptor {
  readonly received: Message[] = [];
  /** DE 39 for the next decisions. */
  de39 = '00';
  /** For the next messages, in order; then `answer`. */
  readonly behaviours: Behaviour[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #decided = new Map<string, string>();
  readonly #reversed = new Set<string>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static listen(port = 0): Promise<FakeAcceptor> {
    const server = createServer({ noDelay: true });
    const acceptor = new FakeAcceptor(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve(acceptor));
    });
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Payments that the bank approved and that still stand, by terminal and STAN. */
  get standing(): string[] {
    return [...this.#decided]
      .filter(([key, de39]) => de39 === '00' && !this.#reversed.has(key))
      .map(([key]) => key);
  }

  ofType(mti: string): Message[] {
    return this.received.filter((message) => message.mti === mti);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const decoder = new FrameDecoder();
    socket.on('data', (chunk) => {
      for (const bytes of decoder.push(chunk).messages) {
        const unpacked = unpack(bytes);
        if (!unpacked.ok)
          throw new Error(`the terminal sent what is no message: field ${unpacked.error.field}`);
        this.received.push(unpacked.message);
        this.#treat(socket, unpacked.message, this.behaviours.shift() ?? 'answer');
      }
    });
  }

  #treat(socket: Socket, message: Message, behaviour: Behaviour): void {
    if (behaviour === 'hang_up') {
      socket.destroy();
      return;
    }
    const answer = this.#decide(message);
    const fields = answer.fields;
    const send = (one: Message) => socket.write(framed(one));
    switch (behaviour) {
      case 'decide_silently':
        break;
      case 'decide_and_hang_up':
        socket.destroy();
        break;
      case 'answer_of_another_first':
        send({ ...answer, fields: { ...fields, 11: '999999', 39: '51' } });
        send(answer);
        break;
      case 'answer_of_another_amount':
        send({ ...answer, fields: { ...fields, 4: '000000000001' } });
        break;
      case 'answer_without_code': {
        const { 39: _, ...rest } = fields;
        send({ ...answer, fields: rest });
        break;
      }
      case 'garbage_in_a_frame':
        socket.write(encodeFrame(new TextEncoder().encode('no message at all')));
        break;
      case 'broken_framing':
        socket.write(Uint8Array.of(0, 0, 0, 0));
        break;
      case 'answer_in_single_bytes':
        for (const byte of framed(answer)) socket.write(Uint8Array.of(byte));
        break;
      default:
        send(answer);
    }
  }

  #decide(message: Message): Message {
    const { mti, fields } = message;
    let de39 = this.de39;
    if (mti === '0100') {
      const key = `${fields[41]} ${fields[11]}`;
      de39 = this.#decided.get(key) ?? de39;
      this.#decided.set(key, de39);
    } else if (de39 === '00' && fields[90] !== undefined) {
      this.#reversed.add(`${fields[41]} ${fields[90].slice(4, 10)}`);
    }
    const echoed: Record<number, unknown> = {};
    for (const field of [3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 70] as const) {
      if (fields[field] !== undefined) echoed[field] = fields[field];
    }
    const approval = mti === '0100' && de39 === '00' ? { 38: 'A1B2C3' } : {};
    return { mti: responseMti(mti)!, fields: { ...echoed, ...approval, 39: de39 } };
  }
}

function framed(message: Message): Uint8Array {
  const packed = pack(message);
  if (!packed.ok)
    throw new Error(`a test answer cannot be packed: field ${packed.error.field} ${packed.error.reason}`);
  return encodeFrame(packed.bytes);
}
