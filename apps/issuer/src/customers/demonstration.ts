/**
 * People of a demonstration: made up, with cards from a BIN that nobody issues. The story of `npm start` adds Mei Tan
 * through the operator's calls; the bank knows a second customer from the start. Their published PIN is typed on the
 * phone, never stored here.
 */

import type { CardRequest } from '@tapseal/protocol';
import { done } from '../http/problems.ts';
import { transact } from '../http/transact.ts';
import type { Issuer } from '../issuer.ts';
import { addCard } from './cards.ts';
import { createCustomer } from './customers.ts';

export interface DemonstrationCustomer {
  readonly customerId: string;
  readonly cardId: string;
  readonly name: string;
  readonly card: CardRequest;
}

export const DEMONSTRATION_CUSTOMERS: readonly DemonstrationCustomer[] = [
  {
    customerId: '5a0c1f2e-6b3d-4e7a-9c48-1d2e3f405162',
    cardId: '7be2d9c4-0a1b-4c2d-8e3f-405162738495',
    name: 'Arun Pillai',
    card: {
      pan: '9702010000000027',
      expiry: '3112',
      label: 'Travel card',
      currency: 'SGD',
      balanceMinor: 1_000_000,
    },
  },
];

/** Adds who is missing. Only a process that was started as a demonstration calls this. */
export async function seedDemonstration(issuer: Issuer): Promise<void> {
  for (const { customerId, cardId, name, card } of DEMONSTRATION_CUSTOMERS) {
    const seeded = await transact(issuer, async (tx) => {
      const { rowCount } = await tx.query('SELECT 1 FROM customers WHERE customer_id = $1', [customerId]);
      if (rowCount) return done(undefined);
      await createCustomer(issuer, tx, name, customerId);
      const added = await addCard(issuer, tx, customerId, card, cardId);
      return added.ok ? done(undefined) : added;
    });
    if (!seeded.ok) throw new Error(`the demonstration's people cannot be added: ${seeded.refusal}`);
  }
}
