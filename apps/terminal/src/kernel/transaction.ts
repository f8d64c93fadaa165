/**
 * What is known after each phase. A phase takes the state of the one before and returns its own, so that the compiler
 * keeps the order of EMV Contactless Book C-2.
 */
import { fromAscii, packN, type Tag } from '@tapseal/emv/data';
import type { CurrencyLimits } from './limits.ts';
import type { Profile, TerminalApplication, TerminalData } from './terminal-data.ts';

/** A purchase, ISO 8583:1987 processing code 00. */
export const TRANSACTION_TYPE_PURCHASE = 0x00;

/** 9F02 is n 12. */
export const AMOUNT_MINOR_MAX = 999_999_999_999n;

/** What the merchant charges, and when: the kernel knows no clock and no randomness. */
export interface Presentation {
  readonly amountMinor: bigint;
  /** ISO 4217 alphabetic. */
  readonly currency: string;
  /** Local date and time of the terminal: YYMMDD and hhmmss, decimal digits. */
  readonly date: string;
  readonly time: string;
  /** 9F37: 4 bytes, new for every presentation. */
  readonly unpredictableNumber: Uint8Array;
}

/** After pre-processing. */
export interface Prepared {
  readonly terminal: TerminalData;
  readonly presentation: Presentation;
  readonly limits: CurrencyLimits;
  readonly tvr: Uint8Array;
  /** 9F34, zero until a method was selected. */
  readonly cvmResults: Uint8Array;
}

/** An entry of the card's directory that the terminal supports too. */
export interface Candidate {
  readonly application: TerminalApplication;
  /** 4F, the AID to select. */
  readonly adfName: Uint8Array;
  /** 87 bits 4–1: 1 is the highest, 0 is none given. */
  readonly priority: number;
}

/** After SELECT of an application. */
export interface Selected extends Prepared {
  readonly profile: Profile;
  readonly aid: Uint8Array;
  readonly label: string;
  /** 9F38, empty when the card asks for nothing. */
  readonly pdol: Uint8Array;
}

/** After GET PROCESSING OPTIONS. */
export interface Initiated extends Selected {
  /** 82 */
  readonly aip: Uint8Array;
  /** 94 */
  readonly afl: Uint8Array;
}

/** After READ RECORD; the later phases keep this shape and refine `tvr` and `cvmResults`. */
export interface CardRead extends Initiated {
  /** Everything that the records held. Never printed. */
  readonly card: ReadonlyMap<Tag, Uint8Array>;
}

/** Values that the terminal has for a DOL, by tag: EMV 4.4 Book 3 §5.4. What the card says can never stand in for them. */
export function terminalValues(state: Prepared): ReadonlyMap<Tag, Uint8Array> {
  const { terminal, presentation, limits } = state;
  return new Map<Tag, Uint8Array>([
    [0x9f02, packN(presentation.amountMinor, 6)],
    [0x9f03, packN(0, 6)],
    [0x9f1a, packN(terminal.countryCode, 2)],
    [0x95, state.tvr],
    [0x5f2a, packN(limits.numericCode, 2)],
    [0x5f36, packN(limits.decimals, 1)],
    [0x9a, packN(presentation.date, 3)],
    [0x9c, Uint8Array.of(TRANSACTION_TYPE_PURCHASE)],
    [0x9f37, presentation.unpredictableNumber],
    [0x9f35, Uint8Array.of(terminal.terminalType)],
    [0x9f34, state.cvmResults],
    [0x9f21, packN(presentation.time, 3)],
    [0x9f1c, fromAscii(terminal.terminalId)],
    [0x9f16, fromAscii(terminal.merchantId)],
    [0x9f4e, fromAscii(terminal.merchantNameAndLocation.padEnd(MERCHANT_NAME_BYTES))],
    [0x9f15, packN(terminal.merchantCategoryCode, 2)],
    [0x9f33, terminal.capabilities],
    [0x9f09, terminal.applicationVersion],
    [0x9f01, packN(terminal.acquirerId, 6)],
  ]);
}

/** CDOL1 of docs/profiles.md §2 asks for 20 bytes of 9F4E: filled with spaces, not with zeros. */
const MERCHANT_NAME_BYTES = 20;
