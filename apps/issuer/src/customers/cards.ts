/** Cards and the accounts behind them. A card's number goes to the vault at once; here it is four digits. */

import { type Card, type CardRequest, ISSUED_PROFILES } from '@tapseal/protocol';
import { appendAudit } from '../audit/append.ts';
import { done, type Outcome, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { checkCardPan, storePan } from '../tokens/vault.ts';
import { currencyLetters, currencyNumber } from './currencies.ts';
import { newUuid } from './customers.ts';

/** A customer's card with an account of its own. */
export async function addCard(
  issuer: Issuer,
  tx: Transaction,
  customerId: string,
  card: CardRequest,
  cardId: string = newUuid(issuer.hsm.random),
): Promise<Outcome<{ cardId: string; lastFour: string }>> {
  const pan = checkCardPan(card.pan, issuer.settings.tokenBin);
  if (!pan.ok) return pan;
  const currency = currencyNumber(card.currency);
  if (!currency) return refuse('currency_unsupported');
  const { rowCount } = await tx.query('SELECT 1 FROM customers WHERE customer_id = $1', [customerId]);
  if (!rowCount) return refuse('customer_unknown');

  const accountId = newUuid(issuer.hsm.random);
  const lastFour = card.pan.slice(-4);
  await tx.query(
    'INSERT INTO accounts (account_id, customer_id, currency, balance_minor) VALUES ($1, $2, $3, $4)',
    [accountId, customerId, currency, card.balanceMinor],
  );
  await tx.query(
    `INSERT INTO cards (card_id, customer_id, account_id, label, last_four, currency, expiry)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [cardId, customerId, accountId, card.label, lastFour, currency, card.expiry],
  );
  const stored = await storePan(issuer, tx, cardId, pan.value);
  if (!stored.ok) return stored;
  await appendAudit(tx, issuer.now(), { actor: 'operator', action: 'card.added', subject: `card ${cardId}` });
  return done({ cardId, lastFour });
}

/** The customer's own cards that can be put on a phone. */
export async function cardsOf(tx: Transaction, customerId: string): Promise<Card[]> {
  const { rows } = await tx.query<{ card_id: string; label: string; last_four: string; currency: string }>(
    `SELECT card_id, label, last_four, currency FROM cards
      WHERE customer_id = $1 AND state = 'ACTIVE' ORDER BY created_at, card_id`,
    [customerId],
  );
  return rows.map((row) => ({
    cardId: row.card_id,
    label: row.label,
    lastFour: row.last_four,
    currency: currencyLetters(row.currency),
    profiles: [...ISSUED_PROFILES],
  }));
}
