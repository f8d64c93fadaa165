/**
 * What a terminal is configured with: EMV 4.4 Book 4 Annex A (terminal data elements) and EMV Contactless Book C-2
 * (configuration of the kernel), for the profiles of docs/profiles.md.
 */
import { fromHex, PROFILES } from '@tapseal/emv/data';
import { type CurrencyLimits, LIMITS } from './limits.ts';

export type Profile = 'open' | 'tdes';

export interface TerminalApplication {
  readonly profile: Profile;
  readonly aid: Uint8Array;
}

/** Terminal action codes, EMV 4.4 Book 3 §10.7: five bytes each, laid out like the TVR. */
export interface ActionCodes {
  readonly denial: Uint8Array;
  readonly online: Uint8Array;
  readonly default: Uint8Array;
}

export interface TerminalData {
  /** 9F1C and DE 41: 8 characters. */
  readonly terminalId: string;
  /** 9F16 and DE 42: 15 characters. */
  readonly merchantId: string;
  /** 9F4E, at most 20 characters here (CDOL1 asks for 20), and the first part of DE 43. */
  readonly merchantNameAndLocation: string;
  /** DE 18, ISO 18245. */
  readonly merchantCategoryCode: string;
  /** 9F1A and DE 19: ISO 3166-1 numeric. */
  readonly countryCode: string;
  /** ISO 3166-1 alpha-2, the end of DE 43. */
  readonly countryAlpha2: string;
  /** DE 32: 6 to 11 digits. */
  readonly acquirerId: string;
  /** 9F35, Book 4 A1. */
  readonly terminalType: number;
  /** 9F33, Book 4 A2. */
  readonly capabilities: Uint8Array;
  /** 9F09. */
  readonly applicationVersion: Uint8Array;
  readonly actionCodes: ActionCodes;
  /** Kernel configuration, Book C-2 A.1.80: on-device cardholder verification supported. */
  readonly onDeviceVerification: boolean;
  readonly applications: readonly TerminalApplication[];
  readonly limits: readonly CurrencyLimits[];
}

/** AIDs of docs/profiles.md §1, in the order of the terminal's preference. */
export const APPLICATIONS: readonly TerminalApplication[] = [
  { profile: 'open', aid: PROFILES.open.aid },
  { profile: 'tdes', aid: PROFILES.tdes.aid },
];

/** A counter in Singapore: attended, offline with online capability. Identities are made up. */
export const DEMONSTRATION_TERMINAL: TerminalData = {
  terminalId: 'TAPSEAL1',
  merchantId: 'TAPSEALMERCH001',
  merchantNameAndLocation: 'KOPI CORNER SG',
  merchantCategoryCode: '5814',
  countryCode: '702',
  countryAlpha2: 'SG',
  acquirerId: '970200',
  terminalType: 0x22,
  // No contact reader, no stripe, no PIN pad, no signature: only "no CVM required". No offline data authentication.
  capabilities: fromHex('000800'),
  applicationVersion: fromHex('0002'),
  actionCodes: {
    // Refused here at once: "requested service not allowed for card product". The bank decides everything else.
    denial: fromHex('0010000000'),
    online: fromHex('FC50808800'),
    default: fromHex('FC50808800'),
  },
  onDeviceVerification: true,
  applications: APPLICATIONS,
  limits: LIMITS,
};

/** The same terminal, taking the cards of one profile only. */
export function onlyProfile(terminal: TerminalData, profile: Profile | undefined): TerminalData {
  if (profile === undefined) return terminal;
  return { ...terminal, applications: terminal.applications.filter((one) => one.profile === profile) };
}
