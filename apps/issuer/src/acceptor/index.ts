// The acceptor as the composition root starts it.
export { type ConnectionEnd, type ConnectionLimits, DEFAULT_LIMITS } from './connection.ts';
export { type Acceptor, type AcceptorOptions, startAcceptor } from './server.ts';
