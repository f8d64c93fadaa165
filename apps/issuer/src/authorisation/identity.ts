// What makes two messages the same message, and two messages the same presentment. Hashes, so that what is stored for
// idempotency holds no card data. Each covers a JSON array: no two different lists of fields have one encoding.
import { hash } from 'node:crypto';
import { type Message, withoutRepeat } from '@tapseal/iso8583';

export type MessageIdentity = {
  /** DE 32, 41, 11, 12, 13, and what kind of message it is: a repeat (0101) is the same kind. */
  readonly messageKey: Buffer;
  /** What must not differ between a message and its repeat: everything that is decided on, DE 55 above all. */
  readonly fingerprint: Buffer;
  /** How a reversal names this message in its DE 90. */
  readonly originalKey: Buffer;
  /** The same cryptogram presented again: DE 32, 41, 42, 4 and 55 equal, under whatever STAN. */
  readonly presentmentHash: Buffer;
};

export function messageIdentity({ mti, fields }: Message): MessageIdentity {
  const kind = withoutRepeat(mti);
  const chip = fields[55]
    ? Buffer.from(fields[55].buffer, fields[55].byteOffset, fields[55].length).toString('hex')
    : '';
  return {
    messageKey: digest([kind, fields[32], fields[41], fields[11], fields[12], fields[13]]),
    fingerprint: digest([
      kind,
      fields[2],
      fields[3],
      fields[4],
      fields[42],
      fields[49],
      fields[90],
      fields[95],
      chip,
    ]),
    originalKey: originalKey(kind, fields[11], fields[7], fields[32], fields[41]),
    presentmentHash: digest([kind, fields[32], fields[41], fields[42], fields[4], chip]),
  };
}

/** ISO 8583:1987, DE 90: message type, STAN, DE 7 and DE 32 of the original; the terminal is the reversal's own. */
export function originalKey(
  mti: string,
  stan: string | undefined,
  transmission: string | undefined,
  acquirerId: string | undefined,
  terminalId: string | undefined,
): Buffer {
  return digest([mti, stan, transmission ?? NO_TRANSMISSION, acquirerId?.replace(/^0+/, ''), terminalId]);
}

/** DE 90 is of fixed length: an original without a DE 7 is named with zeros. */
const NO_TRANSMISSION = '0000000000';

function digest(parts: readonly (string | undefined)[]): Buffer {
  return hash('sha256', JSON.stringify(parts.map((part) => part ?? null)), 'buffer');
}
