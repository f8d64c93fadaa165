/**
 * A message for people and logs: named, masked, and safe to print whatever the message holds. Masking fails
 * closed: only values that the table's format allows, in fields that the table shows, are printed.
 */
import { FIELD_ROWS, type Show } from './fields.ts';
import { firstBadCharacter } from './formats.ts';
import { describeIccData } from './icc-data.ts';
import { hide, holdsOneOf, maskAccount, maskDigitRuns, maskPan } from './mask.ts';
import type { Message } from './message.ts';
import { describeMti, isMti } from './mti.ts';
import { type FieldPlan, PLAN_OF_FIELD } from './plan.ts';
import { decodeReplacementAmounts } from './replacement-amounts.ts';
import { responseCodeName } from './response-codes.ts';

/** One line: `field` is `11`, or `55.9F36` for a data object of field 55. */
export interface DescribedField {
  readonly field: string;
  readonly name: string;
  readonly value: string;
}

export interface DescribedMessage {
  readonly mti: string;
  readonly name: string;
  readonly fields: readonly DescribedField[];
}

/** A message of any origin, also one that `pack` would refuse, with nothing in it that a log may not have. */
export function describe(message: Message): DescribedMessage {
  const fields: DescribedField[] = [];
  const values = message.fields as Readonly<Record<string, unknown>>;
  const pans = pansOf(values);
  for (const key of Object.keys(values)) {
    const value = values[key];
    if (value === undefined) continue;
    const row = FIELD_ROWS[Number(key)];
    const plan = PLAN_OF_FIELD[Number(key)];
    if (row === undefined || plan === null || plan === undefined) {
      // Not even the key is repeated: nothing is known about it.
      fields.push({ field: '?', name: 'Not in the dialect', value: hide(value) });
      continue;
    }
    const [field, name, , , , , show] = row;
    if (show === 'icc') fields.push(...describeField55(name, value));
    else
      fields.push({
        field: String(field),
        name,
        value: isWellFormed(plan, value) ? shown(field, show, value, pans) : hide(value),
      });
  }
  const known = describeMti(message.mti);
  return { mti: known?.mti ?? '????', name: known?.name ?? 'Unknown message type', fields };
}

/** `describe` as text, a line a field. */
export function describeText(message: Message): string {
  const { mti, name, fields } = describe(message);
  const lines = fields.map((line) => `${line.field.padStart(7)}  ${line.name}: ${line.value}`);
  return [`${mti} ${name}`, ...lines].join('\n');
}

function shown(field: number, show: Show, value: string | Uint8Array, pans: readonly string[]): string {
  if (typeof value !== 'string' || show === 'hidden' || show === 'icc') return hide(value);
  if (show === 'pan') return maskPan(value);
  if (show === 'account') return maskAccount(value);
  if (holdsOneOf(value, pans)) return hide(value);
  if (show === 'text') return maskDigitRuns(value);
  if (show === 'parts') return leadingParts(field, value);
  const meaning = field === 39 ? responseCodeName(value) : undefined;
  return meaning === undefined ? value : `${value} (${meaning})`;
}

/** Field 90: type and trace number of the original. Field 95: the transaction amount. The rest by length. */
function leadingParts(field: number, value: string): string {
  if (field === 90 && isMti(value.slice(0, 4))) {
    return `${value.slice(0, 4)} ${value.slice(4, 10)} ${hide(value.slice(10))}`;
  }
  if (field === 95 && decodeReplacementAmounts(value) !== undefined) {
    return `${value.slice(0, 12)} ${hide(value.slice(12))}`;
  }
  return hide(value);
}

function describeField55(name: string, value: unknown): DescribedField[] {
  const whole = { field: '55', name, value: hide(value) };
  const objects = value instanceof Uint8Array ? describeIccData(value) : null;
  if (objects === null) return [whole];
  return [whole, ...objects.map((object) => ({ ...object, field: `55.${object.tag}` }))].map(
    ({ field, name, value }) => ({ field, name, value }),
  );
}

/** True if `pack` would take the value: then its characters are printable and its length is the table's. */
function isWellFormed(plan: FieldPlan, value: unknown): value is string | Uint8Array {
  if (value instanceof Uint8Array) return plan.binary;
  if (typeof value !== 'string' || plan.binary || value.length > plan.length) return false;
  if (plan.prefix === 0 && value.length !== plan.length) return false;
  const bytes = Uint8Array.from(value, (character) => Math.min(character.charCodeAt(0), 0xff));
  if (firstBadCharacter(bytes, 0, bytes.length, plan) !== -1) return false;
  return plan.check === null || plan.check(bytes, 0, bytes.length) === -1;
}

/** The card numbers that the message itself names, so that they are found where they should not be. */
function pansOf(values: Readonly<Record<string, unknown>>): string[] {
  const pans: string[] = [];
  for (const field of [2, 35]) {
    const value = values[field];
    const digits = typeof value === 'string' ? /^[0-9]{8,19}/.exec(value)?.[0] : undefined;
    if (digits !== undefined) pans.push(digits);
  }
  return pans;
}
