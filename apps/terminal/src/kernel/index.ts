export { type ExchangedApdu, type LinkFailure, recording, type Transceive } from './exchange.ts';
export type { Cryptogram } from './generate-ac.ts';
export { type OnlineRequest, type Outcome, present, refusedBeforeTap } from './kernel.ts';
export { type CurrencyLimits, formatAmount, LIMITS, limitsOf, parseAmount } from './limits.ts';
export {
  type OutcomeName,
  STOP_TABLE,
  type Stop,
  type StopOutcome,
  type StopReason,
  stopWords,
} from './outcome.ts';
export {
  APPLICATIONS,
  DEMONSTRATION_TERMINAL,
  onlyProfile,
  type Profile,
  type TerminalApplication,
  type TerminalData,
} from './terminal-data.ts';
export { AMOUNT_MINOR_MAX, type Presentation } from './transaction.ts';
