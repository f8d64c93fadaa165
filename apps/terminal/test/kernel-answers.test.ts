/**
 * What a card can answer, one line a case, in the order of the phases: expected outcome, reason and place last. Each line
 * edits one answer of a card that would otherwise have paid.
 */
import { concat, fromHex, type Tag } from '@tapseal/emv/data';
import { describe, expect, it } from 'vitest';
import { DEMONSTRATION_TERMINAL, type LinkFailure, present, STOP_TABLE } from '../src/kernel/index.ts';
import { sgd } from './presentation.ts';
import { SoftwareCard, status, withObject } from './software-card.ts';

const [PPSE, AID, GPO, RECORD_1, RECORD_2, AC] = [0, 1, 2, 3, 4, 5];
type Edit = (answer: Uint8Array) => Uint8Array | LinkFailure;

const says = (hex: string) => () => fromHex(hex);
const sw = (code: number) => () => status(code);
const link = (failure: LinkFailure) => () => failure;
const without =
  (...path: Tag[]) =>
  (answer: Uint8Array) =>
    withObject(answer, path, undefined);
const with_ =
  (hex: string, ...path: Tag[]) =>
  (answer: Uint8Array) =>
    withObject(answer, path, fromHex(hex));
/** The last byte of the data is gone. */
const cut = (answer: Uint8Array) => concat(answer.subarray(0, -3), answer.subarray(-2));
const followedBy = (hex: string) => (answer: Uint8Array) =>
  concat(answer.subarray(0, -2), fromHex(hex), answer.subarray(-2));
/** A data object more in the template, short lengths only. */
const withMore = (hex: string) => (answer: Uint8Array) => {
  const more = fromHex(hex);
  const grown = concat(answer.subarray(0, -2), more, answer.subarray(-2));
  grown[1] = grown[1]! + more.length;
  return grown;
};

const RECORDS = 'records: ';
const GPO_NAME = 'GET PROCESSING OPTIONS: ';
const R1 = 'READ RECORD 1.1: ';

type Case = readonly [why: string, at: number, edit: Edit, outcome: string, reason: string, where: string];

