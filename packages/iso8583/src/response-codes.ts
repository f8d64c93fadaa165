/**
 * DE 39: the response codes of ISO 8583:1987, clause 4.4 and its table of response codes. The names are the
 * standard's; which of our refusals becomes which code is the issuer's to say.
 */

/** `approve`: the payment goes ahead. `capture`: declined, and the card should be kept. */
export type ResponseAction = 'approve' | 'decline' | 'capture' | 'refer' | 'technical';

export type ResponseCodeRow = readonly [code: string, name: string, action: ResponseAction];

export const RESPONSE_CODE_TABLE = [
  ['00', 'Approved or completed successfully', 'approve'],
  ['01', 'Refer to card issuer', 'refer'],
  ['02', "Refer to card issuer's special conditions", 'refer'],
  ['03', 'Invalid merchant', 'decline'],
  ['04', 'Pick-up', 'capture'],
  ['05', 'Do not honour', 'decline'],
  ['06', 'Error', 'technical'],
  ['07', 'Pick-up card, special condition', 'capture'],
  ['08', 'Honour with identification', 'approve'],
  ['09', 'Request in progress', 'technical'],
  ['10', 'Approved for partial amount', 'approve'],
  ['11', 'Approved (VIP)', 'approve'],
  ['12', 'Invalid transaction', 'decline'],
  ['13', 'Invalid amount', 'decline'],
  ['14', 'Invalid card number (no such number)', 'decline'],
  ['15', 'No such issuer', 'decline'],
  ['16', 'Approved, update track 3', 'approve'],
  ['17', 'Customer cancellation', 'decline'],
  ['18', 'Customer dispute', 'decline'],
  ['19', 'Re-enter transaction', 'technical'],
  ['20', 'Invalid response', 'technical'],
  ['21', 'No action taken', 'technical'],
  ['22', 'Suspected malfunction', 'technical'],
  ['23', 'Unacceptable transaction fee', 'decline'],
  ['25', 'Unable to locate record on file', 'technical'],
  ['30', 'Format error', 'technical'],
  ['31', 'Bank not supported by switch', 'technical'],
  ['32', 'Completed partially', 'technical'],
  ['33', 'Expired card', 'capture'],
  ['34', 'Suspected fraud', 'capture'],
  ['35', 'Card acceptor contact acquirer', 'capture'],
  ['36', 'Restricted card', 'capture'],
  ['37', 'Card acceptor call acquirer security', 'capture'],
  ['38', 'Allowable PIN tries exceeded', 'capture'],
  ['39', 'No credit account', 'decline'],
  ['40', 'Requested function not supported', 'decline'],
  ['41', 'Lost card', 'capture'],
  ['42', 'No universal account', 'decline'],
  ['43', 'Stolen card, pick-up', 'capture'],
  ['44', 'No investment account', 'decline'],
  ['51', 'Not sufficient funds', 'decline'],
  ['52', 'No chequing account', 'decline'],
  ['53', 'No savings account', 'decline'],
  ['54', 'Expired card', 'decline'],
  ['55', 'Incorrect personal identification number', 'decline'],
  ['56', 'No card record', 'decline'],
  ['57', 'Transaction not permitted to cardholder', 'decline'],
  ['58', 'Transaction not permitted to terminal', 'decline'],
  ['59', 'Suspected fraud', 'decline'],
  ['60', 'Card acceptor contact acquirer', 'decline'],
  ['61', 'Exceeds withdrawal amount limit', 'decline'],
  ['62', 'Restricted card', 'decline'],
  ['63', 'Security violation', 'decline'],
  ['64', 'Original amount incorrect', 'decline'],
  ['65', 'Exceeds withdrawal frequency limit', 'decline'],
  ['66', "Card acceptor call acquirer's security department", 'decline'],
  ['67', 'Hard capture (requires that card be picked up at ATM)', 'capture'],
  ['68', 'Response received too late', 'technical'],
  ['75', 'Allowable number of PIN tries exceeded', 'decline'],
  ['90', 'Cutoff is in process', 'technical'],
  ['91', 'Issuer or switch is inoperative', 'technical'],
  ['92', 'Financial institution or intermediate network facility cannot be found for routing', 'technical'],
  ['93', 'Transaction cannot be completed, violation of law', 'decline'],
  ['94', 'Duplicate transmission', 'technical'],
  ['95', 'Reconcile error', 'technical'],
  ['96', 'System malfunction', 'technical'],
] as const satisfies readonly ResponseCodeRow[];

/** A response code that the standard names. */
export type ResponseCode = (typeof RESPONSE_CODE_TABLE)[number][0];

export const APPROVED: ResponseCode = '00';
export const FORMAT_ERROR: ResponseCode = '30';

const ROWS: ReadonlyMap<string, ResponseCodeRow> = new Map(RESPONSE_CODE_TABLE.map((row) => [row[0], row]));

/** The standard's name for a code; `undefined` where it has none (a national or private code). */
export function responseCodeName(code: string): string | undefined {
  return ROWS.get(code)?.[1];
}

/** True for a code that lets the payment go ahead. A code that we do not know approves nothing. */
export function isApproval(code: string | undefined): boolean {
  return code !== undefined && ROWS.get(code)?.[2] === 'approve';
}
