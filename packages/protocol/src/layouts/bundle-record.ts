/** The records inside a bundle: type 1, length 2, value. docs/layouts.md §2 */

import {
  counted,
  encode,
  type Field,
  type LayoutRefusal,
  type Parsed,
  parse,
  remainder,
  Source,
  struct,
  Target,
  u8,
  u16,
  u32,
  u64,
  uuid,
  type ValueOf,
} from './fields.ts';

const time = { unixSeconds: u64 } as const;
const policy = { version: u16, validUntil: u32, response: u8 } as const;
const message = { trustedApplication: uuid, command: u32, payload: remainder } as const;

/** One record: the issuer's time, the policy in force, or a message to a trusted application. */
export type BundleRecord =
  | ({ readonly type: 'time' } & Readonly<ValueOf<typeof time>>)
  | ({ readonly type: 'policy' } & Readonly<ValueOf<typeof policy>>)
  | ({ readonly type: 'message' } & Readonly<ValueOf<typeof message>>);

const RECORDS = [
  { type: 'time', code: 0x01, layout: struct(time) },
  { type: 'policy', code: 0x02, layout: struct(policy) },
  { type: 'message', code: 0x10, layout: struct(message) },
] as const;

const HIGHEST_RESPONSE = 6;

/** The plaintext of a bundle. */
export function encodeBundleRecords(records: readonly BundleRecord[]): Uint8Array<ArrayBuffer> {
  const target = new Target();
  try {
    for (const record of records) {
      const { code, layout } = RECORDS.find(({ type }) => type === record.type)!;
      u8.write(target, code, record.type);
      const value = encode(layout as unknown as Field<BundleRecord>, record, record.type);
      counted(u16, 65_535).write(target, value, record.type);
      value.fill(0);
    }
    return target.copy();
  } finally {
    target.wipe();
  }
}

/** Reads the records, in order. An unknown type refuses the whole. */
export function parseBundleRecords(plaintext: Uint8Array): Parsed<BundleRecord[]> {
  const records: BundleRecord[] = [];
  for (let position = 0; position < plaintext.length; ) {
    const at = `record[${records.length}] at ${position}`;
    if (plaintext.length - position < 3) return refused('too_short', at);
    const entry = RECORDS.find(({ code }) => code === plaintext[position]);
    if (!entry) return refused('unknown_value', at);
    const length = u16.read(new Source(plaintext.subarray(position + 1, position + 3)), at);
    const value = plaintext.subarray(position + 3, position + 3 + length);
    if (value.length < length) return refused('too_short', at);
    const parsed = parse(entry.layout as unknown as Field<object>, value, `record[${records.length}]`);
    if (!parsed.ok) return parsed;
    const record = { type: entry.type, ...parsed.value } as BundleRecord;
    if (record.type === 'policy' && record.response > HIGHEST_RESPONSE) return refused('unknown_value', at);
    records.push(record);
    position += 3 + length;
  }
  return { ok: true, value: records };
}

function refused(refusal: LayoutRefusal, at: string): Parsed<never> {
  return { ok: false, refusal, at };
}
