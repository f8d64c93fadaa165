/**
 * Terminal risk management: EMV 4.4 Book 3 §10.6, as far as contactless has it (EMV Contactless Book C-2 2.11, 7.8):
 * the floor limit. No random selection: the floor limit of docs/profiles.md is zero, so every sale goes to the bank.
 */
import type { CardRead } from './transaction.ts';
import { type TvrBit, withTvrBits } from './tvr.ts';

export function terminalRiskManagement(state: CardRead): CardRead {
  // No key for offline data authentication lives in a phone of these profiles: Book C-2, S456.
  const bits: TvrBit[] = ['offline_data_authentication_not_performed'];
  if (state.presentation.amountMinor > state.limits.floorLimitMinor) bits.push('floor_limit_exceeded');
  return { ...state, tvr: withTvrBits(state.tvr, bits) };
}
