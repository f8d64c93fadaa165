/** A wallet's calls. docs/api.md */

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  CardsAnswer,
  DigitisationAnswer,
  DigitisationRequest,
  EnrolmentAnswer,
  EnrolmentRequest,
  LogAnswer,
  LogRequest,
  NextBundle,
  Problem,
  ReceiptAnswer,
  ReceiptRequest,
  ReplenishmentAnswer,
  ReplenishmentRequest,
  StatementAnswer,
  StatementRequest,
  TokensAnswer,
  Uuid,
  uuidText,
} from '@tapseal/protocol';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { nextBundle, type OutgoingBundle } from '../credentials/bundle-queue.ts';
import { type Device, lockDevice } from '../credentials/devices.ts';
import { uploadLog } from '../credentials/log-upload.ts';
import { acceptReceipt } from '../credentials/receipts.ts';
import { cardsOf } from '../customers/cards.ts';
import { beginEnrolment, completeEnrolment } from '../customers/enrolment.ts';
import type { Issuer, Transaction } from '../issuer.ts';
import { digitise } from '../tokens/digitise.ts';
import { replenish, tokensOf } from '../tokens/tokens.ts';
import { answer } from './app.ts';
import { callingDevice } from './credentials.ts';
import { done, type Outcome, refuse } from './problems.ts';
import { transact, transactOnce } from './transact.ts';

export const walletRoutes: FastifyPluginAsyncTypebox<{
  issuer: Issuer;
  enrolmentsPerMinute: number;
}> = async (app, { issuer, enrolmentsPerMinute }) => {
  const enrolments = { rateLimit: { max: enrolmentsPerMinute, timeWindow: '1 minute' } };

  app.post(
    '/v1/enrolments',
    {
      config: enrolments,
      schema: { tags: ['wallet'], body: EnrolmentRequest, response: answers(201, EnrolmentAnswer) },
    },
    async (request, reply) => {
      const begin = async (tx: Transaction) =>
        mapped(await beginEnrolment(issuer, tx, request.body.activationCode), ({ enrolmentId, nonce }) => ({
          enrolmentId,
          nonce: base64(nonce),
          issuerCertificate: base64(issuer.certificate),
        }));
      // A lost answer costs no try of the code where the caller brings a key.
      const key = idempotencyKeyOf(request);
      const call = key && {
        scope: 'enrolment',
        key,
        route: '/v1/enrolments',
        body: request.body,
        status: 201,
      };
      const body = await (call ? transactOnce(issuer, call, begin) : transact(issuer, begin));
      return answer(reply, body, 201);
    },
  );

  app.post(
    '/v1/enrolments/:enrolmentId/statement',
    {
      config: enrolments,
      schema: {
        tags: ['wallet'],
        params: Type.Object({ enrolmentId: Uuid }),
        body: StatementRequest,
        response: answers(201, StatementAnswer),
      },
    },
    async (request, reply) => {
      const statement = bytesOf(request.body.statement);
      const enrolled = await transact(issuer, (tx) =>
        completeEnrolment(issuer, tx, request.params.enrolmentId, statement),
      );
      const body = mapped(enrolled, ({ deviceId, credential, bundle }) => ({
        deviceId: uuidText(deviceId),
        credential,
        bundle: base64(bundle),
      }));
      return answer(reply, body, 201);
    },
  );

  await app.register(deviceRoutes, { issuer });
};

