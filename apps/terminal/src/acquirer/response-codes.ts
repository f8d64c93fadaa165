/**
 * What the bank's answer (DE 39, ISO 8583:1987 clause 4.3.26; meanings in docs/iso8583.md) says to the merchant: words
 * that a cashier can act on, without telling a stranger at the counter more than they need.
 */

const WORDS: ReadonlyMap<string, string> = new Map([
  ['00', 'Approved'],
  ['14', 'Declined: the bank does not know this card'],
  ['30', 'Declined: the bank could not read the request'],
  ['51', 'Declined: not enough money'],
  ['54', 'Declined: the card has expired'],
  ['55', 'Declined: wrong PIN'],
  ['57', 'Declined: not allowed for this card'],
  ['59', 'Declined: the bank stopped this payment'],
  ['61', "Declined: over the card's limit"],
  ['62', 'Declined: the card is not active'],
  ['63', 'Declined: the bank does not accept the cryptogram'],
  ['65', 'Declined: the customer must verify on the phone'],
  ['75', 'Declined: too many wrong PINs'],
  ['91', 'Declined: the bank is not available, try again later'],
  ['94', 'Declined: this payment was sent twice with different content'],
  ['96', 'Declined: a fault at the bank, try again later'],
]);

export const DE39_APPROVED = '00';

/** Words for a code; a code that we do not know has declined. */
export function responseWords(de39: string): string {
  return WORDS.get(de39) ?? 'Declined';
}
