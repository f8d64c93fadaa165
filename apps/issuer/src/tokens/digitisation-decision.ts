/**
 * Identification and verification for a new token. The customer has proved who they are when the device was bound, with
 * a code from the bank; a card of their own on that device is approved. Everything else is refused by name.
 */

import { done, type Outcome, refuse } from '../http/problems.ts';

export interface DigitisationFacts {
  /** Undefined: no such card. */
  readonly card:
    | {
        readonly customerId: string;
        readonly state: 'ACTIVE' | 'BLOCKED' | 'CLOSED';
        readonly expiry: string;
      }
    | undefined;
  readonly deviceCustomerId: string;
  /** Whether this device has this card in this profile, in any state but deactivated. */
  readonly digitisedHere: boolean;
  /** The bank's day, 'YYYY-MM-DD'. */
  readonly today: string;
}

export function decideDigitisation(facts: DigitisationFacts): Outcome<{ readonly expiresOn: string }> {
  const { card } = facts;
  // Another customer's card does not exist for this one.
  if (!card || card.customerId !== facts.deviceCustomerId) return refuse('card_unknown');
  if (card.state !== 'ACTIVE') return refuse('card_not_active');
  const expiresOn = lastDayOfMonth(card.expiry);
  if (expiresOn < facts.today) return refuse('card_expired');
  if (facts.digitisedHere) return refuse('already_digitised');
  return done({ expiresOn });
}

/** The last day of a card's YYMM, 'YYYY-MM-DD'. A card's century is the current one: cards live for years, not for a hundred. */
export function lastDayOfMonth(yymm: string): string {
  const year = 2000 + Number(yymm.slice(0, 2));
  const month = Number(yymm.slice(2));
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}
