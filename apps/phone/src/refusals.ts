// What the phone itself says no with, and the one place where a refusal's name becomes an HTTP status. A name that is
// not in the table is a refusal of the bank or of the element: 409, under its own name.
import { refusalName } from '@tapseal/wallet-sdk';

export const PHONE_REFUSALS = [
  'host_not_local',
  'origin_refused',
  'credential_invalid',
  'route_unknown',
  'method_not_allowed',
  'body_too_large',
  'body_malformed',
  'reader_not_on_this_machine',
  'reader_unreachable',
  'phone_closing',
] as const;

export type PhoneRefusalName = (typeof PHONE_REFUSALS)[number];

export class PhoneRefusal extends Error {
  override readonly name = 'PhoneRefusal';
  readonly reason: PhoneRefusalName | 'tap_in_progress';

  constructor(reason: PhoneRefusalName | 'tap_in_progress', cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

const STATUS: Readonly<Record<string, number>> = {
  host_not_local: 403,
  origin_refused: 403,
  credential_invalid: 401,
  route_unknown: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  body_malformed: 400,
  activation_code_malformed: 400,
  pin_malformed: 400,
  profile_unknown: 400,
  reader_not_on_this_machine: 400,
  card_not_found: 404,
  unknown_token: 404,
  reader_unreachable: 503,
  phone_closing: 503,
  bank_unreachable: 503,
  bank_fault: 502,
  bank_refused: 502,
  bank_answer_malformed: 502,
  storage_full: 507,
  storage_failed: 500,
  storage_uncertain: 500,
};

/** Name and HTTP status; undefined for what is not a refusal (a bug). */
export function describeRefusal(
  error: unknown,
): { readonly name: string; readonly status: number } | undefined {
  const name = error instanceof PhoneRefusal ? error.reason : refusalName(error);
  return name === undefined ? undefined : { name, status: STATUS[name] ?? 409 };
}
