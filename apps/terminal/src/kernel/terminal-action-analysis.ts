/**
 * Terminal action analysis: EMV 4.4 Book 3 §10.7, EMV Contactless Book C-2 2.11, 7.9. Which cryptogram to ask for.
 */
import {
  type CryptogramType,
  TAG_9F0E_ISSUER_ACTION_CODE_DENIAL,
  TAG_9F0F_ISSUER_ACTION_CODE_ONLINE,
  type Tag,
} from '@tapseal/emv/data';
import type { CardRead } from './transaction.ts';

/** §10.7: an issuer action code that is not on the card denies nothing and sends everything online. */
const ABSENT_DENIAL = new Uint8Array(5);
const ABSENT_ONLINE = new Uint8Array(5).fill(0xff);

/** The terminal is able to go online (terminal type 22): the default action codes, for one that cannot, are not used. */
export function terminalActionAnalysis(state: CardRead): CryptogramType {
  const { tvr, terminal } = state;
  const issuer = (tag: Tag, absent: Uint8Array): Uint8Array => state.card.get(tag) ?? absent;
  const denial = issuer(TAG_9F0E_ISSUER_ACTION_CODE_DENIAL, ABSENT_DENIAL);
  if (meets(tvr, denial, terminal.actionCodes.denial)) return 'AAC';
  const online = issuer(TAG_9F0F_ISSUER_ACTION_CODE_ONLINE, ABSENT_ONLINE);
  return meets(tvr, online, terminal.actionCodes.online) ? 'ARQC' : 'TC';
}

/** One bit set in the TVR and in either code. */
function meets(tvr: Uint8Array, issuerCode: Uint8Array, terminalCode: Uint8Array): boolean {
  return tvr.some((byte, index) => (byte & (issuerCode[index]! | terminalCode[index]!)) !== 0);
}
