/**
 * A wire over TCP: the host adapter between `link.ts` and `node:net`.
 */
import { connect as connectSocket } from 'node:net';
import type { Connect } from './link.ts';

/** Connects to the acceptor; gives up after `connectMs`. */
export function tcpWire(host: string, port: number, connectMs: number): Connect {
  return ({ onBytes, onClosed }) =>
    new Promise((resolve) => {
      const socket = connectSocket({ host, port, noDelay: true });
      socket.setTimeout(connectMs, () => socket.destroy());
      socket.on('data', onBytes);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        onClosed();
        resolve(undefined);
      });
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.setKeepAlive(true, 30_000);
        resolve({ send: (bytes) => void socket.write(bytes), close: () => socket.destroy() });
      });
    });
}
