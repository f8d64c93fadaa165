/**
 * BER-TLV data objects, EMV 4.4 Book 3 Annex B (a subset of ISO/IEC 8825-1).
 *
 * A tag is a number, its bytes read big-endian: 0x9F26. The first byte of a tag is never zero, so the number also tells
 * how many bytes it has.
 */
import { concat } from './bytes.ts';
import { accept, type Result, refuse } from './result.ts';

export type Tag = number;

/** One data object. `children` is there exactly when the tag is a constructed one; `value` always holds its raw bytes. */
export type Tlv = {
  readonly tag: Tag;
  readonly value: Uint8Array;
  readonly children?: readonly Tlv[];
  /** Tag, length and value as they were received: what a hash over the data object takes. */
  readonly encoded: Uint8Array;
  /** Where the tag begins, in bytes from the start of what was parsed. */
  readonly offset: number;
};

export const TLV_TAG_BYTES_MAX = 3;
export const TLV_LENGTH_BYTES_MAX = 3;
export const TLV_VALUE_BYTES_MAX = 65_535;
export const TLV_DEPTH_MAX = 8;
export const TLV_OBJECTS_MAX = 512;

/** In order of precedence at one position. */
export type TlvRefusalReason =
  | 'tag_missing' // a zero byte where a tag should begin (padding is not a data object)
  | 'tag_cut'
  | 'tag_too_long'
  | 'tag_not_minimal' // a tag number with leading zeros: its second byte is 80
  | 'length_cut'
  | 'length_indefinite'
  | 'length_too_long'
  | 'length_not_minimal'
  | 'value_cut'
  | 'too_deep'
  | 'too_many'
  | 'tag_repeated';

/** `path` is the tags that lead to the place, outermost first: `77.9F26`. `offset` counts from the outermost start. */
export type TlvRefusal = {
  readonly reason: TlvRefusalReason;
  readonly path: string;
  readonly offset: number;
};

export type TlvOptions = {
  /**
   * Book 3 B2 does not demand the shortest length field and some cards pad it, so it is accepted. `refuse` is for our
   * own messages, where one content must have one encoding.
   */
  readonly nonMinimalLength?: 'accept' | 'refuse';
};

/** Every data object in `bytes`, to the last byte. What is left over is refused, with its place. */
export function parseTlv(bytes: Uint8Array, options: TlvOptions = {}): Result<readonly Tlv[], TlvRefusal> {
  const reader: Reader = { bytes, minimalOnly: options.nonMinimalLength === 'refuse', objects: 0 };
  const list: Tlv[] = [];
  const refusal = readList(reader, 0, bytes.length, '', 0, list);
  return refusal === undefined ? accept(list) : refuse(refusal);
}

/** `77.9F26 at 41: value_cut` */
export function tlvRefusalText(refusal: TlvRefusal): string {
  const place = refusal.path === '' ? `at ${refusal.offset}` : `${refusal.path} at ${refusal.offset}`;
  return `${place}: ${refusal.reason}`;
}

type Reader = { readonly bytes: Uint8Array; readonly minimalOnly: boolean; objects: number };

function readList(
  reader: Reader,
  from: number,
  to: number,
  path: string,
  depth: number,
  list: Tlv[],
): TlvRefusal | undefined {
  const { bytes } = reader;
  let at = from;
  while (at < to) {
    const offset = at;
    const no = (reason: TlvRefusalReason, tag?: Tag): TlvRefusal => ({
      reason,
      path: tag === undefined ? path : join(path, tag),
      offset,
    });
    if (depth >= TLV_DEPTH_MAX) return no('too_deep');
    if (++reader.objects > TLV_OBJECTS_MAX) return no('too_many');

    // Tag field, Book 3 B1.
    const first = bytes[at++]!;
    if (first === 0) return no('tag_missing');
    let tag: Tag = first;
    if ((first & 0x1f) === 0x1f) {
      let more = true;
      for (let length = 2; more; length++) {
        if (length > TLV_TAG_BYTES_MAX) return no('tag_too_long', tag);
        if (at >= to) return no('tag_cut', tag);
        const next = bytes[at++]!;
        if (length === 2 && next === 0x80) return no('tag_not_minimal', tag * 256 + next);
        tag = tag * 256 + next;
        more = (next & 0x80) !== 0;
      }
    }

    // Length field, Book 3 B2.
    if (at >= to) return no('length_cut', tag);
    let length = bytes[at++]!;
    if (length === 0x80) return no('length_indefinite', tag);
    if (length > 0x80) {
      const lengthBytes = length - 0x80;
      if (lengthBytes > TLV_LENGTH_BYTES_MAX - 1) return no('length_too_long', tag);
      if (at + lengthBytes > to) return no('length_cut', tag);
      length = bytes[at++]!;
      if (lengthBytes === 2) length = length * 256 + bytes[at++]!;
      if (reader.minimalOnly && (length < 0x80 || (lengthBytes === 2 && length < 0x100))) {
        return no('length_not_minimal', tag);
      }
    }

    // Value field, Book 3 B3.
    if (at + length > to) return no('value_cut', tag);
    const value = bytes.subarray(at, at + length);
    const encoded = bytes.subarray(offset, at + length);
    if (isConstructed(tag)) {
      const children: Tlv[] = [];
      const refusal = readList(reader, at, at + length, join(path, tag), depth + 1, children);
      if (refusal !== undefined) return refusal;
      list.push({ tag, value, children, encoded, offset });
    } else {
      list.push({ tag, value, encoded, offset });
    }
    at += length;
  }
  return undefined;
}

