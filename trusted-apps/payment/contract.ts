// What the payment trusted application and its host agree on. assembly/ has the same numbers; a test keeps the two equal.

/** 7A5B1E60-5EA1-4C01-8001-544150534541 */
export const PAYMENT_UUID = Uint8Array.from([
  0x7a, 0x5b, 0x1e, 0x60, 0x5e, 0xa1, 0x4c, 0x01, 0x80, 0x01, 0x54, 0x41, 0x50, 0x53, 0x45, 0x41,
]);

export const COMMAND = {
  tokens: 0x01,
  select: 0x02,
  unlock: 0x03,
  lock: 0x04,
  arm: 0x05,
  enterPin: 0x06,
  apdu: 0x07,
  finish: 0x08,
  pinUplink: 0x09,
  logUplink: 0x0a,
  history: 0x0b,
  fieldReset: 0x0c,
} as const;

export const PAYMENT_REFUSALS: Readonly<Record<number, string>> = {
  512: 'message_malformed',
  513: 'unknown_token',
  514: 'wallet_locked',
  515: 'no_keys_left',
  516: 'log_full',
  517: 'card_not_active',
  518: 'arm_rate_limited',
  519: 'not_armed',
  520: 'pin_malformed',
  521: 'too_many_tokens',
  522: 'too_many_key_sets',
  523: 'atc_not_rising',
  524: 'nothing_to_upload',
  525: 'uplink_refused',
  526: 'no_card_selected',
  527: 'blocked_by_policy',
  528: 'storage_exhausted',
  529: 'command_unknown',
  530: 'tap_in_progress',
};

export type Profile = 'open' | 'tdes';
export type TokenState = 'active' | 'suspended' | 'deleted';

export type TokenSummary = {
  readonly tokenId: string;
  readonly profile: Profile;
  readonly label: string;
  readonly lastFour: string;
  readonly state: TokenState;
  readonly keySetsLive: number;
  readonly selected: boolean;
  /** Log records that the issuer has not acknowledged. */
  readonly unacknowledged: number;
};

export type TapSummary = {
  readonly atc: number;
  readonly amountMinor: bigint;
  /** ISO 4217 numeric. */
  readonly currency: number;
  readonly cdcvm: boolean;
  /** `none`: the set was burnt without a cryptogram. */
  readonly cryptogramType: 'ARQC' | 'AAC' | 'none';
};

export type HistoryEntry = {
  readonly seq: number;
  readonly atc: number;
  readonly status: 'armed_or_unknown' | 'arqc' | 'aac' | 'burnt';
  readonly amountMinor: bigint;
  readonly currency: number;
  readonly cdcvm: boolean;
  readonly merchant: string;
  /** YYMMDD as the terminal told it; empty when the tap did not get so far. */
  readonly date: string;
  readonly armedAtSeconds: number;
  /** The phone knows what it presented; approval or decline is the bank's word, which comes later. */
  readonly outcome: 'presented' | 'approved' | 'declined' | 'unknown';
  readonly de39?: string;
};