/** The calls of an enrolled device in good standing. */
const deviceRoutes: FastifyPluginAsyncTypebox<{ issuer: Issuer }> = async (app, { issuer }) => {
  app.decorateRequest('device');
  // Not `onRequest`: calls are counted there, after a plugin's own hooks, and a wrong credential is to be counted too.
  app.addHook('preParsing', async (request, reply) => {
    const device = await callingDevice(issuer, request);
    if (!device.ok) return answer(reply, device, 200);
    request.device = device.value;
  });

  app.get(
    '/v1/cards',
    { schema: { ...ofDevice, response: answers(200, CardsAnswer) } },
    async (request, reply) =>
      answer(reply, done({ cards: await cardsOf(issuer.db, request.device.customerId) }), 200),
  );

  app.get(
    '/v1/tokens',
    { schema: { ...ofDevice, response: answers(200, TokensAnswer) } },
    async (request, reply) =>
      answer(reply, done({ tokens: await tokensOf(issuer, issuer.db, request.device) }), 200),
  );

  app.post(
    '/v1/digitisations',
    { schema: { ...ofDevice, body: DigitisationRequest, response: answers(201, DigitisationAnswer) } },
    async (request, reply) => {
      const call = { ...request.body, uplink: bytesOf(request.body.uplink) };
      return answer(reply, await once(request, 201, (tx, device) => digitise(issuer, tx, device, call)), 201);
    },
  );

  app.post(
    '/v1/replenishments',
    { schema: { ...ofDevice, body: ReplenishmentRequest, response: answers(202, ReplenishmentAnswer) } },
    async (request, reply) => {
      const { tokenId } = request.body;
      return answer(
        reply,
        await once(request, 202, (tx, device) => replenish(issuer, tx, device, tokenId)),
        202,
      );
    },
  );

  app.get(
    '/v1/bundles/next',
    { schema: { ...ofDevice, response: { ...answers(200, NextBundle), 204: Type.Null() } } },
    async (request, reply) => {
      const outcome = await locking(request, async (tx, device) =>
        done({ next: await nextBundle(issuer, tx, device) }),
      );
      if (outcome.ok && !outcome.value.next) return reply.code(204).send(null);
      return answer(
        reply,
        mapped(outcome, ({ next }) => bundleBody(next!)),
        200,
      );
    },
  );

  app.post(
    '/v1/bundles/receipts',
    { schema: { ...ofDevice, body: ReceiptRequest, response: answers(200, ReceiptAnswer) } },
    async (request, reply) => {
      const receipt = bytesOf(request.body.receipt);
      const outcome = await locking(request, (tx, device) => acceptReceipt(issuer, tx, device, receipt));
      return answer(
        reply,
        mapped(outcome, ({ next }) => ({ next: next ? bundleBody(next) : null })),
        200,
      );
    },
  );

  app.post(
    '/v1/logs',
    { schema: { ...ofDevice, body: LogRequest, response: answers(200, LogAnswer) } },
    async (request, reply) => {
      const uplink = bytesOf(request.body.uplink);
      const work = (tx: Transaction, device: Device) => uploadLog(issuer, tx, device, uplink);
      // A log moves neither money nor keys: the key is optional here.
      const keyed = request.headers['idempotency-key'] !== undefined;
      return answer(reply, keyed ? await once(request, 200, work) : await locking(request, work), 200);
    },
  );

  /** One transaction with the device locked. */
  function locking<T>(request: FastifyRequest, work: DeviceWork<T>): Promise<Outcome<T>> {
    return transact(issuer, (tx) => withLock(tx, request.device, work));
  }

  /** The same, once per Idempotency-Key. */
  async function once<T extends object>(
    request: FastifyRequest,
    status: number,
    work: DeviceWork<T>,
  ): Promise<Outcome<T>> {
    const key = idempotencyKeyOf(request);
    if (key === undefined) return refuse('idempotency_key_missing');
    const scope = `device ${uuidText(request.device.deviceId)}`;
    const call = { scope, key, route: request.routeOptions.url ?? '', body: request.body, status };
    return transactOnce(issuer, call, (tx) => withLock(tx, request.device, work));
  }
};

declare module 'fastify' {
  interface FastifyRequest {
    /** The calling device, on its routes. */
    device: Device;
  }
}

type DeviceWork<T> = (tx: Transaction, device: Device) => Promise<Outcome<T>>;

const IDEMPOTENCY_KEY_LENGTH_MAX = 255;

/** The caller's Idempotency-Key, if it is one. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  const fits = typeof key === 'string' && key.length > 0 && key.length <= IDEMPOTENCY_KEY_LENGTH_MAX;
  return fits ? key : undefined;
}

const ofDevice = { tags: ['wallet'], security: [{ device: [] }] };

/** The answer of a route: its own schema, or a problem. */
export function answers<S extends number, T>(status: S, schema: T) {
  return { [status]: schema, '4xx': Problem, '5xx': Problem } as Record<S, T> &
    Record<'4xx' | '5xx', typeof Problem>;
}

async function withLock<T>(tx: Transaction, device: Device, work: DeviceWork<T>): Promise<Outcome<T>> {
  const locked = await lockDevice(tx, device.deviceId);
  return locked.ok ? work(tx, locked.value) : locked;
}

function mapped<T, U>(outcome: Outcome<T>, map: (value: T) => U): Outcome<U> {
  return outcome.ok ? done(map(outcome.value)) : outcome;
}

function bundleBody({ bundleNumber, bytes }: OutgoingBundle): NextBundle {
  return { bundleNumber, bundle: base64(bytes) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** The schema has already said that it is base64. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
