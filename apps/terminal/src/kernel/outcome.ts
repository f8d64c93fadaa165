/**
 * How a presentation ends: the outcomes of EMV Contactless Book A 2.11, 6.2, as far as these profiles have them, each
 * with the reason. Everything that a card, a link or a limit can do to a tap is a line of this table.
 */
import { type Result, refuse } from '@tapseal/emv/data';

/** In the order in which a sale treats them: the first goes to the bank, the next three leave the sale open. */
export type OutcomeName =
  | 'online_request'
  | 'see_phone' // the customer does something on the phone and presents it again
  | 'try_again' // present it again
  | 'other_interface' // contactless cannot take this sale; another way can
  | 'declined_offline' // an AAC
  | 'end_application';

type StopRow = readonly [reason: string, outcome: Exclude<OutcomeName, 'online_request'>, words: string];

/** Every reason to stop, in the order in which the phases can meet them. */
export const STOP_TABLE = [
  // Before the phone is asked for.
  ['currency_not_supported', 'end_application', 'This terminal does not take this currency'],
  ['amount_out_of_range', 'end_application', 'Not an amount that can be charged'],
  ['over_transaction_limit', 'other_interface', 'Too much for contactless: use another way to pay'],
  // The link, at any command.
  ['link_lost', 'try_again', 'The phone was taken away too soon: present it again'],
  ['card_silent', 'try_again', 'The phone did not answer in time: present it again'],
  ['answer_too_long', 'end_application', 'This card cannot be read here'],
  // Status words, at any command (docs/profiles.md §2).
  ['wallet_locked', 'see_phone', 'Unlock the phone and present it again'],
  ['verification_needed', 'see_phone', 'See phone: enter your PIN there, then present it again'],
  ['phone_not_ready', 'try_again', 'The phone is not ready to pay: present it again'],
  ['no_active_card', 'end_application', 'No card is active on this phone'],
  ['unexpected_status', 'end_application', 'The card refused a step of the payment'],
  // The form of an answer, at any command.
  ['malformed_answer', 'end_application', 'This card cannot be read here'],
  ['data_missing', 'end_application', 'This card cannot be read here'],
  ['data_repeated', 'end_application', 'This card cannot be read here'],
  ['data_invalid', 'end_application', 'This card cannot be read here'],
  ['data_inconsistent', 'end_application', 'This card cannot be read here'],
  // Selection.
  ['no_payment_application', 'end_application', 'No payment card found on this phone'],
  ['no_common_application', 'end_application', 'This terminal does not take this card'],
  ['mag_stripe_mode_only', 'end_application', 'This terminal does not take this card'],
  // The card's decision.
  ['cryptogram_not_requested', 'end_application', 'The card answered with more than it was asked for'],
  ['declined_by_terminal', 'declined_offline', 'Declined: this card may not be used here'],
  ['declined_by_card', 'declined_offline', 'Declined by the card'],
] as const satisfies readonly StopRow[];

export type StopReason = (typeof STOP_TABLE)[number][0];
export type StopOutcome = (typeof STOP_TABLE)[number][1];

/** A tap that ended without a request to the bank. `where` names the command and the place: `GENERATE AC: 77.9F26 at 41`. */
export interface Stop {
  readonly outcome: StopOutcome;
  readonly reason: StopReason;
  /** Never holds a byte of the card's data: tags, offsets, lengths and status words only. */
  readonly where: string;
}

const ROWS: ReadonlyMap<string, StopRow> = new Map(STOP_TABLE.map((row) => [row[0], row]));

export function stop(reason: StopReason, where: string): Result<never, Stop> {
  return refuse({ outcome: ROWS.get(reason)![1] as StopOutcome, reason, where });
}

/** What the merchant reads. */
export function stopWords(reason: StopReason): string {
  return ROWS.get(reason)![2];
}
