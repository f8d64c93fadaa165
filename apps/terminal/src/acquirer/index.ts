export {
  Acquirer,
  type AcquirerOptions,
  type Authorised,
  type ReversalState,
  TRIES_MAX,
} from './acquirer.ts';
export { field55 } from './field-55.ts';
export {
  Journal,
  JournalDamaged,
  type JournalEntry,
  type JournalStore,
  memoryStore,
} from './journal.ts';
export { AcquirerLink, type Connect, type LinkEvent, type Wire, type WireEvents } from './link.ts';
export { authorisationRequest, replayOf, reversalOf, type WithoutStan } from './messages.ts';
export { DE39_APPROVED, responseWords } from './response-codes.ts';
