/**
 * One sale, from the amount to the result: wait for a phone, run the kernel, ask the bank. A phone that must do something
 * first may be presented again; nothing is charged twice, whatever breaks off.
 */
import { toHex } from '@tapseal/emv/data';
import type { Message } from '@tapseal/iso8583';
import {
  type Acquirer,
  type Authorised,
  authorisationRequest,
  DE39_APPROVED,
  responseWords,
} from './acquirer/index.ts';
import { type Clock, dateDigits } from './clock.ts';
import {
  type ExchangedApdu,
  formatAmount,
  limitsOf,
  type OnlineRequest,
  type Outcome,
  onlyProfile,
  type Profile,
  present,
  recording,
  refusedBeforeTap,
  type Stop,
  stopWords,
  type TerminalData,
} from './kernel/index.ts';
import type { Phone } from './tap-link.ts';

export interface SaleRequest {
  readonly amountMinor: bigint;
  /** ISO 4217 alphabetic. */
  readonly currency: string;
  /** Take cards of this profile only. */
  readonly profile?: Profile | undefined;
}

/** What the terminal shows, and what the control port answers. Nothing here is secret; the number is masked. */
export interface SaleResult {
  readonly result: 'approved' | 'declined' | 'not_completed';
  /** A stop of the kernel, or how the acquirer ended: see `SALE_REASONS`. */
  readonly reason: string;
  readonly words: string;
  readonly where?: string;
  readonly amount: string;
  readonly currency: string;
  readonly presentations: number;
  readonly de39?: string;
  readonly approvalCode?: string;
  readonly stan?: string;
  readonly terminalId?: string;
  readonly card?: {
    readonly profile: Profile;
    readonly label: string;
    readonly maskedNumber: string;
    readonly atc: string;
    readonly arqc: string;
    /** 9F34: what the terminal asked for, as the bank reads it. */
    readonly cvmResults: string;
    /** 95 */
    readonly tvr: string;
  };
}

/** All that a trace or a replay needs: holds the token's number, so it is never printed whole. */
export interface SaleRecord {
  readonly result: SaleResult;
  /** The APDUs of the last presentation. */
  readonly exchanged: readonly ExchangedApdu[];
  readonly online?: OnlineRequest;
  readonly request?: Message;
  readonly response?: Message;
}

export interface SaleDependencies {
  readonly terminal: TerminalData;
  readonly utcOffsetMinutes: number;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly acquirer: Acquirer;
  /** The next phone in the field. */
  readonly phone: (withinMs: number) => Promise<Phone | 'none' | 'closed'>;
  readonly onProgress?: (progress: SaleProgress) => void;
}

export type SaleProgress =
  | { readonly step: 'present_phone'; readonly again?: Stop }
  | { readonly step: 'phone_read'; readonly outcome: Outcome; readonly exchanged: readonly ExchangedApdu[] }
  | { readonly step: 'asking_bank'; readonly request: OnlineRequest };

/** How long the sale waits for a phone, from each request to present one. */
export const PRESENT_WITHIN_MS = 60_000;
/** A phone that breaks off again and again ends the sale. */
export const PRESENTATIONS_MAX = 6;

