/**
 * Fixed binary layouts as tables of fields: one reader and one writer for every layout of docs/layouts.md.
 *
 * Integers are big-endian. Reading is strict: constants must match, reserved bytes must be zero, and bytes left
 * over are a refusal. A refusal says where: `bundle.enc at 38`. Writing a value that does not fit its field is a bug
 * and throws a `RangeError`.
 */

/** Why bytes are not the layout that they claim to be. */
export type LayoutRefusal =
  | 'too_short'
  | 'too_long'
  | 'leftover_bytes'
  | 'wrong_magic'
  | 'unsupported_version'
  | 'unknown_flags'
  | 'reserved_not_zero'
  | 'unknown_value'
  | 'not_decimal_digits'
  | 'not_ascii';

/** A parsed value, or the name of the refusal and the place in the bytes where it happened. */
export type Parsed<T, R extends string = LayoutRefusal> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: R; readonly at: string };

/** One field of a layout: how to read it and how to write it. */
export interface Field<T> {
  read(source: Source, name: string): T;
  write(target: Target, value: T, name: string): void;
}

/** A field that always holds the same bytes and therefore has no value: magic, version, reserved bytes. */
export interface Constant extends Field<undefined> {
  readonly constant: true;
}

type Table = Readonly<Record<string, Field<unknown>>>;

/** What a table of fields holds: its constants left out. */
export type ValueOf<S> = {
  -readonly [K in keyof S as S[K] extends Constant ? never : K]: S[K] extends Field<infer T> ? T : never;
};

// Unwinds a parse; caught in `parse` below and never seen outside of this file.
class Refused {
  readonly refusal: LayoutRefusal;
  readonly at: string;
  constructor(refusal: LayoutRefusal, at: string) {
    this.refusal = refusal;
    this.at = at;
  }
}

/** A cursor over the bytes being read. */
export class Source {
  readonly bytes: Uint8Array;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next `length` bytes, copied, so that a value never aliases the message that it came from. */
  take(length: number, name: string): Uint8Array<ArrayBuffer> {
    if (this.bytes.length - this.position < length) this.refuse('too_short', name);
    const taken = new Uint8Array(length);
    taken.set(this.bytes.subarray(this.position, this.position + length));
    this.position += length;
    return taken;
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  refuse(refusal: LayoutRefusal, name: string, at: number = this.position): never {
    throw new Refused(refusal, `${name} at ${at}`);
  }
}

/** The bytes being written. They may be keys: what is outgrown or finished is wiped. */
export class Target {
  #bytes = new Uint8Array(256);
  #length = 0;

  push(...bytes: readonly number[]): void {
    this.append(bytes);
  }

  append(bytes: ArrayLike<number>): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length));
      larger.set(this.#bytes);
      this.#bytes.fill(0);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  wipe(): void {
    this.#bytes.fill(0);
  }
}

/** Reads `bytes` as `field`, to the last byte. `name` opens the place named in a refusal. */
export function parse<T>(field: Field<T>, bytes: Uint8Array, name: string): Parsed<T> {
  const source = new Source(bytes);
  try {
    const value = field.read(source, name);
    if (source.left > 0) source.refuse('leftover_bytes', name);
    return { ok: true, value };
  } catch (unwound) {
    if (unwound instanceof Refused) return { ok: false, refusal: unwound.refusal, at: unwound.at };
    throw unwound;
  }
}

/** The bytes of `value`. Throws a `RangeError` where the value does not fit its field. */
export function encode<T>(field: Field<T>, value: T, name: string): Uint8Array<ArrayBuffer> {
  const target = new Target();
  try {
    field.write(target, value, name);
    return target.copy();
  } finally {
    target.wipe();
  }
}

/** A table of fields, in the order in which they lie on the wire. */
export function struct<const S extends Table>(fields: S): Field<ValueOf<S>> {
  const entries = Object.entries(fields) as [string, Field<unknown>][];
  return {
    read(source, name) {
      const value: Record<string, unknown> = {};
      for (const [key, field] of entries) {
        const read = field.read(source, `${name}.${key}`);
        if (!('constant' in field)) value[key] = read;
      }
      return value as ValueOf<S>;
    },
    write(target, value, name) {
      for (const [key, field] of entries) {
        field.write(target, (value as Record<string, unknown>)[key], `${name}.${key}`);
      }
    },
  };
}

function unsigned(length: number): Field<number> {
  return {
    read: (source, name) => source.take(length, name).reduce((sum, byte) => sum * 256 + byte, 0),
    write(target, value, name) {
      if (!Number.isInteger(value) || value < 0 || value >= 256 ** length) {
        throw new RangeError(`${name}: not an unsigned integer of ${length} bytes`);
      }
      for (let shift = length - 1; shift >= 0; shift--) target.push(Math.floor(value / 256 ** shift) % 256);
    },
  };
}

export const u8: Field<number> = unsigned(1);
export const u16: Field<number> = unsigned(2);
export const u32: Field<number> = unsigned(4);

export const u64: Field<bigint> = {
  read: (source, name) => source.take(8, name).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
  write(target, value, name) {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`${name}: not an unsigned integer of 8 bytes`);
    for (let shift = 56n; shift >= 0n; shift -= 8n) target.push(Number((value >> shift) & 0xffn));
  },
};

/** Exactly `length` bytes. */
export function octets(length: number): Field<Uint8Array> {
  return {
    read: (source, name) => source.take(length, name),
    write(target, value, name) {
      if (value.length !== length)
        throw new RangeError(`${name}: ${value.length} bytes instead of ${length}`);
      target.append(value);
    },
  };
}

