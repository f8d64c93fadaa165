/**
 * Bytes to message: MTI in four ASCII digits, binary bitmaps, then the fields in ascending order
 * (ISO 8583:1987 clauses 4.1 and 4.2, dialect of `fields.ts`). Strict: every byte is accounted for.
 *
 * Two passes. The first walks the fields, checks them and notes where each value begins; the second cuts the
 * values out, a run of neighbouring text fields from one decoded string, which is what makes it fast.
 */
import { FIELD_NUMBER_MAX, type Fields } from './fields.ts';
import { firstBadCharacter, isDigit } from './formats.ts';
import type { Message, Refusal, UnpackReason } from './message.ts';
import { type Mti, mtiOfNumber } from './mti.ts';
import { PLAN_OF_FIELD } from './plan.ts';

/** What could be read before, and after, the refused place: enough to answer with DE 39 = 30, see `reply.ts`. */
export interface PartialMessage {
  readonly mti: Mti | undefined;
  readonly fields: Fields;
}

export type Unpacked =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly error: Refusal<UnpackReason>; readonly partial: PartialMessage };

const MTI_BYTES = 4;
const BITMAP_BYTES = 8;

/**
 * The walk's notes, in the order of the fields: number, begin and end of the value, and where the run of text
 * began that it belongs to (`BINARY` if it is none). Offsets only, and good for one call.
 */
const fieldOf = new Int32Array(FIELD_NUMBER_MAX);
const startOf = new Int32Array(FIELD_NUMBER_MAX);
const endOf = new Int32Array(FIELD_NUMBER_MAX);
const runOf = new Int32Array(FIELD_NUMBER_MAX);
const BINARY = -1;

/**
 * Reads one whole message (without its two-byte length). Binary fields are views of `bytes`, which is the
 * message's from here on; text fields are copies.
 *
 * The first thing wrong is the error. Where only a value is bad the place in the message is not lost, so
 * reading goes on and `partial` holds all the other fields; where a length, a bit or the end is bad it stops.
 */
