// A terminal's end of the tap link for tests: a real listener on this machine that sends what it is told, byte for
// byte, and collects what comes back.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { encodeTapLinkFrame, TapLinkDecoder } from '@tapseal/protocol';

export class FakeTerminal {
  readonly port: number;
  readonly #server: Server;
  readonly #connections: Socket[] = [];
  #waiting: ((socket: Socket) => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      this.#connections.push(socket);
      this.#waiting?.(socket);
    });
  }

  static async listen(): Promise<FakeTerminal> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeTerminal(server);
  }

  /** The next phone that connects. */
  async phone(): Promise<FieldPhone> {
    const socket = await new Promise<Socket>((resolve) => {
      this.#waiting = resolve;
    });
    return new FieldPhone(socket);
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export class FieldPhone {
  readonly socket: Socket;
  readonly #decoder = new TapLinkDecoder();
  readonly #answers: Uint8Array[] = [];
  readonly closed: Promise<void>;
  #wanted: ((answer: Uint8Array | undefined) => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#wanted?.(undefined);
        resolve();
      });
    });
    socket.on('data', (chunk) => {
      for (const payload of this.#decoder.push(chunk).payloads) {
        if (this.#wanted === undefined) this.#answers.push(payload);
        else this.#wanted(payload);
        this.#wanted = undefined;
      }
    });
  }

  send(...payload: number[]): void {
    this.socket.write(encodeTapLinkFrame(Uint8Array.from(payload)));
  }

  /** The next answer, or undefined when the link has ended. */
  answer(): Promise<Uint8Array | undefined> {
    const waiting = this.#answers.shift();
    if (waiting !== undefined) return Promise.resolve(waiting);
    if (this.socket.destroyed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  /** Sends an APDU in hexadecimal; answers the R-APDU in hexadecimal, or `gone`. */
  async apdu(command: string): Promise<string> {
    this.send(...Buffer.from(command, 'hex'));
    const answer = await this.answer();
    return answer === undefined ? 'gone' : Buffer.from(answer).toString('hex').toUpperCase();
  }
}
