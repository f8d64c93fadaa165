// The answer to a message, as a message: what identifies it is echoed, DE 38, 39 and 55 are ours. A pure function of the
// message and the answer, so that a repeat gets the same one.
import type { Fields, Message, MutableFields } from '@tapseal/iso8583';
import { responseMti } from '@tapseal/iso8583';
import type { StoredAnswer } from './stored.ts';

/** What the acquirer finds its request by. */
const ECHOED = [
  2, 3, 4, 7, 11, 12, 13, 24, 32, 33, 37, 41, 42, 49, 70, 90,
] as const satisfies readonly (keyof Fields)[];

const TAG_91_ISSUER_AUTHENTICATION_DATA = 0x91;

/** Null: a message of this type gets no answer. */
export function respond(
  request: { readonly mti: string; readonly fields: Fields },
  answer: StoredAnswer,
): Message | null {
  const mti = responseMti(request.mti);
  if (mti === null) return null;
  const fields: Record<number, string | Uint8Array> = {};
  for (const field of ECHOED) {
    const value = request.fields[field];
    if (value !== undefined) fields[field] = value;
  }
  fields[39] = answer.de39;
  if (answer.approvalCode !== null) fields[38] = answer.approvalCode;
  const data = answer.issuerAuthentication;
  if (data !== null) fields[55] = Uint8Array.of(TAG_91_ISSUER_AUTHENTICATION_DATA, data.length, ...data);
  return { mti, fields: fields as MutableFields };
}