/** Bytes behind their own length, at most `max` of them. */
export function counted(length: Field<number>, max: number): Field<Uint8Array> {
  return {
    read(source, name) {
      const start = source.position;
      const count = length.read(source, name);
      if (count > max) source.refuse('too_long', name, start);
      return source.take(count, name);
    },
    write(target, value, name) {
      if (value.length > max) throw new RangeError(`${name}: ${value.length} bytes, at most ${max}`);
      length.write(target, value.length, name);
      target.append(value);
    },
  };
}

/** Values behind their count, from `min` to `max` of them. */
export function list<T>(count: Field<number>, item: Field<T>, min: number, max: number): Field<T[]> {
  return {
    read(source, name) {
      const start = source.position;
      const length = count.read(source, name);
      if (length < min) source.refuse('too_short', name, start);
      if (length > max) source.refuse('too_long', name, start);
      return Array.from({ length }, (_, index) => item.read(source, `${name}[${index}]`));
    },
    write(target, value, name) {
      if (value.length < min || value.length > max) throw new RangeError(`${name}: ${value.length} items`);
      count.write(target, value.length, name);
      value.forEach((one, index) => {
        item.write(target, one, `${name}[${index}]`);
      });
    },
  };
}

/** All bytes that are left. */
export const remainder: Field<Uint8Array> = {
  read: (source, name) => source.take(source.left, name),
  write(target, value) {
    target.append(value);
  },
};

function constant(expected: readonly number[], refusal: LayoutRefusal): Constant {
  return {
    constant: true,
    read(source, name) {
      const start = source.position;
      const found = source.take(expected.length, name);
      if (found.some((byte, index) => byte !== expected[index])) source.refuse(refusal, name, start);
      return undefined;
    },
    write(target) {
      target.append(expected);
    },
  };
}

export const magic = (text: string): Constant => constant(asciiBytes(text), 'wrong_magic');
export const version = (value: number): Constant => constant([value], 'unsupported_version');
export const noFlags: Constant = constant([0], 'unknown_flags');
export const zeros = (length: number): Constant =>
  constant(new Array<number>(length).fill(0), 'reserved_not_zero');

/** One byte whose only defined bit is bit 1; any other bit is refused. */
export const flagBit1: Field<boolean> = {
  read(source, name) {
    const value = u8.read(source, name);
    if (value > 1) source.refuse('unknown_flags', name, source.position - 1);
    return value === 1;
  },
  write(target, value) {
    target.push(value ? 1 : 0);
  },
};

/** One byte that names a value of `table`. */
export function named<const N extends string>(table: Readonly<Record<N, number>>): Field<N> {
  const names = new Map(Object.entries(table).map(([name, code]) => [code, name as N]));
  return {
    read(source, name) {
      const value = names.get(u8.read(source, name));
      return value ?? source.refuse('unknown_value', name, source.position - 1);
    },
    write(target, value, name) {
      u8.write(target, table[value], name);
    },
  };
}

/** A UUID: 16 bytes on the wire, lower-case text in code. */
export const uuid: Field<string> = {
  read: (source, name) => uuidText(source.take(16, name)),
  write(target, value, name) {
    const bytes = uuidBytes(value);
    if (!bytes) throw new RangeError(`${name}: not a UUID`);
    target.append(bytes);
  },
};

/** Packed BCD of format n: right-justified, filled with zero; as text of `digits` digits, leading zeros kept. */
export function bcd(digits: number): Field<string> {
  const length = Math.ceil(digits / 2);
  return {
    read(source, name) {
      const start = source.position;
      const text = hex(source.take(length, name));
      if (!/^\d+$/.test(text)) source.refuse('not_decimal_digits', name, start);
      const filler = text.length - digits;
      if (filler === 1 && text[0] !== '0') source.refuse('not_decimal_digits', name, start);
      return text.slice(filler);
    },
    write(target, value, name) {
      if (!/^\d+$/.test(value) || value.length !== digits)
        throw new RangeError(`${name}: not ${digits} digits`);
      target.push(...nibbles(value.padStart(length * 2, '0')));
    },
  };
}

/** Packed BCD of format cn: left-justified, filled with `F`. EMV 4.4 Book 3, 4.3. */
export function compressedNumeric(length: number): Field<string> {
  return {
    read(source, name) {
      const start = source.position;
      const match = /^(\d+)F*$/.exec(hex(source.take(length, name)));
      return match?.[1] ?? source.refuse('not_decimal_digits', name, start);
    },
    write(target, value, name) {
      if (!/^\d+$/.test(value) || value.length > length * 2) throw new RangeError(`${name}: not cn digits`);
      target.push(...nibbles(value.padEnd(length * 2, 'F')));
    },
  };
}

/** Printable ASCII of exactly `length` characters. */
export function ascii(length: number): Field<string> {
  return {
    read(source, name) {
      const start = source.position;
      const bytes = source.take(length, name);
      if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) source.refuse('not_ascii', name, start);
      return String.fromCharCode(...bytes);
    },
    write(target, value, name) {
      if (value.length !== length || !/^[\x20-\x7e]*$/.test(value))
        throw new RangeError(`${name}: not ASCII`);
      target.push(...asciiBytes(value));
    },
  };
}

/** A UUID's text for 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  const text = hex(bytes).toLowerCase();
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  );
}

/** A UUID's 16 bytes, or `undefined` when the text is not a UUID. */
export function uuidBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return undefined;
  return Uint8Array.from(nibbles(text.replaceAll('-', '')));
}

/** The bytes of ASCII text. */
export function asciiBytes(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

function nibbles(text: string): number[] {
  return Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(index * 2, index * 2 + 2), 16),
  );
}
