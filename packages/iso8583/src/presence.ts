/**
 * Which message carries which field: ISO 8583:1987 clause 4.4 (bit map conditions), for this dialect, as a grid.
 *
 *   M  mandatory
 *   E  echo: mandatory in the answer as it stood in the question, unless DE 39 is 30 (format error: what could
 *      not be read cannot be repeated)
 *   C  conditional: see the rules below the grid
 *   O  optional
 *   -  not carried
 *
 * A repeat (`0101`, `0121`, …) is judged like the first sending.
 */
import { FIELD_NUMBER_MAX, type FieldNumber, type Fields, isFieldNumber } from './fields.ts';
import type { Message } from './message.ts';
import { isMti, type Mti, withoutRepeat } from './mti.ts';
import { FORMAT_ERROR, isApproval } from './response-codes.ts';

export const PRESENCE_COLUMNS = [
  ...['0100', '0110', '0120', '0130', '0200', '0210', '0220', '0230'],
  ...['0400', '0410', '0420', '0430', '0800', '0810'],
] as readonly Mti[];

export const PRESENCE_GRID: readonly (readonly [field: FieldNumber, cells: string])[] = [
  //     0100 10 20 30  0200 10 20 30  0400 10 20 30  0800 10
  [2, '    C  O  C  O     C  O  C  O     C  O  C  O     -  -'],
  [3, '    M  E  M  E     M  E  M  E     M  E  M  E     -  -'],
  [4, '    M  E  M  E     M  E  M  E     M  E  M  E     -  -'],
  [5, '    O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [6, '    O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [7, '    M  E  M  E     M  E  M  E     M  E  M  E     M  E'],
  [9, '    O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [10, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [11, '   M  M  M  M     M  M  M  M     M  M  M  M     M  M'],
  [12, '   M  E  M  E     M  E  M  E     M  E  M  E     O  O'],
  [13, '   M  E  M  E     M  E  M  E     M  E  M  E     O  O'],
  [14, '   O  -  O  -     O  -  O  -     O  -  O  -     -  -'],
  [15, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [18, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [19, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [22, '   M  O  M  O     M  O  M  O     O  O  O  O     -  -'],
  [23, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [24, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [25, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [28, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [32, '   M  E  M  E     M  E  M  E     M  E  M  E     O  O'],
  [33, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [35, '   C  -  C  -     C  -  C  -     C  -  C  -     -  -'],
  [36, '   O  -  O  -     O  -  O  -     -  -  -  -     -  -'],
  [37, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [38, '   O  C  O  O     O  C  O  O     O  O  O  O     -  -'],
  [39, '   -  M  O  M     -  M  O  M     O  M  O  M     -  M'],
  [41, '   M  E  M  E     M  E  M  E     M  E  M  E     O  O'],
  [42, '   M  E  M  E     M  E  M  E     M  E  M  E     O  O'],
  [43, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [44, '   -  O  -  O     -  O  -  O     -  O  -  O     -  O'],
  [45, '   O  -  O  -     O  -  O  -     -  -  -  -     -  -'],
  [48, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [49, '   M  E  M  E     M  E  M  E     M  E  M  E     -  -'],
  [50, '   C  C  C  C     C  C  C  C     C  C  C  C     -  -'],
  [51, '   C  C  C  C     C  C  C  C     C  C  C  C     -  -'],
  [52, '   O  -  -  -     O  -  -  -     -  -  -  -     -  -'],
  [53, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [54, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [55, '   O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [60, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [61, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [62, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [63, '   O  O  O  O     O  O  O  O     O  O  O  O     O  O'],
  [64, '   C  C  C  C     C  C  C  C     C  C  C  C     C  C'],
  [70, '   -  -  -  -     -  -  -  -     -  -  -  -     M  E'],
  [90, '   O  O  O  O     O  O  O  O     M  O  M  O     -  -'],
  [95, '   -  -  O  O     -  -  O  O     O  O  O  O     -  -'],
  [102, '  O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [103, '  O  O  O  O     O  O  O  O     O  O  O  O     -  -'],
  [128, '  C  C  C  C     C  C  C  C     C  C  C  C     C  C'],
];

/** The rules behind the C cells that hang on other fields: this field asks for that one. */
export const NEEDS: readonly (readonly [field: FieldNumber, needed: FieldNumber, why: string])[] = [
  [5, 50, 'a settlement amount has a currency'],
  [6, 51, 'a billing amount has a currency'],
  [9, 5, 'a conversion rate has converted something'],
  [10, 6, 'a conversion rate has converted something'],
  [45, 2, 'track 1 alone does not say which card'],
  [36, 2, 'track 3 alone does not say which card'],
];

/** Why a well-formed message is not a complete one, in order of precedence. */
export const PRESENCE_REASONS = [
  'mti_unknown',
  'field_unknown',
  'field_not_carried',
  'field_missing',
  'mac_misplaced',
] as const;
export type PresenceReason = (typeof PRESENCE_REASONS)[number];

export interface PresenceError {
  readonly reason: PresenceReason;
  readonly field: number;
}

/** All that is wrong, the gravest reason first and within one by field. Never empty when not ok. */
export type Validated =
  | { readonly ok: true }
  | { readonly ok: false; readonly errors: readonly PresenceError[] };

/** Checks which fields are there, not what they say: `pack` and `unpack` check that. */
export function validate(message: Message): Validated {
  const { mti, fields } = message;
  const cells = isMti(mti) ? CELLS.get(withoutRepeat(mti)) : undefined;
  if (cells === undefined) return { ok: false, errors: [{ reason: 'mti_unknown', field: 0 }] };
  const errors: PresenceError[] = [];
  const report = (reason: PresenceReason, field: number): void => {
    errors.push({ reason, field });
  };

  for (const key of Object.keys(fields)) {
    const field = Number(key);
    if (!isFieldNumber(field)) report('field_unknown', Number.isInteger(field) ? field : 0);
    else if (fields[field] !== undefined && cells[field] === '-') report('field_not_carried', field);
  }

  const echoes = fields[39] !== FORMAT_ERROR;
  for (const [field] of PRESENCE_GRID) {
    if (fields[field] !== undefined) continue;
    const cell = cells[field];
    if (cell === 'M' || (cell === 'E' && echoes) || (cell === 'C' && asked(field, fields)))
      report('field_missing', field);
  }
  for (const [field, needed] of NEEDS) {
    const reported = cells[needed] === 'C' && asked(needed, fields);
    if (fields[field] !== undefined && fields[needed] === undefined && !reported)
      report('field_missing', needed);
  }

  // ISO 8583:1987 clause 4.3, fields 64 and 128: the MAC is the last bit of the last bitmap that is there.
  const above64 = HIGH_FIELDS.some((field) => fields[field] !== undefined);
  if (fields[64] !== undefined && (above64 || fields[128] !== undefined)) report('mac_misplaced', 64);
  if (fields[128] !== undefined && !above64) report('mac_misplaced', 128);
  return errors.length === 0 ? { ok: true } : { ok: false, errors };
}

/** True if this message type can hold this field at all. */
export function carries(mti: Mti, field: FieldNumber): boolean {
  const cell = CELLS.get(withoutRepeat(mti))![field];
  return cell !== undefined && cell !== '-';
}

/** Whether a C cell asks for its absent field, given the others. */
function asked(field: FieldNumber, fields: Fields): boolean {
  switch (field) {
    // The card is named by its number or by track 2; one is enough. Reported once, as field 2.
    case 2:
      return fields[35] === undefined;
    // What is approved has an identification that clearing can be matched by.
    case 38:
      return isApproval(fields[39]);
    case 50:
      return fields[5] !== undefined;
    case 51:
      return fields[6] !== undefined;
    default:
      return false;
  }
}

const CELLS: ReadonlyMap<Mti, readonly (string | undefined)[]> = readGrid();
const HIGH_FIELDS = PRESENCE_GRID.map(([field]) => field).filter((field) => field > 64 && field !== 128);

function readGrid(): Map<Mti, (string | undefined)[]> {
  const byMti = new Map(
    PRESENCE_COLUMNS.map((mti) => [mti, new Array<string | undefined>(FIELD_NUMBER_MAX + 1)]),
  );
  for (const [field, row] of PRESENCE_GRID) {
    const cells = row.trim().split(/ +/);
    if (cells.length !== PRESENCE_COLUMNS.length || !cells.every((cell) => 'MECO-'.includes(cell))) {
      throw new Error(`presence grid: row ${field} does not fit its columns`);
    }
    for (const [column, mti] of PRESENCE_COLUMNS.entries()) byMti.get(mti)![field] = cells[column];
  }
  return byMti;
}
