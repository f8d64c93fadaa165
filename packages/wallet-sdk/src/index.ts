// The wallet SDK. Browser-safe: whatever touches a machine comes in as an argument.
export type { Clock } from './clock.ts';
export type { DigitisationRequest } from './digitisation.ts';
export type { Armed, HistoryEntry, Payment, SecureElement, TapSummary, TokenSummary } from './element.ts';
export type { WalletEvent } from './events.ts';
export { type BankLink, type Fetch, LINK_LIMITS, type LinkLimits } from './http.ts';
export { type Digitisation, IssuerClient } from './issuer-client.ts';
export {
  BankRefusal,
  elementIsGone,
  refusalName,
  WALLET_REFUSALS,
  WalletRefusal,
  type WalletRefusalName,
} from './refusals.ts';
export type { WalletStateStore } from './state.ts';
export type { SyncReport, SyncStep } from './sync.ts';
export type { Tap, TapEnd } from './tap.ts';
export { REPLENISH_AT, Wallet, type WalletParts, type WalletStatus } from './wallet.ts';
