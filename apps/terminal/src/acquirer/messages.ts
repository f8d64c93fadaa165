/**
 * The messages of an acquirer, ISO 8583:1987 in the dialect of docs/iso8583.md: authorisation request, reversal, echo.
 */
import { encodeOriginalData, type Fields, type Message } from '@tapseal/iso8583';
import { type Clock, dateDigits } from '../clock.ts';
import type { OnlineRequest, TerminalData } from '../kernel/index.ts';
import { field55 } from './field-55.ts';

const PROCESSING_CODE_PURCHASE = '000000';
/** DE 22: contactless chip (07), terminal without a PIN pad in use (1). */
const ENTRY_MODE_CONTACTLESS_CHIP = '071';
/** DE 25: normal presentment. */
const CONDITION_NORMAL = '00';
/** DE 70 */
const NETWORK_ECHO = '301';

/** A request but for its STAN, which the journal gives. */
export type WithoutStan = (stan: string) => Message;

/**
 * 0100 for a card that asked for the bank's decision. DE 12 and 13 are the local time of the presentation, which is also
 * in the cryptogram (9A); DE 7 is UTC.
 */
export function authorisationRequest(
  terminal: TerminalData,
  online: OnlineRequest,
  clock: Clock,
): WithoutStan {
  const now = dateDigits(clock.nowMs(), 0);
  const { presentation } = online;
  const sequence = online.panSequenceNumber;
  return (stan) => ({
    mti: '0100',
    fields: {
      2: online.pan.reveal(), // the token's number goes to the bank, and nowhere else
      3: PROCESSING_CODE_PURCHASE,
      4: presentation.amountMinor.toString().padStart(12, '0'),
      7: now.mmdd + now.hhmmss,
      11: stan,
      12: presentation.time,
      13: presentation.date.slice(2),
      14: online.expiry.slice(0, 4),
      18: terminal.merchantCategoryCode,
      19: terminal.countryCode,
      22: ENTRY_MODE_CONTACTLESS_CHIP,
      ...(sequence === undefined ? {} : { 23: sequence.padStart(3, '0') }),
      25: CONDITION_NORMAL,
      32: terminal.acquirerId,
      37: retrievalReference(clock.nowMs(), stan),
      41: terminal.terminalId,
      42: terminal.merchantId,
      43: terminal.merchantNameAndLocation.slice(0, 38).padEnd(38) + terminal.countryAlpha2,
      49: numericCurrency(terminal, presentation.currency),
      55: field55(online),
    },
  });
}

/** The same card data once more, from another terminal and now: what a thief with a recording would send. */
export function replayOf(original: Message, terminalId: string, clock: Clock): WithoutStan {
  const now = dateDigits(clock.nowMs(), 0);
  return (stan) => ({
    mti: original.mti,
    fields: {
      ...original.fields,
      7: now.mmdd + now.hhmmss,
      11: stan,
      37: retrievalReference(clock.nowMs(), stan),
      41: terminalId,
    },
  });
}

/** What of a request its reversal repeats. Not DE 55: a reversal needs no cryptogram, and the ATC stays used. */
const REVERSED_FIELDS = [2, 3, 4, 12, 13, 14, 18, 19, 22, 23, 25, 32, 37, 41, 42, 43, 49] as const;

export type ReversalMti = '0400' | '0420' | '0421';

/** The reversal of a request of ours: 0400 at once, 0420 when it had to be stored, 0421 for its repeats. */
export function reversalOf(mti: ReversalMti, original: Message, stan: string, clock: Clock): Message {
  const now = dateDigits(clock.nowMs(), 0);
  const repeated: Record<number, unknown> = {};
  for (const field of REVERSED_FIELDS) {
    if (original.fields[field] !== undefined) repeated[field] = original.fields[field];
  }
  return {
    mti,
    fields: { ...(repeated as Fields), 7: now.mmdd + now.hhmmss, 11: stan, 90: originalData(original) },
  };
}

/** DE 90 names a request by its type, STAN, DE 7 and institutions. */
function originalData({ mti, fields }: Message): string {
  return encodeOriginalData({
    mti,
    systemsTraceAuditNumber: fields[11]!,
    transmissionDateTime: fields[7]!,
    acquirer: fields[32]!,
    forwarder: fields[33],
  });
}

/** 0800: is anybody there. */
export function echoRequest(terminal: TerminalData, stan: string, clock: Clock): Message {
  const now = dateDigits(clock.nowMs(), 0);
  return {
    mti: '0800',
    fields: { 7: now.mmdd + now.hhmmss, 11: stan, 41: terminal.terminalId, 70: NETWORK_ECHO },
  };
}

/** DE 37: last digit of the year, day of the year, hour, STAN. */
function retrievalReference(nowMs: number, stan: string): string {
  const now = dateDigits(nowMs, 0);
  return now.year.slice(-1) + now.dayOfYear + now.hhmmss.slice(0, 2) + stan;
}

function numericCurrency(terminal: TerminalData, currency: string): string {
  return terminal.limits.find((row) => row.currency === currency)!.numericCode;
}
