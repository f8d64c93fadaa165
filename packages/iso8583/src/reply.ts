/**
 * Answers: the response's message type, what it repeats of the question, and the format error that a message
 * gets which cannot be read to its end.
 */
import type { FieldNumber, Fields } from './fields.ts';
import type { Message } from './message.ts';
import { type AskingMti, type Mti, type ResponseMti, responseMti } from './mti.ts';
import { carries } from './presence.ts';
import { FORMAT_ERROR } from './response-codes.ts';

/**
 * What an answer repeats, so that the other end finds its question again: ISO 8583:1987 clause 4.4, "echo".
 * Never the tracks, the PIN, the expiry date, private data or field 55.
 */
export const ECHOED: readonly FieldNumber[] = [
  ...([2, 3, 4, 7, 11, 12, 13, 23, 24, 25, 32, 33, 37, 41, 42, 49] as const),
  ...([70, 90, 95, 102, 103] as const),
];

/** A message that wants an answer. */
export interface Question {
  readonly mti: AskingMti;
  readonly fields: Fields;
}

/** True if the message is a request or an advice. */
export function isQuestion(message: Message): message is Question {
  return wantsAnswer(message.mti);
}

/** The answer to a question: its echo, and then `answer`'s fields, which win. */
export function respond(question: Question, answer: Fields): Message {
  const mti = responseMti(question.mti)!;
  const fields = echo(question.fields, mti);
  return { mti, fields: { ...fields, ...answer } };
}

/**
 * DE 39 = 30 for what `unpack` refused (`partial`) or `validate` did. Null where no answer can be made: the
 * type could not be read, is itself a response (two ends that answer answers never stop), or there is no
 * DE 11 by which the sender would know what is meant. Then the connection is closed.
 */
export function formatErrorReply(partial: {
  readonly mti: Mti | undefined;
  readonly fields: Fields;
}): Message | null {
  const { mti, fields } = partial;
  if (mti === undefined || fields[11] === undefined || !wantsAnswer(mti)) return null;
  return respond({ mti, fields }, { 39: FORMAT_ERROR });
}

function wantsAnswer(mti: Mti): mti is AskingMti {
  return responseMti(mti) !== null;
}

function echo(asked: Fields, mti: ResponseMti): Fields {
  const fields: Record<number, string | Uint8Array | undefined> = {};
  for (const field of ECHOED) {
    if (asked[field] !== undefined && carries(mti, field)) fields[field] = asked[field];
  }
  return fields;
}
