// One ISO 8583 message in, at most one out. Whatever happens inside, the terminal gets an answer that it can act on: a
// named refusal as DE 39, `91` when we cannot know, `96` when we are wrong. What is logged names fields, never values.
import {
  explainRefusal,
  formatErrorReply,
  isQuestion,
  type Message,
  pack,
  type Question,
  unpack,
  validate,
} from '@tapseal/iso8583';
import { isUnavailable } from '../database/transaction.ts';
import { advise, parseAdvice } from './advise.ts';
import { type AuthorisationDependencies, authorise, refused } from './authorise.ts';
import { networkRefusal } from './network.ts';
import type { RefusalName } from './refusals.ts';
import { parseRequest } from './request.ts';
import { answerMessage } from './respond.ts';
import { parseReversal, reverse } from './reverse.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import type { StoredAnswer } from './stored.ts';

/** What happened, for logs and metrics: no PAN, no token, no cryptogram. */
export type MessageEvent = {
  readonly mti: string | null;
  readonly stan: string | null;
  readonly terminalId: string | null;
  /** Null: no reply can be made. */
  readonly de39: string | null;
  readonly refusal: string | null;
  /** Where a malformed message is at fault: `field 55 at byte 87`, `55.9F10`. */
  readonly at?: string;
  /** An error's class and code, where the answer is `91` or `96`. */
  readonly error?: string;
};

export type HandlerDependencies = AuthorisationDependencies & {
  readonly onEvent?: (event: MessageEvent) => void;
};

/** Takes a message without its length; answers one without its length, or null: nothing to reply to. */
export type MessageHandler = (bytes: Uint8Array) => Promise<Uint8Array | null>;

export function createMessageHandler(deps: HandlerDependencies): MessageHandler {
  const onEvent = deps.onEvent ?? (() => {});
  return async (bytes) => {
    const unpacked = unpack(bytes);
    const { mti = null, fields } = unpacked.ok ? unpacked.message : unpacked.partial;
    const about = { mti, stan: fields[11] ?? null, terminalId: fields[41] ?? null };
    if (!unpacked.ok) {
      const reply = formatErrorReply(unpacked.partial);
      const de39 = reply?.fields[39] ?? null;
      onEvent({ ...about, de39, refusal: 'message_malformed', at: explainRefusal(unpacked.error) });
      return reply && packed(reply);
    }
    if (!isQuestion(unpacked.message)) {
      onEvent({ ...about, de39: null, refusal: 'message_type_unsupported' });
      return null;
    }
    const { answer, ...details } = await outcomeOf(deps, unpacked.message);
    onEvent({ ...about, de39: answer.de39, refusal: answer.refusal, ...details });
    return packed(answerMessage(unpacked.message, answer));
  };
}

type Outcome = { readonly answer: StoredAnswer; readonly at?: string; readonly error?: string };

async function outcomeOf(deps: HandlerDependencies, message: Question): Promise<Outcome> {
  try {
    return await dispatch(deps, message);
  } catch (error) {
    const refusal: RefusalName = isUnavailable(error) ? 'unavailable' : 'fault';
    return { answer: refused(refusal), error: nameOf(error) };
  }
}

/** By message type: ISO 8583:1987 clause 4.1. */
async function dispatch(deps: HandlerDependencies, message: Question): Promise<Outcome> {
  const complete = validate(message);
  if (!complete.ok) {
    const [{ reason, field }] = complete.errors as [(typeof complete.errors)[number]];
    const refusal = reason === 'field_missing' ? 'field_missing' : 'field_not_allowed';
    return { answer: refused(refusal), at: `field ${field}: ${reason}` };
  }
  const { pool, now } = deps;
  switch (message.mti) {
    case '0100':
    case '0101':
    case '0200':
    case '0201': {
      const parsed = parseRequest(message);
      if (!parsed.ok)
        return {
          answer: refused(parsed.refusal),
          at: `${parsed.field}${parsed.tag ? `.${parsed.tag}` : ''}`,
        };
      return { answer: await authorise(deps, parsed.request) };
    }
    case '0120':
    case '0121':
    case '0220':
    case '0221': {
      const parsed = parseAdvice(message);
      return { answer: parsed.ok ? await advise(pool, now, parsed.request) : refused(parsed.refusal) };
    }
    case '0400':
    case '0401':
    case '0420':
    case '0421': {
      const parsed = parseReversal(message);
      if (!parsed.ok) return { answer: refused(parsed.refusal) };
      const { utcOffsetMinutes } = deps.settings ?? DEFAULT_SETTINGS;
      return { answer: await reverse({ pool, now, utcOffsetMinutes }, parsed.request) };
    }
    case '0800': {
      const refusal = networkRefusal(message.fields);
      return { answer: refusal === null ? ACKNOWLEDGED : refused(refusal) };
    }
  }
}

const ACKNOWLEDGED: StoredAnswer = {
  refusal: null,
  de39: '00',
  approvalCode: null,
  issuerAuthentication: null,
};

/** A reply is made of fields that were read, and of ours: one that cannot be packed is a bug. */
function packed(reply: Message): Uint8Array {
  const result = pack(reply);
  if (!result.ok) throw new Error(`a reply cannot be packed: ${explainRefusal(result.error)}`);
  return result.bytes;
}

/** An error's own text may quote a row or a key: only its class and code are kept. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return [error.name, code, constraint].filter((part) => typeof part === 'string').join(' ');
}