export function unpack(bytes: Uint8Array): Unpacked {
  const end = bytes.length;
  if (end < MTI_BYTES) return refused('mti_truncated', 0, end, undefined, 0, bytes);
  let type = 0;
  for (let index = 0; index < MTI_BYTES; index++) {
    const byte = bytes[index]!;
    if (!isDigit(byte)) return refused('mti_not_numeric', 0, index, undefined, 0, bytes);
    type = 10 * type + byte - 0x30;
  }
  const mti = mtiOfNumber(type);
  if (mti === undefined) return refused('mti_unknown', 0, 0, undefined, 0, bytes);

  let position = MTI_BYTES + BITMAP_BYTES;
  if (end < position) return refused('bitmap_truncated', 1, end, mti, 0, bytes);
  // ISO 8583:1987 clause 4.2: bit 1 of the primary bitmap says that a secondary one follows; it is no field.
  const hasSecondary = (bytes[MTI_BYTES]! & 0x80) !== 0;
  if (hasSecondary) {
    const secondary = position;
    position += BITMAP_BYTES;
    if (end < position) return refused('bitmap_truncated', 1, end, mti, 0, bytes);
    if ((word(bytes, secondary) | word(bytes, secondary + 4)) === 0) {
      return refused('secondary_bitmap_empty', 1, secondary, mti, 0, bytes);
    }
  }

  let badValue: Refusal<UnpackReason> | null = null;
  let count = 0;
  let run = BINARY;
  let lastField = 1;
  const words = hasSecondary ? 4 : 2;
  for (let wordIndex = 0; wordIndex < words; wordIndex++) {
    let bits = word(bytes, MTI_BYTES + 4 * wordIndex);
    if (wordIndex === 0) bits &= 0x7fffffff;
    while (bits !== 0) {
      const bit = Math.clz32(bits);
      bits &= ~(0x80000000 >>> bit);
      const field = 32 * wordIndex + bit + 1;
      const plan = PLAN_OF_FIELD[field]!;
      if (plan === null) {
        return lost('field_unknown', field, MTI_BYTES + ((field - 1) >> 3), badValue, mti, count, bytes);
      }

      let length = plan.length;
      if (plan.prefix !== 0) {
        const prefixStart = position;
        position += plan.prefix;
        if (position > end) return lost('length_truncated', field, end, badValue, mti, count, bytes);
        length = 0;
        for (let index = prefixStart; index < position; index++) {
          const byte = bytes[index]!;
          if (!isDigit(byte)) return lost('length_not_numeric', field, index, badValue, mti, count, bytes);
          length = 10 * length + byte - 0x30;
        }
        if (length === 0) return lost('length_zero', field, prefixStart, badValue, mti, count, bytes);
        if (length > plan.length) {
          return lost('length_over_maximum', field, prefixStart, badValue, mti, count, bytes);
        }
      }

      const start = position;
      position += length;
      if (position > end) return lost('value_truncated', field, end, badValue, mti, count, bytes);
      lastField = field;

      if (plan.binary) {
        run = BINARY;
      } else {
        const bad = firstBadCharacter(bytes, start, position, plan);
        const implausible = bad === -1 && plan.check !== null ? plan.check(bytes, start, position) : -1;
        if (bad !== -1 || implausible !== -1) {
          badValue ??=
            bad !== -1
              ? { reason: 'character_not_allowed', field, offset: bad }
              : { reason: 'value_implausible', field, offset: implausible };
          run = BINARY;
          continue;
        }
        if (run === BINARY) run = start;
      }
      fieldOf[count] = field;
      startOf[count] = start;
      endOf[count] = position;
      runOf[count] = run;
      count += 1;
    }
  }
  if (position < end) return lost('bytes_left_over', lastField, position, badValue, mti, count, bytes);
  if (badValue !== null) return { ok: false, error: badValue, partial: { mti, fields: cut(bytes, count) } };
  return { ok: true, message: { mti, fields: cut(bytes, count) } };
}

const ASCII = new TextDecoder();

/**
 * The values of the first `count` noted fields. A run is text fields with nothing but their own length digits
 * between them: ASCII throughout, so one decoded string serves them all. Goes from the last to the first: with
 * the highest number first, the engine sizes the object once.
 */
function cut(bytes: Uint8Array, count: number): Fields {
  const fields: Record<number, string | Uint8Array> = {};
  let run = BINARY;
  let text = '';
  for (let note = count - 1; note >= 0; note--) {
    const start = startOf[note]!;
    const end = endOf[note]!;
    if (runOf[note] === BINARY) {
      fields[fieldOf[note]!] = view(bytes, start, end);
      continue;
    }
    if (runOf[note] !== run) {
      run = runOf[note]!;
      text = ASCII.decode(view(bytes, run, end));
    }
    fields[fieldOf[note]!] = text.substring(start - run, end - run);
  }
  return fields;
}

/** A plain `Uint8Array` on the same memory, also where `bytes` is a Node `Buffer`. */
function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** Four bytes, big-endian, as a 32-bit word. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** The place in the message is lost: a bad value that was met earlier stays the first error. */
function lost(
  reason: UnpackReason,
  field: number,
  offset: number,
  badValue: Refusal<UnpackReason> | null,
  mti: Mti,
  count: number,
  bytes: Uint8Array,
): Unpacked {
  if (badValue !== null) return { ok: false, error: badValue, partial: { mti, fields: cut(bytes, count) } };
  return refused(reason, field, offset, mti, count, bytes);
}

function refused(
  reason: UnpackReason,
  field: number,
  offset: number,
  mti: Mti | undefined,
  count: number,
  bytes: Uint8Array,
): Unpacked {
  return { ok: false, error: { reason, field, offset }, partial: { mti, fields: cut(bytes, count) } };
}
