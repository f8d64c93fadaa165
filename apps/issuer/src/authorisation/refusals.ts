// Every way in which an authorisation can be refused, in order of precedence, and the one place that maps a name to
// DE 39 (ISO 8583:1987 clause 4.3.26; meanings in docs/iso8583.md).

/**
 * `stage` says what the refusal costs:
 * `message`  – a fact about the message alone; nothing is read or stored, the same message meets it again.
 * `stored`   – a fact about what is stored; the answer is kept for a repeat, the ATC is untouched.
 * `consumed` – the cryptogram was genuine: the ATC is consumed by the same statement that records the refusal.
 * `fault`    – nothing was decided; the same message may be sent again.
 */
export type Stage = 'message' | 'stored' | 'consumed' | 'fault';

const TABLE = [
  // Message format and cross-checks.
  ['message_malformed', '30', 'message'],
  ['field_not_allowed', '30', 'message'], // of this message type
  ['field_missing', '30', 'message'],
  ['chip_data_malformed', '30', 'message'],
  ['chip_data_missing', '30', 'message'],
  ['token_mismatch', '30', 'message'], // DE 2 is not 5A or 57, or not DE 35
  ['amount_mismatch', '30', 'message'], // DE 4 is not 9F02
  ['currency_mismatch', '30', 'message'], // DE 49 is not 5F2A
  ['sequence_number_mismatch', '30', 'message'], // DE 23 is not 5F34
  ['transaction_type_mismatch', '30', 'message'], // DE 3 is not 9C
  ['cryptogram_type_mismatch', '30', 'message'], // 9F27 is not ARQC
  ['issuer_application_data_malformed', '30', 'message'],
  ['original_data_malformed', '30', 'message'], // DE 90 of a reversal
  ['replacement_amount_invalid', '30', 'message'], // DE 95 of a reversal is above what it replaces
  ['network_code_unknown', '30', 'message'], // DE 70
  ['message_type_unsupported', '30', 'message'], // a response that nobody asked for: not even answered
  // The token, and what it has been asked before.
  ['token_unknown', '14', 'message'],
  ['conflicting_duplicate', '94', 'message'], // the same DE 32, 41, 11, 12, 13 with other content
  // The key set of this ATC.
  ['key_set_not_issued', '63', 'stored'],
  ['key_set_revoked', '63', 'stored'],
  ['key_set_mismatch', '63', 'stored'], // profile, DKI, PSN, IDN or key set id are another's
  ['key_set_expired', '63', 'stored'],
  ['transaction_date_too_old', '63', 'stored'],
  ['transaction_date_ahead', '63', 'stored'],
  ['atc_already_used', '63', 'stored'],
  ['cryptogram_mismatch', '63', 'stored'],
  // From here on the ATC is consumed, whatever the answer.
  ['transaction_reversed', '94', 'consumed'], // its reversal came first
  ['token_inactive', '62', 'consumed'],
  ['token_suspended', '62', 'consumed'],
  ['token_deactivated', '62', 'consumed'],
  ['token_expired', '54', 'consumed'],
  ['pin_mismatch', '55', 'consumed'],
  ['pin_tries_exceeded', '75', 'consumed'],
  ['cdcvm_required', '65', 'consumed'],
  ['transaction_type_not_allowed', '57', 'consumed'],
  ['channel_not_allowed', '57', 'consumed'],
  ['country_not_allowed', '57', 'consumed'],
  ['currency_not_allowed', '57', 'consumed'],
  ['tap_limit_exceeded', '61', 'consumed'],
  ['day_limit_exceeded', '61', 'consumed'],
  ['device_not_trusted', '59', 'consumed'],
  ['threat_response_in_force', '59', 'consumed'],
  ['policy_outdated', '59', 'consumed'],
  ['velocity_exceeded', '59', 'consumed'],
  ['funds_insufficient', '51', 'consumed'],
  // Nothing was decided.
  ['unavailable', '91', 'fault'],
  ['fault', '96', 'fault'],
] as const satisfies readonly (readonly [name: string, de39: string, stage: Stage])[];

export type RefusalName = (typeof TABLE)[number][0];
type RefusalAt<S extends Stage> = Extract<(typeof TABLE)[number], readonly [string, string, S]>[0];
export type MessageRefusal = RefusalAt<'message'>;
export type StoredRefusal = RefusalAt<'stored'>;
export type ConsumedRefusal = RefusalAt<'consumed'>;

/** All names, in order of precedence. */
export const REFUSALS: readonly RefusalName[] = TABLE.map(([name]) => name);

export const DE39_APPROVED = '00';

const BY_NAME: ReadonlyMap<RefusalName, { de39: string; stage: Stage }> = new Map(
  TABLE.map(([name, de39, stage]) => [name, { de39, stage }]),
);

/** The answer's DE 39; null is an approval. */
export function de39Of(refusal: RefusalName | null): string {
  return refusal === null ? DE39_APPROVED : BY_NAME.get(refusal)!.de39;
}

export function stageOf(refusal: RefusalName): Stage {
  return BY_NAME.get(refusal)!.stage;
}
