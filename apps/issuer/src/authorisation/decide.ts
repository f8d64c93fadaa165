// The authorisation decision (DESIGN §4): one transaction per (token, ATC), as a state machine. Pure: the message, what
// is stored, what the HSM said about the cryptogram, and the time go in; one decision comes out.
import { dateAt, daysBetween } from './calendar.ts';
import { FRAUD_RULES, type FraudRule } from './fraud-rules.ts';
import { afterApproval, afterRefusal, dayCounted, daySum, type NextState } from './next-state.ts';
import type { ConsumedRefusal, RefusalName, StoredRefusal } from './refusals.ts';
import type { AuthorisationRequest } from './request.ts';
import { DEFAULT_SETTINGS, type DecisionSettings } from './settings.ts';
import type { StoredAnswer, StoredRows } from './stored.ts';

/** What the HSM says about a cryptogram. docs/profiles.md §3.2 */
export type Verified =
  | { readonly md: 'mismatch' }
  | { readonly md: 'valid'; readonly umd: 'absent' | 'valid' | 'mismatch' };

export type Decision =
  /** Answered before: the same answer, nothing changes. */
  | { readonly kind: 'repeat'; readonly answer: StoredAnswer }
  /** The same cryptogram under a new STAN: the original answer is kept for this message too, nothing is posted. */
  | { readonly kind: 'same_presentment'; readonly answer: StoredAnswer }
  /** Refused without a trace, or with the answer kept for a repeat; the ATC is untouched. */
  | { readonly kind: 'refuse'; readonly refusal: RefusalName; readonly keep: boolean }
  /** The cryptogram has to be verified: ask the HSM and decide again. */
  | { readonly kind: 'verify' }
  /** The ATC is consumed; refused or approved. */
  | {
      readonly kind: 'consume';
      readonly refusal: ConsumedRefusal | null;
      readonly umd: 'absent' | 'valid' | 'mismatch';
      readonly next: NextState;
    };

/**
 * Decides. `stored` is null for an unknown token; `verified` is null while the HSM has not been asked, and is looked at
 * only once everything that comes before the cryptogram has passed.
 */
export function decide(
  request: AuthorisationRequest,
  stored: StoredRows | null,
  verified: Verified | null,
  now: Date,
  settings: DecisionSettings = DEFAULT_SETTINGS,
  fraudRules: readonly FraudRule[] = FRAUD_RULES,
): Decision {
  if (stored === null) return { kind: 'refuse', refusal: 'token_unknown', keep: false };

  // Idempotency.
  const { message, authorisation } = stored;
  if (message !== null) {
    if (!message.sameContent) return { kind: 'refuse', refusal: 'conflicting_duplicate', keep: false };
    // The approval was taken back since: to say it again would promise money that is no longer held.
    if (message.reversed) {
      return { kind: 'refuse', refusal: 'transaction_reversed', keep: false };
    }
    return { kind: 'repeat', answer: message.answer };
  }
  if (authorisation?.samePresentment && !authorisation.reversed && !stored.tombstone) {
    return { kind: 'same_presentment', answer: authorisation.answer };
  }

  const beforeCryptogram = keySetRefusal(request, stored, now, settings);
  if (beforeCryptogram !== null) return { kind: 'refuse', refusal: beforeCryptogram, keep: true };

  if (verified === null) return { kind: 'verify' };
  if (verified.md === 'mismatch') return { kind: 'refuse', refusal: 'cryptogram_mismatch', keep: true };

  const { umd } = verified;
  const refusal = consumedRefusal(request, stored, umd, now, settings, fraudRules);
  const today = dateAt(now, settings.utcOffsetMinutes);
  const next =
    refusal === null
      ? afterApproval(stored.state, stored.token, umd, request.amountMinor, today, now, settings)
      : afterRefusal(stored.state, stored.token, umd, refusal);
  return { kind: 'consume', refusal, umd, next };
}

