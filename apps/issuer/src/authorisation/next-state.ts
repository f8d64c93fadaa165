// What a decision leaves behind for the next one: PIN tries, the low-value counters, the day's sum, the velocity window.
import { daysBetween } from './calendar.ts';
import type { ConsumedRefusal } from './refusals.ts';
import type { DecisionSettings } from './settings.ts';
import type { StateRow, TokenRow } from './stored.ts';

export type NextState = Omit<StateRow, 'version'>;
type Umd = 'absent' | 'valid' | 'mismatch';

/** A refusal changes what the customer's verification says, and nothing else. */
export function afterRefusal(
  state: StateRow,
  token: TokenRow,
  umd: Umd,
  refusal: ConsumedRefusal,
): NextState {
  return verificationSeen(state, token, umd, refusal);
}

export function afterApproval(
  state: StateRow,
  token: TokenRow,
  umd: Umd,
  amountMinor: number,
  today: string,
  now: Date,
  settings: DecisionSettings,
): NextState {
  const seen = verificationSeen(state, token, umd, null);
  const day = dayCounted(state, today);
  const sameWindow =
    state.recentSince !== null && now.getTime() - state.recentSince.getTime() < settings.velocityWindowMs;
  return {
    pinTriesLeft: seen.pinTriesLeft,
    lowValueCount: seen.lowValueCount + (umd === 'absent' ? 1 : 0),
    lowValueSumMinor: seen.lowValueSumMinor + (umd === 'absent' ? amountMinor : 0),
    day,
    daySumMinor: daySum(state, day) + amountMinor,
    recentSince: sameWindow ? state.recentSince : now,
    recentCount: (sameWindow ? state.recentCount : 0) + 1,
  };
}

/**
 * The day that a tap now counts for. Around midnight the clocks of two processes may stand on two days: a day that has
 * begun is not left again, or each change of hands would start the sum anew. A day further ahead is a wrong clock's.
 */
export function dayCounted({ day }: StateRow, today: string): string {
  return day !== null && daysBetween(today, day) === 1 ? day : today;
}

/** What has been spent on `day`, in minor units. */
export function daySum(state: StateRow, day: string): number {
  return state.day === day ? state.daySumMinor : 0;
}

/**
 * A wrong PIN costs a try. A right one restores the tries and restarts the low-value counters (docs/profiles.md §6),
 * unless the tries were used up before: then it takes the bank to restore them.
 */
function verificationSeen(
  state: StateRow,
  token: TokenRow,
  umd: Umd,
  refusal: ConsumedRefusal | null,
): NextState {
  const { version: _version, ...same } = state;
  if (refusal !== null && LOOKED_AT_NO_PIN.has(refusal)) return same;
  if (umd === 'mismatch') return { ...same, pinTriesLeft: Math.max(0, state.pinTriesLeft - 1) };
  if (umd === 'valid')
    return { ...same, pinTriesLeft: token.pinTriesMax, lowValueCount: 0, lowValueSumMinor: 0 };
  return same;
}

/** Refusals that come before the PIN is judged, or instead. */
const LOOKED_AT_NO_PIN: ReadonlySet<ConsumedRefusal> = new Set([
  'transaction_reversed',
  'token_inactive',
  'token_suspended',
  'token_deactivated',
  'token_expired',
  'pin_tries_exceeded',
]);
