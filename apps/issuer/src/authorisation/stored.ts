// What authorisation reads, as the decision sees it. `store.ts` fills it from one statement.

export type TokenRow = {
  readonly tokenId: string;
  readonly psn: number;
  readonly profile: 'open' | 'tdes';
  readonly dki: number;
  readonly state: 'INACTIVE' | 'ACTIVE' | 'SUSPENDED' | 'DEACTIVATED';
  /** 'YYYY-MM-DD', the last day. */
  readonly expiresOn: string;
  /** ISO 4217 numeric. */
  readonly homeCurrency: string;
  /** ISO 3166-1 numeric; null: any. */
  readonly allowedCountries: readonly string[] | null;
  readonly lowValueTapMinor: number;
  readonly lowValueCountMax: number;
  readonly lowValueSumMinor: number;
  readonly tapLimitMinor: number;
  readonly dayLimitMinor: number;
  readonly pinTriesMax: number;
};

/** What the next authorisation needs to know about the last ones. */
export type StateRow = {
  readonly version: number;
  readonly pinTriesLeft: number;
  readonly lowValueCount: number;
  readonly lowValueSumMinor: number;
  /** The bank's day that `daySumMinor` counts. */
  readonly day: string | null;
  readonly daySumMinor: number;
  readonly recentSince: Date | null;
  readonly recentCount: number;
};

/** Bytes as upper-case hex. */
export type KeySetRow = {
  readonly keySetId: string;
  readonly idn: string;
  readonly expiresOn: string;
  readonly revoked: boolean;
};

export type AccountRow = {
  readonly accountId: string;
  readonly currency: string;
  readonly balanceMinor: number;
  readonly heldMinor: number;
};

export type DeviceRow = {
  readonly state: 'ACTIVE' | 'SUSPENDED' | 'ROLLED_BACK' | 'CLONED' | 'REVOKED';
  readonly minimumPolicyVersion: number;
};

/** What the terminal was told, or will be: DE 39, DE 38, and tag 91 of DE 55. */
export type StoredAnswer = {
  readonly refusal: string | null;
  readonly de39: string;
  readonly approvalCode: string | null;
  readonly issuerAuthentication: Uint8Array | null;
};

export type StoredRows = {
  readonly token: TokenRow;
  readonly state: StateRow;
  readonly account: AccountRow;
  readonly device: DeviceRow;
  /** The key set of this request's ATC; null: never issued. */
  readonly keySet: KeySetRow | null;
  /** The transaction of this request's ATC, if there is one already. */
  readonly authorisation: {
    readonly samePresentment: boolean;
    /** In whole or in part: its approval is not to be said again under another STAN. */
    readonly reversed: boolean;
    readonly answer: StoredAnswer;
  } | null;
  /** The answer to a message with this request's DE 32, 41, 11, 12, 13, if there was one. */
  readonly message: {
    readonly sameContent: boolean;
    readonly reversed: boolean;
    readonly answer: StoredAnswer;
  } | null;
  /** A reversal of this very message came before it. */
  readonly tombstone: boolean;
};
