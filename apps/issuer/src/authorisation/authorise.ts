// 0100 and 0200: read, verify, decide, write. Two round trips to the database, no lock between them; when another
// request was faster, again. After a few such losses the token is locked first, so that everyone gets a turn.
import type { Pool } from 'pg';
import { inTransaction, type Queryable, wasOutrun } from '../database/transaction.ts';
import type { CryptogramCheck } from '../keys/hsm.ts';
import { type CryptogramVerifier, issuerAuthentication } from './cryptogram.ts';
import { type Decision, decide } from './decide.ts';
import { FRAUD_RULES, type FraudRule } from './fraud-rules.ts';
import { de39Of, type RefusalName } from './refusals.ts';
import type { AuthorisationRequest } from './request.ts';
import { DEFAULT_SETTINGS, type DecisionSettings } from './settings.ts';
import { consumeAtc, keepAnswer, lockToken, readStored } from './store.ts';
import type { StoredAnswer, StoredRows } from './stored.ts';

export type AuthorisationDependencies = {
  readonly pool: Pool;
  readonly hsm: CryptogramVerifier;
  readonly now: () => Date;
  readonly settings?: DecisionSettings;
  readonly fraudRules?: readonly FraudRule[];
};

/** How often to decide without a lock before taking one. */
const OPTIMISTIC_ATTEMPTS = 3;
/** With the token and its account locked nobody can be faster; a second loss would be a bug. */
const LOCKED_ATTEMPTS = 2;

/** The answer to one request. Throws when the database or the HSM cannot answer: nothing was decided then. */
export async function authorise(
  deps: AuthorisationDependencies,
  request: AuthorisationRequest,
): Promise<StoredAnswer> {
  const attempt = attemptsAt(deps, request);
  for (let count = 0; count < OPTIMISTIC_ATTEMPTS; count++) {
    const answer = await attempt(deps.pool);
    if (answer !== null) return answer;
  }
  return inTransaction(deps.pool, async (client) => {
    await lockToken(client, request.token.reveal());
    for (let count = 0; count < LOCKED_ATTEMPTS; count++) {
      const answer = await attempt(client);
      if (answer !== null) return answer;
    }
    throw new Error('an authorisation was outrun under its own lock');
  });
}

/** One attempt: null when what was read was no longer so at the write. The HSM is asked once, however many there are. */
function attemptsAt(deps: AuthorisationDependencies, request: AuthorisationRequest) {
  const settings = deps.settings ?? DEFAULT_SETTINGS;
  const rules = deps.fraudRules ?? FRAUD_RULES;
  let verified: CryptogramCheck | null = null;

  return async (db: Queryable): Promise<StoredAnswer | null> => {
    const stored = await readStored(db, request);
    const now = deps.now();
    let decision = decide(request, stored, verified, now, settings, rules);
    if (decision.kind === 'verify') {
      verified = verify(deps.hsm, request, stored!);
      decision = decide(request, stored, verified, now, settings, rules);
    }
    const answer = answerTo(request, decision, verified, stored);
    try {
      return (await write(db, request, stored, decision, answer, now)) ? answer : null;
    } catch (error) {
      if (wasOutrun(error)) return null;
      throw error;
    }
  };
}

function verify(
  hsm: CryptogramVerifier,
  request: AuthorisationRequest,
  { token }: StoredRows,
): CryptogramCheck {
  const { profile, dki, psn } = token;
  return hsm.verifyCryptogram({ profile, dki, psn, token: request.token, values: request.chip.values });
}

/** True when the decision is durable; false when it was outrun. */
async function write(
  db: Queryable,
  request: AuthorisationRequest,
  stored: StoredRows | null,
  decision: Decision,
  answer: StoredAnswer,
  now: Date,
): Promise<boolean> {
  switch (decision.kind) {
    case 'repeat':
      return true;
    case 'same_presentment':
      return keepAnswer(db, request, stored!, answer, now);
    case 'refuse':
      return decision.keep ? keepAnswer(db, request, stored!, answer, now) : true;
    case 'consume':
      return consumeAtc(db, request, stored!, { answer, umd: decision.umd, next: decision.next }, now);
    case 'verify':
      throw new Error('a cryptogram was verified and not decided on');
  }
}

function answerTo(
  request: AuthorisationRequest,
  decision: Decision,
  verified: CryptogramCheck | null,
  stored: StoredRows | null,
): StoredAnswer {
  switch (decision.kind) {
    case 'repeat':
    case 'same_presentment':
      return decision.answer;
    case 'refuse':
      return refused(decision.refusal);
    case 'consume': {
      // The issuer answers a genuine cryptogram only, approved or not. EMV 4.4 Book 2 §8.2
      const de39 = de39Of(decision.refusal);
      const approved = decision.refusal === null;
      const { pinTriesLeft } = decision.next;
      return {
        refusal: decision.refusal,
        de39,
        approvalCode: approved ? approvalCode(request) : null,
        issuerAuthentication: issuerAuthentication(
          verified!,
          stored!.token.profile,
          de39,
          approved,
          pinTriesLeft,
        ),
      };
    }
    case 'verify':
      throw new Error('a cryptogram was verified and not decided on');
  }
}

/** An answer that says no and carries nothing else. */
export function refused(refusal: RefusalName): StoredAnswer {
  return { refusal, de39: de39Of(refusal), approvalCode: null, issuerAuthentication: null };
}

/** Without letters and digits that are read as one another on a receipt. */
const APPROVAL_CODE_CHARACTERS = '0123456789ACDEFGHJKLMNPQRTUVWXYZ';
const APPROVAL_CODE_LENGTH = 6;

/** DE 38: six characters out of the presentment's hash, so that a replay of the bank gives the same. */
function approvalCode(request: AuthorisationRequest): string {
  const { presentmentHash } = request.identity;
  let code = '';
  for (let index = 0; index < APPROVAL_CODE_LENGTH; index++) {
    code += APPROVAL_CODE_CHARACTERS[presentmentHash[index]! % APPROVAL_CODE_CHARACTERS.length];
  }
  return code;
}