// biome-ignore format: a table, one line a case
const CASES: readonly Case[] = [
  // SELECT PPSE
  ['the phone leaves before the first answer', PPSE, link('link_lost'), 'try_again', 'link_lost', 'SELECT PPSE'],
  ['no answer in time', PPSE, link('card_silent'), 'try_again', 'card_silent', 'SELECT PPSE'],
  ['a frame longer than the link carries', PPSE, link('answer_too_long'), 'end_application', 'answer_too_long', 'SELECT PPSE'],
  ['an empty answer', PPSE, says(''), 'end_application', 'malformed_answer', 'SELECT PPSE: too_short at 0'],
  ['half a status word', PPSE, says('90'), 'end_application', 'malformed_answer', 'SELECT PPSE: too_short at 1'],
  ['257 bytes before the status word', PPSE, () => new Uint8Array(259), 'end_application', 'malformed_answer', 'SELECT PPSE: too_long at 258'],
  ['no PPSE on the card', PPSE, sw(0x6a82), 'end_application', 'no_payment_application', 'SELECT PPSE: 6A82'],
  ['no active card', PPSE, sw(0x6a81), 'end_application', 'no_active_card', 'SELECT PPSE: 6A81'],
  ['the wallet is locked', PPSE, sw(0x6982), 'see_phone', 'wallet_locked', 'SELECT PPSE: 6982'],
  ['9000 without data', PPSE, sw(0x9000), 'end_application', 'data_missing', 'SELECT PPSE: 6F at 0'],
  ['another template', PPSE, says('70009000'), 'end_application', 'malformed_answer', 'SELECT PPSE: 70, not 6F'],
  ['the template is cut', PPSE, cut, 'end_application', 'malformed_answer', 'SELECT PPSE: 6F at 0: value_cut'],
  ['bytes after the template', PPSE, followedBy('8400'), 'end_application', 'malformed_answer', 'SELECT PPSE: 84 at 53, after 6F'],
  ['zeros after the template', PPSE, followedBy('0000'), 'end_application', 'malformed_answer', 'SELECT PPSE: at 53: tag_missing'],
  ['an empty directory', PPSE, without(0x6f, 0xa5, 0xbf0c, 0x61), 'end_application', 'no_common_application', 'SELECT PPSE'],
  ['an entry without its name', PPSE, without(0x6f, 0xa5, 0xbf0c, 0x61, 0x4f), 'end_application', 'data_missing', 'SELECT PPSE: 4F'],
  ['a name of 4 bytes', PPSE, with_('F0544150', 0x6f, 0xa5, 0xbf0c, 0x61, 0x4f), 'end_application', 'data_invalid', 'SELECT PPSE: 4F has 4 bytes'],
  ['a card of another scheme', PPSE, with_('F000000000', 0x6f, 0xa5, 0xbf0c, 0x61, 0x4f), 'end_application', 'no_common_application', 'SELECT PPSE'],
  // SELECT AID
  ['the application is gone', AID, sw(0x6a82), 'end_application', 'unexpected_status', 'SELECT AID: 6A82'],
  ['the application is blocked', AID, sw(0x6a81), 'end_application', 'no_active_card', 'SELECT AID: 6A81'],
  ['the wallet is locked', AID, sw(0x6982), 'see_phone', 'wallet_locked', 'SELECT AID: 6982'],
  ['a fault inside', AID, sw(0x6f00), 'end_application', 'unexpected_status', 'SELECT AID: 6F00'],
  ['84 is missing', AID, without(0x6f, 0x84), 'end_application', 'data_missing', 'SELECT AID: 84'],
  ['84 names another application', AID, with_('F05441505345414C02', 0x6f, 0x84), 'end_application', 'data_inconsistent', 'SELECT AID: 84 is not what was selected'],
  ['the PDOL ends inside a tag', AID, with_('9F', 0x6f, 0xa5, 0x9f38), 'end_application', 'data_invalid', 'SELECT AID: 9F38: tag_cut at 0'],
  ['the PDOL asks for 253 bytes', AID, with_('9F02FD', 0x6f, 0xa5, 0x9f38), 'end_application', 'data_invalid', 'SELECT AID: 9F38 asks for too much'],
  ['a label twice', AID, withMore('500158'), 'end_application', 'data_repeated', 'SELECT AID: 6F.50 at 49: tag_repeated'],
  // GET PROCESSING OPTIONS
  ['see phone', GPO, sw(0x6986), 'see_phone', 'verification_needed', `${GPO_NAME}6986`],
  ['no armed key set', GPO, sw(0x6985), 'try_again', 'phone_not_ready', `${GPO_NAME}6985`],
  ['data do not match the PDOL', GPO, sw(0x6a80), 'end_application', 'unexpected_status', `${GPO_NAME}6A80`],
  ['no AIP', GPO, without(0x77, 0x82), 'end_application', 'data_missing', `${GPO_NAME}82`],
  ['an AIP of 3 bytes', GPO, with_('128000', 0x77, 0x82), 'end_application', 'data_invalid', `${GPO_NAME}82 has 3 bytes`],
  ['no AFL', GPO, without(0x77, 0x94), 'end_application', 'data_missing', `${GPO_NAME}94`],
  ['an AFL of 5 bytes', GPO, with_('0801020000', 0x77, 0x94), 'end_application', 'data_invalid', `${GPO_NAME}94 at 0`],
  ['a file identifier with low bits', GPO, with_('09010200', 0x77, 0x94), 'end_application', 'data_invalid', `${GPO_NAME}94 at 0`],
  ['file 0', GPO, with_('00010200', 0x77, 0x94), 'end_application', 'data_invalid', `${GPO_NAME}94 at 0`],
  ['file 31', GPO, with_('F8010200', 0x77, 0x94), 'end_application', 'data_invalid', `${GPO_NAME}94 at 0`],
  ['record 0', GPO, with_('08000200', 0x77, 0x94), 'end_application', 'data_invalid', `${GPO_NAME}94 at 0`],
  ['the last record before the first', GPO, with_('08020100', 0x77, 0x94), 'end_application', 'data_invalid', `${GPO_NAME}94 at 0`],
  ['more records authenticated than there are', GPO, with_('08010203', 0x77, 0x94), 'end_application', 'data_invalid', `${GPO_NAME}94 at 0`],
  ['255 records to read', GPO, with_('08010200' + '1001FF00', 0x77, 0x94), 'end_application', 'data_invalid', `${GPO_NAME}94 at 4`],
  ['mag-stripe mode only', GPO, with_('1200', 0x77, 0x82), 'end_application', 'mag_stripe_mode_only', 'GET PROCESSING OPTIONS'],
  ['format 1, too short', GPO, says('80051280080102' + '9000'), 'end_application', 'data_invalid', `${GPO_NAME}80 has 5 bytes`],
  // READ RECORD
  ['a record that the AFL promised is not there', RECORD_1, sw(0x6a83), 'end_application', 'unexpected_status', `${R1}6A83`],
  ['the phone leaves between the records', RECORD_2, link('link_lost'), 'try_again', 'link_lost', 'READ RECORD 1.2'],
  ['a record without template', RECORD_1, says('9F36020001' + '9000'), 'end_application', 'malformed_answer', `${R1}9F36, not 70`],
  ['a length beyond the end', RECORD_1, says('7005571397029900' + '9000'), 'end_application', 'malformed_answer', `${R1}70.57 at 2: value_cut`],
  ['a tag twice in one record', RECORD_1, withMore('5F340102'), 'end_application', 'data_repeated', `${R1}70.5F34 at 58: tag_repeated`],
  ['a tag in two records', RECORD_2, withMore('5F340101'), 'end_application', 'data_repeated', 'READ RECORD 1.2: 5F34'],
  ['no account number', RECORD_1, without(0x70, 0x5a), 'end_application', 'data_missing', `${RECORDS}5A`],
  ['an account number with a letter', RECORD_1, with_('970299001234567A', 0x70, 0x5a), 'end_application', 'data_invalid', `${RECORDS}5A is no account number`],
  ['an account number of 11 bytes', RECORD_1, with_('9702990012345678FFFFFF', 0x70, 0x5a), 'end_application', 'data_invalid', `${RECORDS}5A has 11 bytes`],
  ['no expiry', RECORD_1, without(0x70, 0x5f24), 'end_application', 'data_missing', `${RECORDS}5F24`],
  ['an expiry with letters', RECORD_1, with_('3012AB', 0x70, 0x5f24), 'end_application', 'data_invalid', `${RECORDS}5F24 is not decimal`],
  ['an expiry of 2 bytes', RECORD_1, with_('3012', 0x70, 0x5f24), 'end_application', 'data_invalid', `${RECORDS}5F24 has 2 bytes`],
  ['a sequence number with a letter', RECORD_1, with_('0A', 0x70, 0x5f34), 'end_application', 'data_invalid', `${RECORDS}5F34 is not decimal`],
  ['no CDOL1', RECORD_2, without(0x70, 0x8c), 'end_application', 'data_missing', `${RECORDS}8C`],
  ['an AUC of 1 byte', RECORD_1, with_('FF', 0x70, 0x9f07), 'end_application', 'data_invalid', `${RECORDS}9F07 has 1 bytes`],
  ['a CVM list without a rule', RECORD_2, with_('0000000000000000', 0x70, 0x8e), 'end_application', 'data_invalid', `${RECORDS}8E has 8 bytes`],
  ['an issuer action code of 4 bytes', RECORD_2, with_('FFFFFFFF', 0x70, 0x9f0f), 'end_application', 'data_invalid', `${RECORDS}9F0F has 4 bytes`],
  ['track 2 without separator', RECORD_1, with_('97029900123456783012', 0x70, 0x57), 'end_application', 'data_invalid', `${RECORDS}57 is no track 2`],
  ['track 2 of another card', RECORD_1, with_('9702990012345660D3012201', 0x70, 0x57), 'end_application', 'data_inconsistent', `${RECORDS}57 and 5A`],
  ['track 2 with another expiry', RECORD_1, with_('9702990012345678D3112201', 0x70, 0x57), 'end_application', 'data_inconsistent', `${RECORDS}57 and 5F24`],
  // GENERATE AC
  ['CDOL1 ends inside a length', RECORD_2, with_('9F02069F03', 0x70, 0x8c), 'end_application', 'data_invalid', `${RECORDS}8C: length_cut at 3`],
  ['CDOL1 asks for 256 bytes', RECORD_2, with_('9F02FF9F0301', 0x70, 0x8c), 'end_application', 'data_invalid', `${RECORDS}8C: values_too_long at 3`],
  ['see phone at the last moment', AC, sw(0x6986), 'see_phone', 'verification_needed', 'GENERATE AC: 6986'],
  ['out of order', AC, sw(0x6985), 'try_again', 'phone_not_ready', 'GENERATE AC: 6985'],
  ['the phone leaves with the answer', AC, link('link_lost'), 'try_again', 'link_lost', 'GENERATE AC'],
  ['no CID', AC, without(0x77, 0x9f27), 'end_application', 'data_missing', 'GENERATE AC: 9F27'],
  ['no ATC', AC, without(0x77, 0x9f36), 'end_application', 'data_missing', 'GENERATE AC: 9F36'],
  ['no cryptogram', AC, without(0x77, 0x9f26), 'end_application', 'data_missing', 'GENERATE AC: 9F26'],
  ['a cryptogram of 7 bytes', AC, with_('11223344556677', 0x77, 0x9f26), 'end_application', 'data_invalid', 'GENERATE AC: 9F26 has 7 bytes'],
  ['no IAD', AC, without(0x77, 0x9f10), 'end_application', 'data_missing', 'GENERATE AC: 9F10'],
  ['an IAD of 33 bytes', AC, with_('00'.repeat(33), 0x77, 0x9f10), 'end_application', 'data_invalid', 'GENERATE AC: 9F10 has 33 bytes'],
  ['a cryptogram type that is reserved', AC, with_('C0', 0x77, 0x9f27), 'end_application', 'data_invalid', 'GENERATE AC: 9F27 is of no type'],
  ['two cryptograms', AC, withMore('9F26081122334455667788'), 'end_application', 'data_repeated', 'GENERATE AC: 77.9F26 at 57: tag_repeated'],
  ['TC for ARQC', AC, with_('40', 0x77, 0x9f27), 'end_application', 'cryptogram_not_requested', 'GENERATE AC: TC for ARQC'],
  ['AAC for ARQC', AC, with_('00', 0x77, 0x9f27), 'declined_offline', 'declined_by_card', 'GENERATE AC: AAC for ARQC'],
];

async function presentEdited(at: number, edit: Edit) {
  const card = new SoftwareCard({ profile: 'open' });
  let count = 0;
  return present(DEMONSTRATION_TERMINAL, sgd(1250n), (command) => {
    const answer = card.apdu(command);
    return Promise.resolve(count++ === at ? edit(answer) : answer);
  });
}

describe('every answer has a named outcome with its place', () => {
  it.each(CASES)('%s', async (_why, at, edit, outcome, reason, where) => {
    const ended = await presentEdited(at, edit);
    expect(ended).toEqual({ outcome, reason, where });
  });

  it('the card of these cases pays when nothing is edited', async () => {
    const ended = await presentEdited(AC!, (answer) => answer);
    expect(ended.outcome).toBe('online_request');
  });

  it('every reason of the table is reached by a case here, or is decided without the card', () => {
    const beforeTheCard = ['currency_not_supported', 'amount_out_of_range', 'over_transaction_limit'];
    const byTheTerminal = ['declined_by_terminal'];
    const reached = new Set([...CASES.map((one) => one[4]), ...beforeTheCard, ...byTheTerminal]);
    expect(STOP_TABLE.map(([reason]) => reason).filter((reason) => !reached.has(reason))).toEqual([]);
  });
});
