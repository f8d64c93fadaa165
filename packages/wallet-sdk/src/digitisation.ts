// Digitisation: a card of the customer's becomes a token in this device. The PIN is sealed to the bank inside the
// element (uplink kind 1, docs/layouts.md §4); the sealed bytes are kept until the bank has answered, because after a
// crash they could not be made again without asking the customer, and a second request would make a second token.
import { type Card, ISSUED_PROFILES, type IssuedProfile } from '@tapseal/protocol';
import { type Bank, credentialOf } from './bank.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { takeBundles } from './bundles.ts';
import type { Payment } from './element.ts';
import type { Digitisation } from './issuer-client.ts';
import { isPin, toDigitValues } from './pin.ts';
import { BankRefusal, WalletRefusal } from './refusals.ts';

export interface DigitisationRequest {
  /** May be left out when the customer has one card with this profile. */
  readonly cardId?: string;
  readonly profile: string;
  /** 4 to 12 ASCII digits; overwritten by the call, whatever happens. */
  readonly pin: Uint8Array;
}

/**
 * Throws `not_enrolled`, `profile_unknown`, `pin_malformed`, `card_not_found`, `card_choice_needed`, the bank's and the
 * element's refusals. After `bank_unreachable` the request is kept: the next sync sends it again.
 */
export async function digitise(
  bank: Bank,
  payment: Payment,
  request: DigitisationRequest,
): Promise<Digitisation> {
  try {
    const credential = credentialOf(bank);
    const profile = ISSUED_PROFILES.find((name) => name === request.profile);
    if (profile === undefined) throw new WalletRefusal('profile_unknown');
    if (!isPin(request.pin)) throw new WalletRefusal('pin_malformed');
    const cardId = choose(await bank.issuer.cards(credential), profile, request.cardId);
    const settled = await settlePending(bank, cardId, profile);
    if (settled !== undefined) return settled;
    // Uplinks are numbered, and the bank takes none that is not above the last: nothing may be sealed between
    // this one and its sending. `digitise` and `sync` exclude each other for that reason.
    const sealed = await bank.turns.take(() => payment.pinUplink(cardId, toDigitValues(request.pin)));
    const pending = { idempotencyKey: bank.newKey(), cardId, profile, uplink: toBase64(sealed) };
    await bank.memory.change((state) => ({ ...state, digitisation: pending }));
  } finally {
    request.pin.fill(0);
  }
  return (await resumeDigitisation(bank))!;
}

/** Sends a digitisation that was begun; undefined when there is none. */
export async function resumeDigitisation(bank: Bank): Promise<Digitisation | undefined> {
  const pending = bank.memory.state.digitisation;
  if (pending === undefined) return undefined;
  const { cardId, profile, uplink, idempotencyKey } = pending;
  const request = { cardId, profile, uplink: fromBase64(uplink) };
  let digitisation: Digitisation;
  try {
    digitisation = await bank.issuer.digitise(credentialOf(bank), request, idempotencyKey);
  } catch (error) {
    if (error instanceof BankRefusal && error.status !== 429 && error.status < 500) await forget(bank);
    throw error;
  }
  await forget(bank);
  const { tokenId, decision } = digitisation;
  bank.listeners.tell({ event: 'digitised', tokenId, decision });
  await takeBundles(bank);
  return digitisation;
}

// The customer who tries again after a failure wants that token, not a second one.
async function settlePending(
  bank: Bank,
  cardId: string,
  profile: IssuedProfile,
): Promise<Digitisation | undefined> {
  const pending = bank.memory.state.digitisation;
  const settled = await resumeDigitisation(bank);
  return pending?.cardId === cardId && pending.profile === profile ? settled : undefined;
}

function choose(cards: readonly Card[], profile: IssuedProfile, cardId: string | undefined): string {
  const fitting = cards.filter((card) => card.profiles.includes(profile));
  if (cardId !== undefined) {
    if (!fitting.some((card) => card.cardId === cardId)) throw new WalletRefusal('card_not_found');
    return cardId;
  }
  if (fitting.length > 1) throw new WalletRefusal('card_choice_needed');
  const [only] = fitting;
  if (only === undefined) throw new WalletRefusal('card_not_found');
  return only.cardId;
}

function forget(bank: Bank): Promise<void> {
  return bank.memory.change(({ digitisation: _, ...state }) => state);
}
