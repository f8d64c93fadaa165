/**
 * The table made ready for `pack` and `unpack`: one object of one shape a field, with the format's class bit,
 * the layout's check and the limits looked up once, when the module loads.
 */
import { FIELD_NUMBER_MAX, FIELD_TABLE } from './fields.ts';
import { ALLOWED, type CharacterRule } from './formats.ts';
import { LAYOUT_CHECKS, type LayoutCheck } from './layouts.ts';

export interface FieldPlan extends CharacterRule {
  readonly field: number;
  readonly binary: boolean;
  /** Digits of the length before the value: 0, 2 or 3. */
  readonly prefix: number;
  /** Exact length where `prefix` is 0, otherwise the maximum. */
  readonly length: number;
  readonly check: LayoutCheck | null;
}

const PREFIX_DIGITS = { fixed: 0, LLVAR: 2, LLLVAR: 3 } as const;

/** One plan a field, in the table's order. */
export const PLANS: readonly FieldPlan[] = FIELD_TABLE.map(([field, , format, size, length, layout]) => ({
  field,
  allowed: ALLOWED[format],
  signed: format === 'x+n',
  padded: format === 'an' && size === 'fixed',
  binary: format === 'b',
  prefix: PREFIX_DIGITS[size],
  length,
  check: LAYOUT_CHECKS[layout],
}));

/** The same by field number; null where the dialect has no such field. */
export const PLAN_OF_FIELD: readonly (FieldPlan | null)[] = byNumber();

/** MTI, both bitmaps and every field at its longest: no message of the dialect is longer. */
export const LONGEST_MESSAGE_BYTES: number = PLANS.reduce(
  (sum, plan) => sum + plan.prefix + plan.length,
  4 + 8 + 8,
);

function byNumber(): (FieldPlan | null)[] {
  const plans: (FieldPlan | null)[] = new Array(FIELD_NUMBER_MAX + 1).fill(null);
  for (const plan of PLANS) plans[plan.field] = plan;
  return plans;
}
