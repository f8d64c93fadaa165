/**
 * Data object lists (PDOL, CDOL1, CDOL2, DDOL, TDOL), EMV 4.4 Book 3 §5.4: tags and lengths without values; the command
 * that answers one carries the values joined, without tags.
 */
import { accept, type Result, refuse } from './result.ts';
import { type DataFormat, tagRow } from './tags.ts';
import { isConstructed, type Tag, TLV_TAG_BYTES_MAX, tagHex } from './tlv.ts';

export type DolEntry = { readonly tag: Tag; readonly length: number };

export const DOL_ENTRIES_MAX = 64;
/** The joined values go into one short command. */
export const DOL_VALUE_BYTES_MAX = 255;

export type DolRefusal = {
  readonly reason:
    | 'tag_missing'
    | 'tag_cut'
    | 'tag_too_long'
    | 'length_cut'
    | 'too_many'
    | 'values_too_long'
    | 'values_length';
  /** The tag where it went wrong, empty when none was read. */
  readonly path: string;
  /** Bytes from the start of the list, or of the values for `values_length`. */
  readonly offset: number;
};

/** The entries of a DOL, to its last byte. */
export function parseDol(bytes: Uint8Array): Result<readonly DolEntry[], DolRefusal> {
  const entries: DolEntry[] = [];
  let at = 0;
  let total = 0;
  while (at < bytes.length) {
    const offset = at;
    let tag: Tag = bytes[at++]!;
    if (tag === 0) return refuse({ reason: 'tag_missing', path: '', offset });
    if ((tag & 0x1f) === 0x1f) {
      let more = true;
      for (let length = 2; more; length++) {
        if (length > TLV_TAG_BYTES_MAX) return refuse({ reason: 'tag_too_long', path: tagHex(tag), offset });
        if (at >= bytes.length) return refuse({ reason: 'tag_cut', path: tagHex(tag), offset });
        const next = bytes[at++]!;
        tag = tag * 256 + next;
        more = (next & 0x80) !== 0;
      }
    }
    if (at >= bytes.length) return refuse({ reason: 'length_cut', path: tagHex(tag), offset });
    const length = bytes[at++]!;
    total += length;
    if (entries.length === DOL_ENTRIES_MAX) return refuse({ reason: 'too_many', path: tagHex(tag), offset });
    if (total > DOL_VALUE_BYTES_MAX) return refuse({ reason: 'values_too_long', path: tagHex(tag), offset });
    entries.push({ tag, length });
  }
  return accept(entries);
}

/** How many bytes of values the list asks for. */
export function dolLength(entries: readonly DolEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.length, 0);
}

/**
 * The joined values for a DOL. `values` answers undefined for what the terminal does not have.
 * Tags that are not in our table are treated as binary.
 */
export function fillDol(
  entries: readonly DolEntry[],
  values: (tag: Tag) => Uint8Array | undefined,
): Uint8Array {
  const filled = new Uint8Array(dolLength(entries));
  let at = 0;
  for (const { tag, length } of entries) {
    // §5.4: unknown to the terminal, constructed, or absent: hexadecimal zeros, whatever the format.
    const value = isConstructed(tag) ? undefined : values(tag);
    if (value !== undefined) filled.set(fitted(value, length, tagRow(tag)?.format ?? 'b'), at);
    at += length;
  }
  return filled;
}

/** §5.4: longer values lose leftmost bytes if numeric, else rightmost; shorter ones are filled as their format says. */
function fitted(value: Uint8Array, length: number, format: DataFormat): Uint8Array {
  if (value.length === length) return value;
  if (value.length > length) {
    return format === 'n' ? value.subarray(value.length - length) : value.subarray(0, length);
  }
  const field = new Uint8Array(length);
  if (format === 'n') {
    field.set(value, length - value.length);
  } else {
    if (format === 'cn') field.fill(0xff);
    field.set(value, 0);
  }
  return field;
}

/** The other direction, the card's: which bytes of the command data belong to which tag. */
export function splitByDol(
  entries: readonly DolEntry[],
  data: Uint8Array,
): Result<ReadonlyMap<Tag, Uint8Array>, DolRefusal> {
  if (data.length !== dolLength(entries)) {
    return refuse({ reason: 'values_length', path: '', offset: Math.min(data.length, dolLength(entries)) });
  }
  const values = new Map<Tag, Uint8Array>();
  let at = 0;
  for (const { tag, length } of entries) {
    values.set(tag, data.subarray(at, at + length));
    at += length;
  }
  return accept(values);
}
