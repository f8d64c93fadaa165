/**
 * The fields of a vector case, read by kind: hex, digits, labels, PANs, tagged values.
 */
import { fromAscii, parseHex } from '../data/bytes.ts';
import { Pan } from '../data/pan.ts';

// How a field is read; undefined: not of that kind.
export type FieldValue = Uint8Array | string | Pan | ReadonlyMap<string, Uint8Array>;

export type FieldReader = (value: unknown) => FieldValue | undefined;

export const hex: FieldReader = (value) => (typeof value === 'string' ? parseHex(value) : undefined);

export const label: FieldReader = (value) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

export const digits: FieldReader = (value) =>
  typeof value === 'string' && /^[0-9]+$/.test(value) ? value : undefined;

export const pan: FieldReader = (value) => (typeof value === 'string' ? Pan.parse(value) : undefined);

export const ascii: FieldReader = (value) =>
  typeof value === 'string' && /^[\x20-\x7e]*$/.test(value) ? fromAscii(value) : undefined;

export const tagged: FieldReader = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const map = new Map<string, Uint8Array>();
  for (const [name, text] of Object.entries(value)) {
    const bytes = typeof text === 'string' ? parseHex(text) : undefined;
    if (bytes === undefined) return undefined;
    map.set(name, bytes);
  }
  return map;
};

export class Fields {
  readonly #values: ReadonlyMap<string, FieldValue>;

  constructor(values: ReadonlyMap<string, FieldValue>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  bytes(...names: readonly string[]): Uint8Array | undefined {
    return this.#first(names, (value) => value instanceof Uint8Array) as Uint8Array | undefined;
  }

  text(...names: readonly string[]): string | undefined {
    return this.#first(names, (value) => typeof value === 'string') as string | undefined;
  }

  pan(...names: readonly string[]): Pan | undefined {
    return this.#first(names, (value) => value instanceof Pan) as Pan | undefined;
  }

  map(name: string): ReadonlyMap<string, Uint8Array> | undefined {
    return this.#first([name], (value) => value instanceof Map) as
      | ReadonlyMap<string, Uint8Array>
      | undefined;
  }

  #first(names: readonly string[], fits: (value: FieldValue) => boolean): FieldValue | undefined {
    return names.map((name) => this.#values.get(name)).find((value) => value !== undefined && fits(value));
  }
}
