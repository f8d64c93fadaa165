/** The terminal as a library: for the story, the one-process simulation and the browser. */

export * from './acquirer/index.ts';
export { type Clock, dateDigits } from './clock.ts';
export * from './kernel/index.ts';
export {
  type SaleDependencies,
  type SaleProgress,
  type SaleRecord,
  type SaleRequest,
  type SaleResult,
  takeSale,
} from './sale.ts';
export { SaleDesk } from './sale-desk.ts';
export { type Phone, TapLink, type TapLinkEvent } from './tap-link.ts';
export { startTerminal, type Terminal, type TerminalOptions } from './terminal.ts';
export { type TestKeys, type Trace, traceOf } from './trace.ts';
