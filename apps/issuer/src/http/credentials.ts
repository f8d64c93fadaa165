/** Bearer credentials of HTTP calls (RFC 6750): a device's, and the operator's. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type Device, deviceOfCredential } from '../credentials/devices.ts';
import type { Issuer } from '../issuer.ts';
import { done, type Outcome, refuse } from './problems.ts';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]{16,200}=*)$/;

export function bearerOf(request: FastifyRequest): Outcome<string> {
  const header = request.headers.authorization;
  if (header === undefined) return refuse('credential_missing');
  const credential = BEARER.exec(header)?.[1];
  return credential ? done(credential) : refuse('credential_invalid');
}

/** The device that calls. */
export async function callingDevice(issuer: Issuer, request: FastifyRequest): Promise<Outcome<Device>> {
  const credential = bearerOf(request);
  return credential.ok ? deviceOfCredential(issuer.db, credential.value) : credential;
}

/** Whether the operator calls; compared as hashes, in constant time. */
export function callingOperator(operatorCredential: string, request: FastifyRequest): Outcome<undefined> {
  const credential = bearerOf(request);
  if (!credential.ok) return credential;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(credential.value), digest(operatorCredential))
    ? done(undefined)
    : refuse('credential_invalid');
}
