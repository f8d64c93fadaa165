/**
 * The PAN vault: the only place where a card's number is kept, encrypted by the HSM and bound to its card. Who asks for
 * it in clear leaves an audit entry in the same transaction.
 */

import { luhnValid, Pan } from '@tapseal/emv';
import { appendAudit } from '../audit/append.ts';
import { done, type Outcome, refuse } from '../http/problems.ts';
import type { Issuer, Transaction } from '../issuer.ts';

/** Whether a number may be a card of this bank. ISO/IEC 7812-1 */
export function checkCardPan(digits: string, tokenBin: string): Outcome<Pan> {
  const pan = Pan.parse(digits);
  if (!pan || digits.length < 13 || !luhnValid(digits)) return refuse('pan_invalid');
  // No card in the range of the tokens: a token can then never be a live PAN.
  if (digits.startsWith(tokenBin)) return refuse('pan_in_token_range');
  return done(pan);
}

/** Puts a card's PAN away. A PAN that is there already is refused, whoever's it is. */
export async function storePan(
  issuer: Issuer,
  tx: Transaction,
  cardId: string,
  pan: Pan,
): Promise<Outcome<undefined>> {
  const { rowCount } = await tx.query(
    `INSERT INTO pan_vault (card_id, pan_ciphertext, pan_lookup) VALUES ($1, $2, $3)
     ON CONFLICT (pan_lookup) DO NOTHING`,
    [cardId, issuer.hsm.encryptPan(cardId, pan), issuer.hsm.panLookup(pan)],
  );
  return rowCount ? done(undefined) : refuse('card_exists');
}

/** Whether a number is a card's, without reading any. */
export async function isLivePan(issuer: Issuer, tx: Transaction, pan: Pan): Promise<boolean> {
  const { rowCount } = await tx.query('SELECT 1 FROM pan_vault WHERE pan_lookup = $1', [
    issuer.hsm.panLookup(pan),
  ]);
  return rowCount === 1;
}

/** PAR of a card: the same for every token of it. The PAN itself stays here. */
export async function paymentAccountReferenceOf(
  issuer: Issuer,
  tx: Transaction,
  cardId: string,
): Promise<string> {
  return issuer.hsm.paymentAccountReference(await readPan(issuer, tx, cardId));
}

/**
 * The funding PAN of a token, for posting and clearing. The entry in the audit trail is written before the PAN is
 * given out, in the caller's transaction: who rolls back has had nothing.
 */
export async function detokenise(
  issuer: Issuer,
  tx: Transaction,
  token: Pan,
  actor: string,
  purpose: string,
): Promise<Outcome<Pan>> {
  const { rows } = await tx.query<{ token_id: string; card_id: string }>(
    'SELECT token_id, card_id FROM tokens WHERE token = $1',
    [token.reveal()],
  );
  const row = rows[0];
  if (!row) return refuse('token_unknown');
  await appendAudit(tx, issuer.now(), {
    actor,
    action: 'pan.detokenised',
    subject: `token ${row.token_id}`,
    detail: { purpose },
  });
  return done(await readPan(issuer, tx, row.card_id));
}

async function readPan(issuer: Issuer, tx: Transaction, cardId: string): Promise<Pan> {
  const { rows } = await tx.query<{ pan_ciphertext: Buffer }>(
    'SELECT pan_ciphertext FROM pan_vault WHERE card_id = $1',
    [cardId],
  );
  return issuer.hsm.decryptPan(cardId, rows[0]!.pan_ciphertext);
}
