// What the wallet says no with. A refusal is a name that an app can act on and translate; it never carries an
// answer's text, a path, a token or anything that a customer typed.
//
// The bank's refusals keep the bank's names (RFC 9457 problem type `urn:tapseal:problem:<name>`), the secure
// element's keep its own (`VseRefusal.reason`). The names below are the wallet's, in order of precedence.

import { VseRefusal } from '@tapseal/vse';

export const WALLET_REFUSALS = [
  /** Another process has this wallet open. */
  'wallet_open_elsewhere',
  /** Secret files are readable by others, or were replaced by links. */
  'storage_exposed',
  /** Sealed state without its platform secret or installation: a part of the wallet's folder was lost or copied. */
  'storage_incomplete',
  /** The wallet's own state file is not one that we wrote. */
  'storage_corrupt',
  /** No room on the disk: nothing changed. */
  'storage_full',
  /** The disk failed: what was stored before still stands. */
  'storage_failed',
  /** The new state has its name but the folder was not confirmed: the next start finds either the old or the new. */
  'storage_uncertain',
  /** The kernel trusts the published test root, and this wallet was not opened as a demonstration. */
  'test_root_refused',
  'wallet_closed',
  'not_enrolled',
  'already_enrolled',
  'activation_code_malformed',
  'pin_malformed',
  'profile_unknown',
  /** The customer has several cards with this profile: one has to be named. */
  'card_choice_needed',
  'card_not_found',
  'tap_in_progress',
  'tap_over',
  /** The issuer's address is neither https nor on this machine. */
  'bank_address_insecure',
  /** No answer from the bank within the attempts that were allowed. Taps go on; sync later. */
  'bank_unreachable',
  /** The bank answered 5xx without a name, also after retries. */
  'bank_fault',
  /** The bank answered 4xx without a name. */
  'bank_refused',
  /** The bank's answer is not what docs/api.md says. */
  'bank_answer_malformed',
  /** The bank answered for another device. */
  'device_mismatch',
] as const;

export type WalletRefusalName = (typeof WALLET_REFUSALS)[number];

/** A refusal by the wallet or, under the bank's own name, by the bank. `status` is the HTTP status, if any. */
export class WalletRefusal extends Error {
  override readonly name = 'WalletRefusal';
  readonly reason: string;
  readonly status: number | undefined;

  constructor(reason: WalletRefusalName, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
    this.status = undefined;
  }
}

/** A refusal that the bank named, with the HTTP status that it came with. */
export class BankRefusal extends Error {
  override readonly name = 'BankRefusal';
  readonly reason: string;
  readonly status: number;

  constructor(reason: string, status: number) {
    super(reason);
    this.reason = reason;
    this.status = status;
  }
}

/**
 * The refusal's name, whoever refused; undefined for anything that is not a refusal (a bug). When the element could
 * not make a change durable, the name is the store's: what the customer can do about it stands there.
 */
export function refusalName(error: unknown): string | undefined {
  if (error instanceof WalletRefusal || error instanceof BankRefusal) return error.reason;
  if (!(error instanceof VseRefusal)) return undefined;
  return error.cause instanceof WalletRefusal ? error.cause.reason : error.reason;
}

/**
 * The element can do nothing more: it was discarded because a write's end is not known, or because it panicked. The
 * wallet has to be opened again, from what is durable.
 */
export function elementIsGone(error: unknown): boolean {
  return error instanceof VseRefusal && GONE.has(error.reason);
}

const GONE = new Set(['store_failed', 'poisoned', 'trusted_app_panicked']);