/** Was a key set issued for this ATC, is it this one, may it still be used, and has it not been? */
function keySetRefusal(
  request: AuthorisationRequest,
  { token, keySet, authorisation }: StoredRows,
  now: Date,
  settings: DecisionSettings,
): StoredRefusal | null {
  const { iad, transactionDate } = request.chip;
  if (keySet === null) return 'key_set_not_issued';
  if (keySet.revoked) return 'key_set_revoked';
  if (iad.profile !== token.profile || iad.dki !== token.dki || (request.psn ?? token.psn) !== token.psn)
    return 'key_set_mismatch';
  if (iad.keySetBinding !== (iad.profile === 'open' ? keySet.keySetId : keySet.idn))
    return 'key_set_mismatch';
  if (daysBetween(transactionDate, keySet.expiresOn) < 0) return 'key_set_expired';
  const age = daysBetween(transactionDate, dateAt(now, settings.utcOffsetMinutes));
  if (age > settings.deferredDaysMax) return 'transaction_date_too_old';
  if (-age > settings.aheadDaysMax) return 'transaction_date_ahead';
  return authorisation !== null ? 'atc_already_used' : null;
}

const TOKEN_STATE_REFUSAL = {
  INACTIVE: 'token_inactive',
  ACTIVE: null,
  SUSPENDED: 'token_suspended',
  DEACTIVATED: 'token_deactivated',
} as const satisfies Record<string, RefusalName | null>;

// docs/profiles.md §3.4, threat response in force.
const RESPONSE_STEP_UP = 2;
const RESPONSE_LOWER_LIMITS = 3;
const RESPONSE_BLOCK_PAYMENT = 4;

/** The first reason against a genuine cryptogram, in order of precedence. */
function consumedRefusal(
  request: AuthorisationRequest,
  stored: StoredRows,
  umd: 'absent' | 'valid' | 'mismatch',
  now: Date,
  settings: DecisionSettings,
  fraudRules: readonly FraudRule[],
): ConsumedRefusal | null {
  const { token, device, state } = stored;
  const { iad } = request.chip;
  const amount = request.amountMinor;
  const today = dateAt(now, settings.utcOffsetMinutes);

  if (stored.tombstone) return 'transaction_reversed';

  const status = TOKEN_STATE_REFUSAL[token.state];
  if (status !== null) return status;
  if (daysBetween(today, token.expiresOn) < 0) return 'token_expired';

  // With no tries left the PIN is not looked at: a right one and a wrong one get the same answer, or the answer
  // itself would be an oracle.
  if (umd === 'mismatch' && state.pinTriesLeft > 0) return 'pin_mismatch';
  if (umd !== 'absent' && state.pinTriesLeft === 0) return 'pin_tries_exceeded';

  // The phone asks for the customer by the same rules; here they are decided.
  if (umd === 'absent') {
    const lowValue =
      request.currency === token.homeCurrency &&
      amount <= token.lowValueTapMinor &&
      state.lowValueCount < token.lowValueCountMax &&
      state.lowValueSumMinor + amount <= token.lowValueSumMinor &&
      iad.threatResponse < RESPONSE_STEP_UP;
    if (!lowValue) return 'cdcvm_required';
  }

  if (request.transactionType !== TYPE_PURCHASE) return 'transaction_type_not_allowed';
  if (request.entryMode !== null && request.entryMode !== ENTRY_MODE_CONTACTLESS_CHIP)
    return 'channel_not_allowed';
  if (token.allowedCountries !== null && !token.allowedCountries.includes(request.chip.terminalCountry)) {
    return 'country_not_allowed';
  }
  if (request.currency !== token.homeCurrency || request.currency !== stored.account.currency) {
    return 'currency_not_allowed';
  }

  const tapLimit =
    iad.threatResponse >= RESPONSE_LOWER_LIMITS
      ? Math.min(token.tapLimitMinor, token.lowValueTapMinor)
      : token.tapLimitMinor;
  if (amount > tapLimit) return 'tap_limit_exceeded';
  if (daySum(state, dayCounted(state, today)) + amount > token.dayLimitMinor) return 'day_limit_exceeded';

  if (device.state !== 'ACTIVE') return 'device_not_trusted';
  if (iad.threatResponse >= RESPONSE_BLOCK_PAYMENT) return 'threat_response_in_force';
  if (iad.policyVersion < device.minimumPolicyVersion) return 'policy_outdated';

  for (const rule of fraudRules) {
    const refusal = rule.judge(request, stored, now, settings);
    if (refusal !== null) return refusal;
  }

  return stored.account.balanceMinor - stored.account.heldMinor < amount ? 'funds_insufficient' : null;
}

/** 9C and DE 3, first two digits: ISO 8583:1987, processing code, goods and services. */
const TYPE_PURCHASE = '00';
/** DE 22, first two digits: contactless with chip data. The third, the PIN capability, says nothing about a phone. */
const ENTRY_MODE_CONTACTLESS_CHIP = '07';