export async function takeSale(
  sale: SaleRequest,
  dependencies: SaleDependencies,
  presentWithinMs = PRESENT_WITHIN_MS,
): Promise<SaleRecord> {
  const { clock, random, onProgress } = dependencies;
  const terminal = onlyProfile(dependencies.terminal, sale.profile);
  const facts = { amount: amountText(terminal, sale), currency: sale.currency };
  const ended = (stop: Stop, presentations: number, exchanged: readonly ExchangedApdu[]): SaleRecord => ({
    result: { ...facts, ...ofStop(stop), presentations },
    exchanged,
  });

  let again: Stop | undefined;
  let exchanged: readonly ExchangedApdu[] = [];
  for (let presentations = 1; ; presentations++) {
    const now = dateDigits(clock.nowMs(), dependencies.utcOffsetMinutes);
    const presentation = {
      amountMinor: sale.amountMinor,
      currency: sale.currency,
      date: now.yymmdd,
      time: now.hhmmss,
      unpredictableNumber: random(4),
    };
    const refused = refusedBeforeTap(terminal, presentation);
    if (refused !== undefined) return ended(refused, 0, []);

    onProgress?.({ step: 'present_phone', ...(again === undefined ? {} : { again }) });
    const phone = await dependencies.phone(presentWithinMs);
    if (typeof phone === 'string') {
      return { result: { ...facts, ...notPresented(again), presentations: presentations - 1 }, exchanged };
    }
    const recorded = recording(phone.transceive);
    const outcome = await present(terminal, presentation, recorded.transceive);
    phone.leave();
    exchanged = recorded.exchanged;
    onProgress?.({ step: 'phone_read', outcome, exchanged });
    if (outcome.outcome === 'online_request') {
      onProgress?.({ step: 'asking_bank', request: outcome });
      const make = authorisationRequest(terminal, outcome, clock);
      const authorised = await dependencies.acquirer.authorise(make);
      return authorisedRecord({ ...facts, presentations }, outcome, exchanged, authorised);
    }
    again = outcome;
    const mayPresentAgain = outcome.outcome === 'see_phone' || outcome.outcome === 'try_again';
    if (!mayPresentAgain || presentations === PRESENTATIONS_MAX)
      return ended(outcome, presentations, exchanged);
  }
}

function amountText(terminal: TerminalData, sale: SaleRequest): string {
  return formatAmount(sale.amountMinor, limitsOf(terminal.limits, sale.currency)?.decimals ?? 0);
}

function ofStop(stop: Stop): Pick<SaleResult, 'result' | 'reason' | 'words' | 'where'> {
  const result = stop.outcome === 'declined_offline' ? 'declined' : 'not_completed';
  return { result, reason: stop.reason, words: stopWords(stop.reason), where: stop.where };
}

/** The time ran out: what the customer was last told says more than that nobody came. */
function notPresented(again: Stop | undefined): Pick<SaleResult, 'result' | 'reason' | 'words'> {
  if (again === undefined)
    return { result: 'not_completed', reason: 'no_phone', words: 'No phone was presented' };
  return { result: 'not_completed', reason: again.reason, words: stopWords(again.reason) };
}

type Facts = Pick<SaleResult, 'amount' | 'currency' | 'presentations'>;

/** How an authorisation ended without the bank's answer: reason and words. */
export const SALE_REASONS = {
  unreachable: 'The bank cannot be reached: nothing was charged',
  unknown: 'No answer from the bank: the payment was taken back',
  journal_full: 'This terminal must reach the bank before it takes another payment',
} as const;

function authorisedRecord(
  facts: Facts,
  online: OnlineRequest,
  exchanged: readonly ExchangedApdu[],
  authorised: Authorised,
): SaleRecord {
  const card = cardOf(online);
  if (authorised.result === 'journal_full') {
    const { journal_full: words } = SALE_REASONS;
    return {
      result: { ...facts, result: 'not_completed', reason: 'journal_full', words, card },
      exchanged,
      online,
    };
  }
  const { request } = authorised;
  const sent = { ...facts, card, stan: request.fields[11]!, terminalId: request.fields[41]! };
  if (authorised.result !== 'answered') {
    const words = SALE_REASONS[authorised.result];
    const result = { ...sent, result: 'not_completed', reason: authorised.result, words } as const;
    return { result, exchanged, online, request };
  }
  const { response, de39 } = authorised;
  const approvalCode = response.fields[38];
  return {
    result: {
      ...sent,
      result: de39 === DE39_APPROVED ? 'approved' : 'declined',
      reason: 'answered',
      words: responseWords(de39),
      de39,
      ...(approvalCode === undefined ? {} : { approvalCode }),
    },
    exchanged,
    online,
    request,
    response,
  };
}

function cardOf(online: OnlineRequest): NonNullable<SaleResult['card']> {
  return {
    profile: online.profile,
    label: online.label,
    maskedNumber: String(online.pan),
    atc: toHex(online.cryptogram.atc),
    arqc: toHex(online.cryptogram.cryptogram),
    cvmResults: toHex(online.terminalValues.get(0x9f34)!),
    tvr: toHex(online.terminalValues.get(0x95)!),
  };
}
