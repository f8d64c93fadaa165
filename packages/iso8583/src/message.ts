/**
 * A message as a value, and the names of everything that can be wrong with one. A refusal says what, in which
 * field and where, and never repeats a byte of the message: it may be logged as it is.
 */
import type { Fields } from './fields.ts';
import type { Mti } from './mti.ts';

/** A message of the dialect: its type and its data elements by number (bitmaps are derived, never stored). */
export interface Message {
  readonly mti: Mti;
  readonly fields: Fields;
}

/** Why bytes are not a message, in the order in which `unpack` can meet them. */
export const UNPACK_REASONS = [
  'mti_truncated',
  'mti_not_numeric',
  'mti_unknown',
  'bitmap_truncated',
  'secondary_bitmap_empty',
  'field_unknown',
  'length_truncated',
  'length_not_numeric',
  'length_zero',
  'length_over_maximum',
  'value_truncated',
  'character_not_allowed',
  'value_implausible',
  'bytes_left_over',
] as const;
export type UnpackReason = (typeof UNPACK_REASONS)[number];

/** Why a message cannot be packed, in the order in which `pack` can meet them. */
export const PACK_REASONS = [
  'mti_unknown',
  'field_unknown',
  'value_type_wrong',
  'length_wrong',
  'length_zero',
  'length_over_maximum',
  'character_not_allowed',
  'value_implausible',
] as const;
export type PackReason = (typeof PACK_REASONS)[number];

/**
 * A refusal. `field` is the data element, 0 for the message type, 1 for the bitmaps. `offset` counts bytes
 * from the start of the message (unpack) or characters from the start of the value (pack).
 */
export interface Refusal<Reason extends string> {
  readonly reason: Reason;
  readonly field: number;
  readonly offset: number;
}

/** A refusal in words: `field 55 at byte 87: bytes_left_over`. Holds no byte of the message. */
export function explainRefusal(refusal: Refusal<string>): string {
  return `field ${refusal.field} at byte ${refusal.offset}: ${refusal.reason}`;
}
