/**
 * DE 90, original data elements, n 42 (ISO 8583:1987 clause 4.3, field 90): which message a reversal, an advice
 * or a continuation is about. Five fixed parts: message type 4, trace number 6, transmission date and time 10,
 * acquirer 11, forwarder 11; institutions right-justified with leading zeros.
 */

export interface OriginalData {
  /** Four digits, as sent. Not necessarily a type of this dialect: the original may have come another way. */
  readonly mti: string;
  /** DE 11 of the original, 6 digits. */
  readonly systemsTraceAuditNumber: string;
  /** DE 7 of the original, MMDDhhmmss. */
  readonly transmissionDateTime: string;
  /** DE 32 of the original, to 11 digits with leading zeros; see `sameInstitution`. */
  readonly acquirer: string;
  /** DE 33 of the original, likewise; `undefined` where the part is all zeros. */
  readonly forwarder: string | undefined;
}

const INSTITUTION_DIGITS = 11;
const NO_INSTITUTION = '0'.repeat(INSTITUTION_DIGITS);

/** Takes DE 90 apart; `undefined` unless it is 42 digits. */
export function decodeOriginalData(value: string): OriginalData | undefined {
  if (!/^[0-9]{42}$/.test(value)) return undefined;
  const forwarder = value.slice(31, 42);
  return {
    mti: value.slice(0, 4),
    systemsTraceAuditNumber: value.slice(4, 10),
    transmissionDateTime: value.slice(10, 20),
    acquirer: value.slice(20, 31),
    forwarder: forwarder === NO_INSTITUTION ? undefined : forwarder,
  };
}

/** Puts DE 90 together; institutions may come with or without leading zeros. Throws on parts of a wrong shape. */
export function encodeOriginalData(original: OriginalData): string {
  const value =
    original.mti +
    original.systemsTraceAuditNumber +
    original.transmissionDateTime +
    original.acquirer.padStart(INSTITUTION_DIGITS, '0') +
    (original.forwarder ?? '').padStart(INSTITUTION_DIGITS, '0');
  const fits =
    original.mti.length === 4 &&
    original.systemsTraceAuditNumber.length === 6 &&
    original.transmissionDateTime.length === 10 &&
    /^[0-9]{42}$/.test(value);
  if (!fits) throw new RangeError('original data elements are 4, 6, 10, at most 11 and at most 11 digits');
  return value;
}

/** True if two institution codes are the same number, one as in DE 32 and the other as in DE 90. */
export function sameInstitution(a: string, b: string): boolean {
  return a.padStart(INSTITUTION_DIGITS, '0') === b.padStart(INSTITUTION_DIGITS, '0');
}
