// The ISO 8583 acceptor: a TCP server, on loopback unless told otherwise. docs/iso8583.md
import { createServer, type Server } from 'node:net';
import type { MessageHandler } from '../authorisation/handle.ts';
import {
  type Connection,
  type ConnectionEnd,
  type ConnectionLimits,
  DEFAULT_LIMITS,
  serveConnection,
} from './connection.ts';

export type AcceptorOptions = {
  readonly handle: MessageHandler;
  /** 127.0.0.1 by default. Beyond loopback the line has to be protected by other means (mTLS, a private network). */
  readonly host?: string;
  /** 7301 by default (docs/api.md); 0: any free one. */
  readonly port?: number;
  readonly connectionsMax?: number;
  readonly limits?: Partial<ConnectionLimits>;
  /** How long `stop` waits for what is under way. */
  readonly drainMs?: number;
  /** `connections` is how many are left. Names no address: an acquirer's is not ours to log. */
  readonly onConnectionEnd?: (end: ConnectionEnd, connections: number) => void;
};

export type Acceptor = {
  readonly port: number;
  /** Accepts no further connection, answers what is under way, closes the rest. */
  readonly stop: () => Promise<void>;
};

const DEFAULT_PORT = 7301;
const CONNECTIONS_MAX = 256;
const DRAIN_MS = 5_000;

export async function startAcceptor(options: AcceptorOptions): Promise<Acceptor> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const connections = new Set<Connection>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
    const connection = serveConnection(socket, options.handle, limits, (end) => {
      connections.delete(connection);
      options.onConnectionEnd?.(end, connections.size);
    });
    connections.add(connection);
  });
  server.maxConnections = options.connectionsMax ?? CONNECTIONS_MAX;
  await listening(server, options.port ?? DEFAULT_PORT, options.host ?? '127.0.0.1');

  return {
    port: (server.address() as { port: number }).port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const late = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, options.drainMs ?? DRAIN_MS);
      await Promise.all([...connections].map((connection) => connection.drain()));
      clearTimeout(late);
      await closed;
    },
  };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
