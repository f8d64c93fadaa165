/**
 * The message types of the dialect: ISO 8583:1987 clause 4.1 and table 2 (message types), versions `0xxx`.
 * An odd last digit is a repeat: the same message sent again because no answer came. It is answered like the
 * first one.
 */

/** What the message is about. */
export type MessageClass = 'authorisation' | 'financial' | 'reversal' | 'network management';

/** A request asks and may be declined; an advice reports and is acknowledged; a response answers either. */
export type MessageKind = 'request' | 'advice' | 'response';

export type MtiRow = readonly [
  mti: string,
  name: string,
  messageClass: MessageClass,
  kind: MessageKind,
  repeat: boolean,
  response: string | null,
];

export const MTI_TABLE = [
  ['0100', 'Authorisation request', 'authorisation', 'request', false, '0110'],
  ['0101', 'Authorisation request repeat', 'authorisation', 'request', true, '0110'],
  ['0110', 'Authorisation request response', 'authorisation', 'response', false, null],
  ['0120', 'Authorisation advice', 'authorisation', 'advice', false, '0130'],
  ['0121', 'Authorisation advice repeat', 'authorisation', 'advice', true, '0130'],
  ['0130', 'Authorisation advice response', 'authorisation', 'response', false, null],
  ['0200', 'Financial transaction request', 'financial', 'request', false, '0210'],
  ['0201', 'Financial transaction request repeat', 'financial', 'request', true, '0210'],
  ['0210', 'Financial transaction request response', 'financial', 'response', false, null],
  ['0220', 'Financial transaction advice', 'financial', 'advice', false, '0230'],
  ['0221', 'Financial transaction advice repeat', 'financial', 'advice', true, '0230'],
  ['0230', 'Financial transaction advice response', 'financial', 'response', false, null],
  ['0400', 'Acquirer reversal request', 'reversal', 'request', false, '0410'],
  ['0401', 'Acquirer reversal request repeat', 'reversal', 'request', true, '0410'],
  ['0410', 'Acquirer reversal request response', 'reversal', 'response', false, null],
  ['0420', 'Acquirer reversal advice', 'reversal', 'advice', false, '0430'],
  ['0421', 'Acquirer reversal advice repeat', 'reversal', 'advice', true, '0430'],
  ['0430', 'Acquirer reversal advice response', 'reversal', 'response', false, null],
  ['0800', 'Network management request', 'network management', 'request', false, '0810'],
  ['0810', 'Network management request response', 'network management', 'response', false, null],
] as const satisfies readonly MtiRow[];

type TableRow = (typeof MTI_TABLE)[number];

/** A message type that the dialect knows. */
export type Mti = TableRow[0];

/** A message type that is answered, and the types that answer. */
export type AskingMti = Extract<
  TableRow,
  readonly [string, string, string, 'request' | 'advice', boolean, string]
>[0];
export type ResponseMti = Exclude<Mti, AskingMti>;

/** A message type, spelled out. `response` is null for a response. */
export interface MtiDescription {
  readonly mti: Mti;
  readonly name: string;
  readonly messageClass: MessageClass;
  readonly kind: MessageKind;
  readonly repeat: boolean;
  readonly response: ResponseMti | null;
}

const DESCRIPTIONS: ReadonlyMap<string, MtiDescription> = new Map(
  MTI_TABLE.map(([mti, name, messageClass, kind, repeat, response]) => [
    mti,
    { mti, name, messageClass, kind, repeat, response },
  ]),
);

const BY_NUMBER: readonly (Mti | undefined)[] = byNumber();

function byNumber(): (Mti | undefined)[] {
  const types: (Mti | undefined)[] = new Array(1000).fill(undefined);
  for (const [mti] of MTI_TABLE) types[Number(mti)] = mti;
  return types;
}

/** What this message type is; `undefined` if the dialect does not know it. */
export function describeMti(mti: string): MtiDescription | undefined {
  return DESCRIPTIONS.get(mti);
}

/** True for a message type of the dialect. */
export function isMti(mti: string): mti is Mti {
  return DESCRIPTIONS.has(mti);
}

/** The message type of four digits, given as a number (`100` → `0100`); `undefined` if there is none. */
export function mtiOfNumber(number: number): Mti | undefined {
  return BY_NUMBER[number];
}

/** The message type that answers this one: `0100` → `0110`, `0421` → `0430`; null if nothing does. */
export function responseMti(mti: string): ResponseMti | null {
  return DESCRIPTIONS.get(mti)?.response ?? null;
}

/** The first sending of a repeat: `0421` → `0420`; every other type is its own. */
export function withoutRepeat(mti: Mti): Mti {
  return DESCRIPTIONS.get(mti)!.repeat ? (`${mti.slice(0, 3)}0` as Mti) : mti;
}
