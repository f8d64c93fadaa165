/**
 * Message to bytes: the mirror of `unpack.ts`, with the same checks, so that what one accepts the other made.
 */
import { FIELD_NUMBER_MAX } from './fields.ts';
import { firstBadCharacter } from './formats.ts';
import type { Message, PackReason, Refusal } from './message.ts';
import { isMti } from './mti.ts';
import { type FieldPlan, LONGEST_MESSAGE_BYTES, PLAN_OF_FIELD, PLANS } from './plan.ts';

/** `bytes` is a view into a larger buffer, as Node's own `Buffer`s are: copy it before taking `bytes.buffer`. */
export type Packed =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly error: Refusal<PackReason> };

const MTI_BYTES = 4;
const BITMAP_BYTES = 8;

/**
 * Messages are written into slabs, one behind the other: a typed array of its own costs more than the whole
 * rest of packing. No part of a slab is used twice, and what lies ahead of `slabUsed` is zero.
 */
const SLAB_BYTES = 65_536;
let slab: Uint8Array<ArrayBuffer> = new Uint8Array(0);
let slabUsed = 0;

/**
 * Writes one message, without its two-byte length. The secondary bitmap is there exactly if a field above 64
 * is. A field that the table does not know is refused, not dropped.
 */
export function pack(message: Message): Packed {
  const mti: string = message.mti;
  if (!isMti(mti)) return { ok: false, error: { reason: 'mti_unknown', field: 0, offset: 0 } };
  if (slab.length - slabUsed < LONGEST_MESSAGE_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  const start = slabUsed;
  // Should reading a value throw, what is written by then stays unused instead of under the next message.
  slabUsed += LONGEST_MESSAGE_BYTES;
  const fields = message.fields as Values;
  const bitmapEnd = start + MTI_BYTES + BITMAP_BYTES + (hasFieldAbove64(fields) ? BITMAP_BYTES : 0);

  for (let index = 0; index < MTI_BYTES; index++) slab[start + index] = mti.charCodeAt(index);
  const bitmap = start + MTI_BYTES;
  // ISO 8583:1987 clause 4.2: bit 1 of the primary bitmap says that a secondary one follows.
  if (bitmapEnd - bitmap > BITMAP_BYTES) slab[bitmap] = 0x80;

  let position = bitmapEnd;
  for (let field = 0; field <= FIELD_NUMBER_MAX; field++) {
    const value = fields[field];
    if (value === undefined) continue;
    const plan = PLAN_OF_FIELD[field]!;
    if (plan === null) return refused('field_unknown', field, 0, start, position);
    const isText = typeof value === 'string';
    if (plan.binary === isText || !(isText || value instanceof Uint8Array)) {
      return refused('value_type_wrong', field, 0, start, position);
    }
    const length = isText ? value.length : value.byteLength;
    const wrong = wrongLength(plan, length);
    if (wrong !== null) return refused(wrong, field, 0, start, position);
    slab[bitmap + ((field - 1) >> 3)]! |= 0x80 >> ((field - 1) & 7);

    if (plan.prefix !== 0) {
      writeLength(position, plan.prefix, length);
      position += plan.prefix;
    }
    const end = position + length;
    if (isText) {
      const bad = writeText(slab, position, value, plan);
      if (bad !== -1) return refused('character_not_allowed', field, bad, start, end);
      const implausible = plan.check === null ? -1 : plan.check(slab, position, end);
      if (implausible !== -1) return refused('value_implausible', field, implausible - position, start, end);
    } else {
      slab.set(value, position);
    }
    position = end;
  }
  slabUsed = position;
  return { ok: true, bytes: new Uint8Array(slab.buffer, start, position - start) };
}

const PLANS_ABOVE_64 = PLANS.filter((plan) => plan.field > 64);

type Values = Readonly<Record<number, string | Uint8Array | undefined>>;

function hasFieldAbove64(fields: Values): boolean {
  for (const plan of PLANS_ABOVE_64) if (fields[plan.field] !== undefined) return true;
  return false;
}

/** What is wrong with a value of this length; null if nothing is. */
function wrongLength(plan: FieldPlan, length: number): PackReason | null {
  if (plan.prefix === 0) return length === plan.length ? null : 'length_wrong';
  if (length === 0) return 'length_zero';
  return length > plan.length ? 'length_over_maximum' : null;
}

/**
 * Writes and checks a value in one go. The first character outside of the field's class need not be wrong (a
 * sign, padding): then the field is written whole and the full rule decides. Returns the index of the first
 * bad character in the value, or -1.
 */
function writeText(out: Uint8Array, at: number, text: string, plan: FieldPlan): number {
  const { allowed } = plan;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f || allowed[code] === 0) return writeAndJudge(at, text, plan);
    out[at + index] = code;
  }
  return -1;
}

/** What is not ASCII becomes `FF`, which no format allows. */
function writeAndJudge(at: number, text: string, plan: FieldPlan): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    slab[at + index] = code > 0x7f ? 0xff : code;
  }
  const bad = firstBadCharacter(slab, at, at + text.length, plan);
  return bad === -1 ? -1 : bad - at;
}

/** ISO 8583:1987 clause 4.2: LL and LLL count the characters (for `b`: bytes) that follow, in ASCII digits. */
function writeLength(at: number, digits: number, length: number): void {
  let rest = length;
  for (let index = at + digits - 1; index >= at; index--) {
    const tens = (rest / 10) | 0;
    slab[index] = 0x30 + rest - 10 * tens;
    rest = tens;
  }
}

/** Leaves no trace of the refused message in the slab: the next one starts in its place. */
function refused(
  reason: PackReason,
  field: number,
  offset: number,
  start: number,
  writtenTo: number,
): Packed {
  slab.fill(0, start, writtenTo);
  slabUsed = start;
  return { ok: false, error: { reason, field, offset } };
}