function join(path: string, tag: Tag): string {
  return path === '' ? tagHex(tag) : `${path}.${tagHex(tag)}`;
}

/** What `encodeTlv` writes: a value of bytes, or the data objects inside a template. */
export type TlvSource = { readonly tag: Tag; readonly value: Uint8Array | readonly TlvSource[] };

/** Short for a `TlvSource`: `tlv(0x77, [tlv(0x9F27, cid), tlv(0x9F36, atc)])`. */
export function tlv(tag: Tag, value: Uint8Array | readonly TlvSource[]): TlvSource {
  return { tag, value };
}

/** The data objects one after the other, with the shortest length fields. */
export function encodeTlv(...sources: readonly TlvSource[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { tag, value } of sources) {
    const bytes = value instanceof Uint8Array ? value : encodeTlv(...value);
    parts.push(tagBytes(tag), lengthBytes(bytes.length), bytes);
  }
  return concat(...parts);
}

/** The parsed data objects as sources again: `encodeTlv(...parsed.map(asSource))`. */
export function asSource(object: Tlv): TlvSource {
  return { tag: object.tag, value: object.children?.map(asSource) ?? object.value };
}

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  if (length <= TLV_VALUE_BYTES_MAX) return Uint8Array.of(0x82, length >> 8, length & 0xff);
  throw new RangeError(`a value of ${length} bytes is longer than ${TLV_VALUE_BYTES_MAX}`);
}

export function tagBytes(tag: Tag): Uint8Array {
  if (tag > 0xffff) return Uint8Array.of(tag >>> 16, (tag >>> 8) & 0xff, tag & 0xff);
  if (tag > 0xff) return Uint8Array.of(tag >>> 8, tag & 0xff);
  return Uint8Array.of(tag);
}

/** `9F26` */
export function tagHex(tag: Tag): string {
  const text = tag.toString(16).toUpperCase();
  return text.length % 2 === 0 ? text : `0${text}`;
}

/** Bit 6 of the first byte: the value is made of data objects. */
export function isConstructed(tag: Tag): boolean {
  const first = tag > 0xffff ? tag >>> 16 : tag > 0xff ? tag >>> 8 : tag;
  return (first & 0x20) !== 0;
}

/** The first data object with this tag, depth first. For a place that may hold only one, use `tlvValues`. */
export function findTlv(list: readonly Tlv[], tag: Tag): Tlv | undefined {
  for (const object of list) {
    if (object.tag === tag) return object;
    const inside = object.children && findTlv(object.children, tag);
    if (inside) return inside;
  }
  return undefined;
}

/**
 * Tag → value of every primitive data object, through all templates. A tag that occurs twice is refused: two readers of
 * one message must not be able to pick different ones.
 */
export function tlvValues(list: readonly Tlv[]): Result<ReadonlyMap<Tag, Uint8Array>, TlvRefusal> {
  const values = new Map<Tag, Uint8Array>();
  const refusal = collect(list, '', values);
  return refusal === undefined ? accept(values) : refuse(refusal);
}

function collect(list: readonly Tlv[], path: string, values: Map<Tag, Uint8Array>): TlvRefusal | undefined {
  for (const object of list) {
    if (object.children) {
      const refusal = collect(object.children, join(path, object.tag), values);
      if (refusal) return refusal;
    } else {
      if (values.has(object.tag)) {
        return { reason: 'tag_repeated', path: join(path, object.tag), offset: object.offset };
      }
      values.set(object.tag, object.value);
    }
  }
  return undefined;
}
