/** A phone at the other end of the tap link, for tests: answers from a card, and misbehaves on demand. */
import { connect, type Socket } from 'node:net';
import { encodeTapLinkFrame, TAP_LINK_ATR, TapLinkDecoder, tapLinkRequest } from '@tapseal/protocol';

export interface FakePhoneOptions {
  readonly card?: (command: Uint8Array) => Uint8Array;
  readonly atr?: Uint8Array;
  /** Instead of an answer to the command with this number (0 is the ATR): raw bytes, nothing, or hanging up. */
  readonly instead?: ReadonlyMap<number, Uint8Array | 'silence' | 'hang_up'>;
}

export class FakePhone {
  /** Names of what the terminal asked: `powerOn`, `getAtr`, `apdu`, `powerOff`. */
  readonly asked: string[] = [];
  readonly gone: Promise<void>;
  readonly #socket: Socket;

  private constructor(socket: Socket, options: FakePhoneOptions) {
    this.#socket = socket;
    this.gone = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
    const decoder = new TapLinkDecoder();
    let answered = 0;
    const answer = (payload: Uint8Array): void => {
      const instead = options.instead?.get(answered++);
      if (instead === 'silence') return;
      if (instead === 'hang_up') socket.destroy();
      else socket.write(instead ?? encodeTapLinkFrame(payload));
    };
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const payload of decoder.push(chunk).payloads) {
        const request = tapLinkRequest(payload);
        if ('control' in request) this.asked.push(request.control);
        else this.asked.push('apdu');
        if ('control' in request && request.control === 'getAtr') answer(options.atr ?? TAP_LINK_ATR);
        if ('control' in request && request.control === 'powerOff') socket.end();
        if ('apdu' in request) answer(options.card?.(request.apdu) ?? Uint8Array.of(0x6d, 0x00));
      }
    });
  }

  static present(port: number, options: FakePhoneOptions = {}): Promise<FakePhone> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new FakePhone(socket, options));
      });
    });
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  leave(): void {
    this.#socket.destroy();
  }
}
