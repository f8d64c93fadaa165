/** Which state a token may go to from which. EMVCo Payment Tokenisation 2.3, token lifecycle. */

import { done, type Outcome, refuse } from '../http/problems.ts';

export type TokenStateName = 'INACTIVE' | 'ACTIVE' | 'SUSPENDED' | 'DEACTIVATED';

const ALLOWED: Readonly<Record<TokenStateName, readonly TokenStateName[]>> = {
  INACTIVE: ['ACTIVE', 'DEACTIVATED'],
  ACTIVE: ['SUSPENDED', 'DEACTIVATED'],
  SUSPENDED: ['ACTIVE', 'DEACTIVATED'],
  DEACTIVATED: [],
};

/** What the secure element is told about each state; a token that is not yet active was never sent. */
export const STATE_ON_DEVICE = {
  ACTIVE: 'active',
  SUSPENDED: 'suspended',
  DEACTIVATED: 'deleted',
} as const;

/** `changed` is false when the token is there already: a repeat is no mistake. */
export function decideTokenState(
  from: TokenStateName,
  to: TokenStateName,
): Outcome<{ readonly changed: boolean }> {
  if (from === to) return done({ changed: false });
  return ALLOWED[from].includes(to) ? done({ changed: true }) : refuse('state_transition_refused');
}
