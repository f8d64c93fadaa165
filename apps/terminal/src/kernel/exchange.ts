/**
 * One command and its answer. The link is a function, so that a TCP tap link, a scripted card, a PC/SC reader and a
 * browser's WebSocket look the same from here. EMV 4.4 Book 1 §9 (command–response pairs) and Book 3 §6.
 */
import {
  type ApduRefusal,
  accept,
  type Command,
  decodeResponse,
  encodeCommand,
  parseTlv,
  type Result,
  SW_6A81_FUNCTION_NOT_SUPPORTED,
  SW_6982_SECURITY_STATUS_NOT_SATISFIED,
  SW_6985_CONDITIONS_NOT_SATISFIED,
  SW_6986_SEE_PHONE,
  SW_9000_OK,
  type Tag,
  type Tlv,
  tagHex,
  tlvRefusalText,
  tlvValues,
} from '@tapseal/emv/data';
import { type Stop, type StopReason, stop } from './outcome.ts';

/** What a link says instead of an answer. */
export type LinkFailure = 'link_lost' | 'card_silent' | 'answer_too_long';

/** Sends a C-APDU and resolves to the R-APDU, status word included. It never rejects for what a card or link does. */
export type Transceive = (command: Uint8Array) => Promise<Uint8Array | LinkFailure>;

/** An R-APDU in two parts; `name` is the command's, for `where`. */
export interface Answer {
  readonly name: string;
  readonly data: Uint8Array;
  readonly sw: number;
}

/** Status words that mean the same after every command: docs/profiles.md §2. */
const STOP_OF_STATUS: ReadonlyMap<number, StopReason> = new Map([
  [SW_6982_SECURITY_STATUS_NOT_SATISFIED, 'wallet_locked'],
  [SW_6985_CONDITIONS_NOT_SATISFIED, 'phone_not_ready'],
  [SW_6986_SEE_PHONE, 'verification_needed'],
  [SW_6A81_FUNCTION_NOT_SUPPORTED, 'no_active_card'],
]);

/** Any answer that is an R-APDU, whatever its status word. */
export async function exchange(
  transceive: Transceive,
  name: string,
  command: Command,
): Promise<Result<Answer, Stop>> {
  const bytes = await transceive(encodeCommand(command));
  if (typeof bytes === 'string') return stop(bytes, name);
  const response = decodeResponse(bytes);
  if (!response.ok) return stop('malformed_answer', `${name}: ${apduText(response.refusal)}`);
  return accept({ name, ...response.value });
}

/** The stop for a status word that is not 9000. */
export function stopOfStatus(answer: Answer): Result<never, Stop> {
  const code = answer.sw.toString(16).toUpperCase().padStart(4, '0');
  return stop(STOP_OF_STATUS.get(answer.sw) ?? 'unexpected_status', `${answer.name}: ${code}`);
}

/** The data of an answer with 9000, else its stop. */
export async function exchangeOk(
  transceive: Transceive,
  name: string,
  command: Command,
): Promise<Result<Answer, Stop>> {
  const answer = await exchange(transceive, name, command);
  if (!answer.ok || answer.value.sw === SW_9000_OK) return answer;
  return stopOfStatus(answer.value);
}

/** The one data object that an answer consists of; its tag must be among `tags`. */
export function soleObject(answer: Answer, tags: readonly Tag[]): Result<Tlv, Stop> {
  const parsed = parseTlv(answer.data);
  if (!parsed.ok) return stop('malformed_answer', `${answer.name}: ${tlvRefusalText(parsed.refusal)}`);
  const [object, second] = parsed.value;
  const wanted = tags.map(tagHex).join(' or ');
  if (object === undefined) return stop('data_missing', `${answer.name}: ${wanted} at 0`);
  if (!tags.includes(object.tag))
    return stop('malformed_answer', `${answer.name}: ${tagHex(object.tag)}, not ${wanted}`);
  if (second !== undefined) {
    return stop(
      'malformed_answer',
      `${answer.name}: ${tagHex(second.tag)} at ${second.offset}, after ${wanted}`,
    );
  }
  return accept(object);
}

/** The values inside a template by tag; one that is there twice is refused, so that no two readers can differ. */
export function valuesOf(answer: Answer, template: Tlv): Result<ReadonlyMap<Tag, Uint8Array>, Stop> {
  const values = tlvValues([template]);
  if (values.ok) return values;
  return stop('data_repeated', `${answer.name}: ${tlvRefusalText(values.refusal)}`);
}

/** A value that must be there, with a length that must fit. */
export function required(
  name: string,
  values: ReadonlyMap<Tag, Uint8Array>,
  tag: Tag,
  lengthMin: number,
  lengthMax = lengthMin,
): Result<Uint8Array, Stop> {
  const value = values.get(tag);
  if (value === undefined) return stop('data_missing', `${name}: ${tagHex(tag)}`);
  if (value.length < lengthMin || value.length > lengthMax) {
    return stop('data_invalid', `${name}: ${tagHex(tag)} has ${value.length} bytes`);
  }
  return accept(value);
}

function apduText(refusal: ApduRefusal): string {
  return `${refusal.reason} at ${refusal.offset}`;
}

/** One command and answer, as it went over the link. */
export interface ExchangedApdu {
  readonly command: Uint8Array;
  /** Absent when the link failed. */
  readonly response: Uint8Array | undefined;
}

/** A link that also keeps what went over it, for the trace. */
export function recording(transceive: Transceive): { transceive: Transceive; exchanged: ExchangedApdu[] } {
  const exchanged: ExchangedApdu[] = [];
  return {
    exchanged,
    transceive: async (command) => {
      const answer = await transceive(command);
      exchanged.push({
        command: command.slice(),
        response: typeof answer === 'string' ? undefined : answer.slice(),
      });
      return answer;
    },
  };
}
