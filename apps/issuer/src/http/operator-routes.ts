/** The bank's own calls, with the operator credential. docs/api.md */

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  ActivationCodeAnswer,
  AuthorisationsAnswer,
  CardAnswer,
  CardRequest,
  CustomerAnswer,
  CustomerRequest,
  ReconciliationAnswer,
  ReconciliationRequest,
  TokenStateAnswer,
  TokenStateRequest,
  Uuid,
} from '@tapseal/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { addCard } from '../customers/cards.ts';
import { currencyLetters } from '../customers/currencies.ts';
import { createCustomer, issueActivationCode } from '../customers/customers.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { reconcileToken } from '../reconciliation/index.ts';
import type { TokenStateName } from '../tokens/token-state-decision.ts';
import { changeTokenState } from '../tokens/tokens.ts';
import { answer } from './app.ts';
import { callingOperator } from './credentials.ts';
import { done, type Outcome, refuse } from './problems.ts';
import { transact, transactOnce } from './transact.ts';
import { answers, idempotencyKeyOf } from './wallet-routes.ts';

export const operatorRoutes: FastifyPluginAsyncTypebox<{
  issuer: Issuer;
  operatorCredential: string;
}> = async (app, { issuer, operatorCredential }) => {
  // Not `onRequest`: calls are counted there, after a plugin's own hooks, and a wrong credential is to be counted too.
  app.addHook('preParsing', async (request, reply) => {
    const operator = callingOperator(operatorCredential, request);
    return operator.ok ? undefined : answer(reply, operator, 200);
  });
  const schemaOf = { tags: ['operator'], security: [{ operator: [] }] };

  app.post(
    '/v1/operator/customers',
    { schema: { ...schemaOf, body: CustomerRequest, response: answers(201, CustomerAnswer) } },
    async (request, reply) => run(request, reply, 201, (tx) => createCustomer(issuer, tx, request.body.name)),
  );

  app.post(
    '/v1/operator/customers/:customerId/cards',
    {
      schema: {
        ...schemaOf,
        params: Type.Object({ customerId: Uuid }),
        body: CardRequest,
        response: answers(201, CardAnswer),
      },
    },
    async (request, reply) =>
      run(request, reply, 201, (tx) => addCard(issuer, tx, request.params.customerId, request.body)),
  );

  app.post(
    '/v1/operator/customers/:customerId/activation-codes',
    {
      schema: {
        ...schemaOf,
        params: Type.Object({ customerId: Uuid }),
        response: answers(201, ActivationCodeAnswer),
      },
    },
    // A code is given out once: no stored answer for a repeat, which gets a code of its own.
    async (request, reply) =>
      answer(
        reply,
        await transact(issuer, (tx) => issueActivationCode(issuer, tx, request.params.customerId)),
        201,
      ),
  );

  app.post(
    '/v1/operator/tokens/:tokenId/state',
    {
      schema: {
        ...schemaOf,
        params: Type.Object({ tokenId: Uuid }),
        body: TokenStateRequest,
        response: answers(200, TokenStateAnswer),
      },
    },
    async (request, reply) =>
      run(request, reply, 200, async (tx) => {
        const to = request.body.state.toUpperCase() as TokenStateName;
        const changed = await changeTokenState(issuer, tx, request.params.tokenId, to, request.body.reason);
        return changed.ok ? done({ state: request.body.state }) : changed;
      }),
  );

  app.get(
    '/v1/operator/tokens/:tokenId/authorisations',
    {
      schema: {
        ...schemaOf,
        params: Type.Object({ tokenId: Uuid }),
        response: answers(200, AuthorisationsAnswer),
      },
    },
    async (request, reply) => {
      const { rows } = await issuer.db.query(
        `SELECT atc, amount_minor, currency, refusal, de39, decided_at, terminal_id
           FROM authorisations WHERE token_id = $1 ORDER BY decided_at, atc`,
        [request.params.tokenId],
      );
      const authorisations = rows.map((row) => ({
        atc: row.atc,
        amountMinor: row.amount_minor,
        currency: currencyLetters(row.currency),
        refusal: row.refusal,
        de39: row.de39,
        at: row.decided_at.toISOString(),
        terminalId: row.terminal_id,
      }));
      return answer(reply, done({ authorisations }), 200);
    },
  );

  app.post(
    '/v1/operator/reconciliations',
    { schema: { ...schemaOf, body: ReconciliationRequest, response: answers(200, ReconciliationAnswer) } },
    async (request, reply) =>
      run(request, reply, 200, async (tx) => {
        const result = await reconcileToken(tx, request.body.tokenId, issuer.now());
        if (!result) return refuse('token_unknown');
        const { casesOpened: _, rows, ...counts } = result;
        return done({ ...counts, rows: rows.map((row) => ({ ...row })) });
      }),
  );

  /** One transaction; once per Idempotency-Key where the call brings one. */
  async function run<T extends object>(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    work: (tx: Transaction) => Promise<Outcome<T>>,
  ): Promise<FastifyReply> {
    const key = idempotencyKeyOf(request);
    const route = `${request.routeOptions.url} ${JSON.stringify(request.params)}`;
    const outcome = key
      ? await transactOnce(issuer, { scope: 'operator', key, route, body: request.body, status }, work)
      : await transact(issuer, work);
    return answer(reply, outcome, status);
  }
};
