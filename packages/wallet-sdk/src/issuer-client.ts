// A wallet's calls to the bank, one function a call: docs/api.md, "A wallet's calls". Bytes in, bytes out; each
// answer is checked against the published schema before anything believes it.
import {
  type Card,
  CardsAnswer,
  DigitisationAnswer,
  EnrolmentAnswer,
  type IssuedProfile,
  LogAnswer,
  NextBundle,
  ReceiptAnswer,
  ReplenishmentAnswer,
  StatementAnswer,
} from '@tapseal/protocol';
import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { fromBase64, toBase64 } from './base64.ts';
import { type Answer, ask, type BankLink, type Call } from './http.ts';
import { WalletRefusal } from './refusals.ts';

/** All throw BankRefusal (the bank's named refusal) or WalletRefusal (`bank_unreachable`, …). */
export class IssuerClient {
  readonly #link: BankLink;

  constructor(link: BankLink) {
    this.#link = link;
  }

  async startEnrolment(activationCode: string, idempotencyKey: string): Promise<StartedEnrolment> {
    const call = post('/v1/enrolments', { activationCode }, idempotencyKey);
    const { enrolmentId, nonce, issuerCertificate } = await this.#ask(call, EnrolmentAnswer);
    return { enrolmentId, nonce: fromBase64(nonce), issuerCertificate: fromBase64(issuerCertificate) };
  }

  async finishEnrolment(
    enrolmentId: string,
    statement: Uint8Array,
    idempotencyKey: string,
  ): Promise<FinishedEnrolment> {
    const path = `/v1/enrolments/${encodeURIComponent(enrolmentId)}/statement`;
    const call = post(path, { statement: toBase64(statement) }, idempotencyKey);
    const { deviceId, credential } = await this.#ask(call, StatementAnswer);
    return { deviceId, credential };
  }

  async cards(credential: string): Promise<readonly Card[]> {
    return (await this.#ask({ method: 'GET', path: '/v1/cards', credential }, CardsAnswer)).cards;
  }

  /** `uplink`: the sealed PIN, kind 1 bound to the card. */
  async digitise(
    credential: string,
    request: { readonly cardId: string; readonly profile: IssuedProfile; readonly uplink: Uint8Array },
    idempotencyKey: string,
  ): Promise<Digitisation> {
    const body = { cardId: request.cardId, profile: request.profile, uplink: toBase64(request.uplink) };
    const call = post('/v1/digitisations', body, idempotencyKey, credential);
    return this.#ask(call, DigitisationAnswer);
  }

  /** The oldest bundle without a receipt, or undefined. */
  async nextBundle(credential: string): Promise<Uint8Array | undefined> {
    const answer = await ask(this.#link, { method: 'GET', path: '/v1/bundles/next', credential });
    if (answer.status === 204) return undefined;
    return fromBase64(checked(answer, NextBundle).bundle);
  }

  /** Hands a receipt in; answers the bundle that follows, or undefined. */
  async giveReceipt(
    credential: string,
    receipt: Uint8Array,
    idempotencyKey: string,
  ): Promise<Uint8Array | undefined> {
    const call = post('/v1/bundles/receipts', { receipt: toBase64(receipt) }, idempotencyKey, credential);
    const { next } = await this.#ask(call, ReceiptAnswer);
    return next === null ? undefined : fromBase64(next.bundle);
  }

  /** Asks for a top-up; answers how many key sets follow as a bundle. */
  async replenish(credential: string, tokenId: string, idempotencyKey: string): Promise<number> {
    const call = post('/v1/replenishments', { tokenId }, idempotencyKey, credential);
    return (await this.#ask(call, ReplenishmentAnswer)).keySets;
  }

  async uploadLog(credential: string, uplink: Uint8Array, idempotencyKey: string): Promise<LogAnswer> {
    const call = post('/v1/logs', { uplink: toBase64(uplink) }, idempotencyKey, credential);
    return this.#ask(call, LogAnswer);
  }

  async #ask<S extends TSchema>(call: Call, schema: S): Promise<Static<S>> {
    return checked(await ask(this.#link, call), schema);
  }
}

export interface StartedEnrolment {
  readonly enrolmentId: string;
  readonly nonce: Uint8Array;
  readonly issuerCertificate: Uint8Array;
}

/** The first bundle rides in this answer too; the wallet takes it with the others, from `nextBundle`. */
export interface FinishedEnrolment {
  readonly deviceId: string;
  readonly credential: string;
}

export type Digitisation = Static<typeof DigitisationAnswer>;

function post(path: string, body: object, idempotencyKey: string, credential?: string): Call {
  const bearer = credential === undefined ? {} : { credential };
  return { method: 'POST', path, body, idempotencyKey, ...bearer };
}

function checked<S extends TSchema>(answer: Answer, schema: S): Static<S> {
  if (!Check(schema, answer.body)) throw new WalletRefusal('bank_answer_malformed');
  return answer.body;
}
