/** The issuer's HTTP service: limits, problem details, OpenAPI, and the routes. docs/api.md */

import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Problem } from '@tapseal/protocol';
import fastify, { type FastifyError, type FastifyReply, type FastifySchema } from 'fastify';
import type { Logger } from 'pino';
import { isUnavailable } from '../database/transaction.ts';
import type { Issuer } from '../issuer.ts';
import { healthRoutes } from './health-routes.ts';
import { operatorRoutes } from './operator-routes.ts';
import { type Outcome, PROBLEMS, type Refusal } from './problems.ts';
import { walletRoutes } from './wallet-routes.ts';

export interface HttpSettings {
  /** From one address: calls a minute, and enrolments among them. */
  readonly callsPerMinute: number;
  readonly enrolmentsPerMinute: number;
}

export const DEFAULT_HTTP_SETTINGS: HttpSettings = { callsPerMinute: 3_000, enrolmentsPerMinute: 60 };

/** A full log of 255 records and a bundle's length in base64 stay below. */
const BODY_LIMIT_BYTES = 128 * 1024;
const REQUEST_TIMEOUT_MS = 15_000;

export interface HttpDependencies {
  readonly issuer: Issuer;
  readonly operatorCredential: string;
  readonly logger: Logger;
  readonly settings?: HttpSettings;
}

export type HttpApp = Awaited<ReturnType<typeof createHttpApp>>;

export async function createHttpApp({
  issuer,
  operatorCredential,
  logger,
  settings = DEFAULT_HTTP_SETTINGS,
}: HttpDependencies) {
  const app = fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // An address that cannot be decoded reaches no route and no error handler; the answer would quote it.
    frameworkErrors: (_error, _request, reply) => sendProblem(reply as FastifyReply, 'request_invalid'),
    // A field that the schema does not know is refused, not dropped; a number in quotes stays a string.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal === 'internal' || refusal === 'unavailable') request.log.error({ err: error }, refusal);
    return sendProblem(reply, refusal, refusal === 'request_invalid' ? whereInvalid(error) : undefined);
  });
  app.setNotFoundHandler((_, reply) => sendProblem(reply, 'not_found'));

  await app.register(helmet);
  // Answers carry credentials and sealed keys. RFC 9111, 5.2.2.5
  app.addHook('onRequest', async (_, reply) => {
    reply.header('cache-control', 'no-store');
  });
  await app.register(rateLimit, { max: settings.callsPerMinute, timeWindow: '1 minute' });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tapseal issuer',
        version: '0.1.0',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          device: { type: 'http', scheme: 'bearer', description: 'The credential of an enrolled device.' },
          operator: { type: 'http', scheme: 'bearer', description: 'The credential of the bank’s operator.' },
        },
      },
    },
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => ({
      url,
      schema: withIdempotencyKey(schema, `${route.method} ${url}`),
    }),
  });

  await app.register(walletRoutes, { issuer, enrolmentsPerMinute: settings.enrolmentsPerMinute });
  await app.register(operatorRoutes, { issuer, operatorCredential });
  await app.register(healthRoutes, { issuer });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.ready();
  return app;
}

/** Calls that move money or keys for a device demand an Idempotency-Key; the handlers refuse by name, so that no schema does. */
const KEY_DEMANDED = ['POST /v1/digitisations', 'POST /v1/replenishments'];
/** The answer to these is the same for the same body, key or not. */
const KEY_IGNORED = ['POST /v1/enrolments/:enrolmentId/statement', 'POST /v1/bundles/receipts'];

/** The schema of a route as the OpenAPI document shows it. */
function withIdempotencyKey(schema: FastifySchema | undefined, route: string): FastifySchema {
  if (!route.startsWith('POST ') || KEY_IGNORED.includes(route)) return { ...schema };
  const key = {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description: 'docs/api.md: one key, one effect.',
  };
  const required = KEY_DEMANDED.includes(route) ? ['Idempotency-Key'] : [];
  return { ...schema, headers: { type: 'object', properties: { 'Idempotency-Key': key }, required } };
}

/** The answer to a service's outcome: its value with `status`, or a problem. */
export function answer<T>(reply: FastifyReply, outcome: Outcome<T>, status: number): FastifyReply {
  if (outcome.ok) return reply.code(status).send(outcome.value);
  reply.log.info({ refusal: outcome.refusal, ...(outcome.at ? { at: outcome.at } : {}) }, 'refused');
  return sendProblem(reply, outcome.refusal, outcome.at);
}

/** RFC 9457. */
export function sendProblem(reply: FastifyReply, refusal: Refusal, detail?: string): FastifyReply {
  const { status, title } = PROBLEMS[refusal];
  const problem: Problem = {
    type: `urn:tapseal:problem:${refusal}`,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
  };
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(problem);
}

const REFUSAL_OF_STATUS: Readonly<Record<number, Refusal>> = {
  400: 'request_invalid',
  404: 'not_found',
  413: 'body_too_large',
  415: 'media_type_unsupported',
  429: 'rate_limited',
};

function refusalOf(error: FastifyError): Refusal {
  if (isUnavailable(error)) return 'unavailable';
  return (error.statusCode && REFUSAL_OF_STATUS[error.statusCode]) || 'internal';
}

/** Which part of a request broke which rule of the schema: a path and a keyword, never a value. */
function whereInvalid(error: FastifyError): string | undefined {
  const first = error.validation?.[0];
  return first && `${error.validationContext ?? 'request'}${first.instancePath}: ${first.keyword}`;
}
