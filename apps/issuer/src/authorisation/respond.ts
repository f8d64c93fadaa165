// The answer to a message, as a message: what identifies it is echoed, DE 38, 39 and 55 are ours. A pure function of the
// message and the answer, so that a repeat gets the same one.
import { type Fields, type Message, type MutableFields, type Question, respond } from '@tapseal/iso8583';
import type { StoredAnswer } from './stored.ts';

const TAG_91_ISSUER_AUTHENTICATION_DATA = 0x91;

export function answerMessage(question: Question, answer: StoredAnswer): Message {
  const fields: MutableFields = { 39: answer.de39 };
  if (answer.approvalCode !== null) fields[38] = answer.approvalCode;
  const data = answer.issuerAuthentication;
  if (data !== null) fields[55] = Uint8Array.of(TAG_91_ISSUER_AUTHENTICATION_DATA, data.length, ...data);
  return respond(question, fields satisfies Fields);
}
