// Fraud rules: each looks at the request and what is stored and names a refusal or none. They are asked in this order,
// after every other check but the funds. A bank adds its own by passing another list to `decide`.
import type { ConsumedRefusal } from './refusals.ts';
import type { AuthorisationRequest } from './request.ts';
import type { DecisionSettings } from './settings.ts';
import type { StoredRows } from './stored.ts';

export type FraudRule = {
  readonly name: string;
  readonly judge: (
    request: AuthorisationRequest,
    stored: StoredRows,
    now: Date,
    settings: DecisionSettings,
  ) => ConsumedRefusal | null;
};

/** More approved taps within the window than a person makes. */
const velocity: FraudRule = {
  name: 'velocity',
  judge: (_request, { state }, now, settings) => {
    if (state.recentSince === null) return null;
    const inWindow = now.getTime() - state.recentSince.getTime() < settings.velocityWindowMs;
    return inWindow && state.recentCount >= settings.velocityMax ? 'velocity_exceeded' : null;
  },
};

export const FRAUD_RULES: readonly FraudRule[] = [velocity];
