export { tcpWire } from '../acquirer/tcp-wire.ts';
export { parseTapArguments, TAP_HELP, type TapArguments } from './arguments.ts';
export { tapAgainst } from './tap-against.ts';
export type { TapExitCode } from './tap-command.ts';
