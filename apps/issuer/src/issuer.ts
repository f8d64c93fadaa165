/** What every service of the issuer works with: brought together once, by the composition root. */

import type { Pool, PoolClient } from 'pg';
import type { Hsm } from './keys/hsm.ts';

export interface Issuer {
  readonly db: Pool;
  readonly hsm: Hsm;
  readonly now: () => Date;
  readonly certificate: Uint8Array;
  readonly settings: IssuerSettings;
}

/** One transaction of the database. */
export type Transaction = Pick<PoolClient, 'query'>;

export interface IssuerSettings {
  /** ISO 3166-1 numeric. */
  readonly issuerCountry: string;
  /** The BIN range of the tokens: no card is issued in it, so a token is never a live PAN. */
  readonly tokenBin: string;
  /** 11 digits. EMVCo Payment Tokenisation 2.3, token requestor id. */
  readonly tokenRequestorId: string;
  readonly activationCodeValidMs: number;
  readonly activationCodeTriesMax: number;
  readonly enrolmentValidMs: number;
  /** Key sets that a token should have. docs/profiles.md §4 */
  readonly keySetsTarget: number;
  readonly keySetDays: number;
  readonly policy: { readonly version: number; readonly response: number; readonly validDays: number };
  /** A device that asks gets a fresh time and policy when the last bundle is older than this. */
  readonly policyRefreshMs: number;
  /** docs/profiles.md §6, in the home currency. */
  readonly limits: {
    readonly lowValueTapMinor: number;
    readonly lowValueTapsMax: number;
    readonly lowValueSumMinor: number;
    readonly tapMinor: number;
    readonly dayMinor: number;
    readonly pinTriesMax: number;
    readonly cdcvmFreshSeconds: number;
  };
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export const DEFAULT_ISSUER_SETTINGS: IssuerSettings = {
  issuerCountry: '702',
  tokenBin: '970299',
  tokenRequestorId: '97029900001',
  activationCodeValidMs: 7 * DAY,
  activationCodeTriesMax: 5,
  enrolmentValidMs: 15 * MINUTE,
  keySetsTarget: 10,
  keySetDays: 30,
  policy: { version: 1, response: 0, validDays: 30 },
  policyRefreshMs: DAY,
  limits: {
    lowValueTapMinor: 10_000,
    lowValueTapsMax: 5,
    lowValueSumMinor: 30_000,
    tapMinor: 50_000,
    dayMinor: 200_000,
    pinTriesMax: 3,
    cdcvmFreshSeconds: 45,
  },
};
