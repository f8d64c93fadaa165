/**
 * Pre-processing, before the phone is asked for: EMV Contactless Book B 2.11, 3.1.1.
 */
import { accept, type Result } from '@tapseal/emv/data';
import { limitsOf } from './limits.ts';
import { type Stop, stop } from './outcome.ts';
import type { TerminalData } from './terminal-data.ts';
import { AMOUNT_MINOR_MAX, type Prepared, type Presentation } from './transaction.ts';
import { TVR_BYTES } from './tvr.ts';

const NAME = 'pre-processing';

export function preProcess(terminal: TerminalData, presentation: Presentation): Result<Prepared, Stop> {
  const limits = limitsOf(terminal.limits, presentation.currency);
  if (limits === undefined) return stop('currency_not_supported', NAME);
  // Book B 3.1.1.4: a zero amount is a status check, which these profiles do not have.
  if (presentation.amountMinor <= 0n || presentation.amountMinor > AMOUNT_MINOR_MAX) {
    return stop('amount_out_of_range', NAME);
  }
  // Book B 3.1.1.5, Book A 5.7.
  if (presentation.amountMinor > limits.transactionLimitMinor) return stop('over_transaction_limit', NAME);
  return accept({
    terminal,
    presentation,
    limits,
    tvr: new Uint8Array(TVR_BYTES),
    cvmResults: new Uint8Array(3),
  });
}
