/** Whether this process lives, and whether it can work. */

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Issuer } from '../issuer.ts';
import { sendProblem } from './app.ts';

const Health = Type.Object({ status: Type.Literal('ok') });

export const healthRoutes: FastifyPluginAsyncTypebox<{ issuer: Issuer }> = async (app, { issuer }) => {
  const config = { rateLimit: false as const };
  const schema = { response: { 200: Health } };
  app.get('/health/live', { config, schema }, () => ({ status: 'ok' as const }));
  app.get('/health/ready', { config, schema }, async (_, reply) => {
    try {
      await issuer.db.query('SELECT 1');
    } catch {
      return sendProblem(reply, 'unavailable');
    }
    return reply.send({ status: 'ok' });
  });
};
