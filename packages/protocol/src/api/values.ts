/** Values that several calls share: how identifiers, byte strings, money and times travel. docs/api.md */

import { type Static, Type } from 'typebox';

/** Lower-case UUID. A device's id, 16 bytes of a hash, travels in the same shape. */
export const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
});

/** Bytes as base64 (RFC 4648 section 4, with padding); a bundle of 32,768 bytes and a full log both fit. */
export const Base64 = Type.String({
  maxLength: 87_384,
  pattern: '^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$',
});

/** ISO 4217 alphabetic code. */
export const CurrencyCode = Type.String({ pattern: '^[A-Z]{3}$' });

/** Minor units of the currency. */
export const MinorAmount = Type.Integer({ minimum: 0, maximum: 999_999_999_999 });

export const LastFour = Type.String({ pattern: '^[0-9]{4}$' });
export const Profile = Type.Union([Type.Literal('open'), Type.Literal('tdes')]);

/** Text for people, on one line: no control characters, which a database or a terminal may take for commands. */
export const oneLine = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' });

/** ISO 8601, UTC. */
export const Instant = Type.String({ format: 'date-time' });

/** RFC 9457 problem details; `type` is `urn:tapseal:problem:<name>`. */
export const Problem = Type.Object({
  type: Type.String({ pattern: '^urn:tapseal:problem:[a-z0-9_]+$' }),
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.Optional(Type.String()),
});
export type Problem = Static<typeof Problem>;

/** The refusal's name in a problem, or `undefined` when it is none of ours. */
export function problemName(problem: { readonly type: string }): string | undefined {
  return /^urn:tapseal:problem:([a-z0-9_]+)$/.exec(problem.type)?.[1];
}
