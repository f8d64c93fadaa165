/**
 * Refusals of the HTTP services by name, and the one place that maps them to HTTP: status and title of the problem
 * details (RFC 9457). In order of precedence within each group. What is not in this table leaves as `internal`.
 */

interface ProblemOf {
  readonly status: number;
  readonly title: string;
}

export const PROBLEMS = {
  // The call itself.
  request_invalid: { status: 400, title: 'The request does not match the schema.' },
  body_too_large: { status: 413, title: 'The body is longer than this service accepts.' },
  media_type_unsupported: { status: 415, title: 'The body is not JSON.' },
  not_found: { status: 404, title: 'There is no such resource.' },
  rate_limited: { status: 429, title: 'Too many requests; try again later.' },
  credential_missing: { status: 401, title: 'This call needs a bearer credential.' },
  credential_invalid: { status: 401, title: 'The credential is not known.' },
  idempotency_key_missing: { status: 400, title: 'This call needs an Idempotency-Key.' },
  idempotency_conflict: { status: 409, title: 'This Idempotency-Key came with another request before.' },

  // Enrolment.
  activation_code_unknown: { status: 404, title: 'The activation code is not known.' },
  activation_code_used: { status: 409, title: 'The activation code has been used.' },
  activation_code_expired: { status: 410, title: 'The activation code has expired.' },
  activation_code_tries_exceeded: { status: 403, title: 'The activation code has been tried too often.' },
  enrolment_unknown: { status: 404, title: 'There is no such enrolment.' },
  enrolment_expired: { status: 410, title: 'The enrolment has expired; begin again.' },
  enrolment_completed: { status: 409, title: 'The enrolment was completed with another statement.' },
  statement_malformed: { status: 400, title: 'The enrolment statement is not one.' },
  statement_not_authentic: { status: 400, title: 'The enrolment statement is not signed by its device.' },
  statement_nonce_mismatch: { status: 400, title: 'The enrolment statement answers another enrolment.' },
  test_kernel_refused: { status: 403, title: 'A kernel that trusts a test root gets no live keys.' },
  device_already_enrolled: { status: 409, title: 'The device is enrolled already.' },

  // What the bank knows about a device.
  device_suspended: { status: 403, title: 'The device is suspended.' },
  device_rolled_back: { status: 403, title: 'The device has shown a state older than one seen before.' },
  device_cloned: { status: 403, title: 'The device has been seen twice.' },
  device_revoked: { status: 403, title: 'The device is revoked.' },

  // Uplinks and receipts.
  uplink_malformed: { status: 400, title: 'The uplink is not one.' },
  uplink_wrong_device: { status: 403, title: 'The uplink is of another device.' },
  uplink_not_authentic: {
    status: 400,
    title: 'The uplink is not signed by its device, or not sealed to this issuer.',
  },
  uplink_forked: { status: 403, title: 'Two different uplinks under one number.' },
  uplink_repeated: { status: 409, title: 'The uplink number is not above the highest seen.' },
  uplink_kind_mismatch: { status: 400, title: 'The uplink carries something else.' },
  generation_rolled_back: { status: 403, title: 'The generation is below the highest seen.' },
  pin_bound_elsewhere: { status: 400, title: 'The PIN is for another card.' },
  pin_malformed: { status: 400, title: 'The PIN is not 4 to 12 digits in format 4.' },
  receipt_malformed: { status: 400, title: 'The receipt is not one.' },
  receipt_wrong_device: { status: 403, title: 'The receipt is of another device.' },
  receipt_not_authentic: { status: 400, title: 'The receipt is not signed by its device.' },
  receipt_unknown_bundle: { status: 409, title: 'No such bundle was sent.' },
  receipt_hash_mismatch: { status: 409, title: 'The receipt is for other bytes than were sent.' },
  receipt_forked: { status: 403, title: 'Two different receipts for one bundle.' },

  // Customers, cards, tokens.
  customer_unknown: { status: 404, title: 'There is no such customer.' },
  pan_invalid: { status: 400, title: 'The PAN is not valid.' },
  pan_in_token_range: { status: 400, title: 'The PAN lies in the range of the tokens.' },
  currency_unsupported: { status: 400, title: 'The currency is not supported.' },
  card_exists: { status: 409, title: 'The card is known already.' },
  card_unknown: { status: 404, title: 'There is no such card.' },
  card_not_active: { status: 409, title: 'The card is not active.' },
  card_expired: { status: 409, title: 'The card has expired.' },
  already_digitised: { status: 409, title: 'The card is on this device already, in this profile.' },
  token_unknown: { status: 404, title: 'There is no such token.' },
  token_not_active: { status: 409, title: 'The token is not active.' },
  atc_exhausted: { status: 409, title: 'The token has used its last transaction counter.' },
  state_transition_refused: { status: 409, title: 'The token cannot go to this state.' },

  // We ourselves.
  unavailable: { status: 503, title: 'The service cannot answer now; try again.' },
  internal: { status: 500, title: 'Something went wrong here.' },
} as const satisfies Record<string, ProblemOf>;

export type Refusal = keyof typeof PROBLEMS;

/** What a service answers: a value, or the name of a refusal. `at` may say where, never what. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal; readonly at?: string };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const refuse = (refusal: Refusal, at?: string): Outcome<never> =>
  at === undefined ? { ok: false, refusal } : { ok: false, refusal, at };
