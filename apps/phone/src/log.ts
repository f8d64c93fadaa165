// The phone's log: one JSON line an event, with fields from a closed list. There is no free text, so there is no place
// where a token, a PIN or a key could slip in.
import type { Clock, WalletEvent } from '@tapseal/wallet-sdk';

export interface LogFields {
  readonly atc?: number;
  readonly bundles?: number;
  readonly keySets?: number;
  readonly logRecords?: number;
  readonly port?: number;
  /** A refusal's name. */
  readonly reason?: string;
  readonly status?: number;
  /** The token's UUID, never its digits. */
  readonly tokenId?: string;
  readonly up?: boolean;
}

export type Log = (event: string, fields: LogFields) => void;

export function jsonLog(clock: Clock, write: (line: string) => void): Log {
  return (event, fields) =>
    write(`${JSON.stringify({ time: new Date(clock.nowMs()).toISOString(), event, ...fields })}\n`);
}

export function logWalletEvent(log: Log, event: WalletEvent): void {
  log(...line(event));
}

function line(event: WalletEvent): [event: string, fields: LogFields] {
  switch (event.event) {
    case 'enrolled':
      return ['enrolled', {}];
    case 'digitised':
      return ['digitised', { tokenId: event.tokenId, reason: event.decision }];
    case 'armed':
      return ['armed', { atc: event.atc, keySets: event.keySetsLeft }];
    case 'presented':
      return ['presented', { tokenId: event.tokenId, atc: event.tap.atc }];
    case 'keysLow':
      return ['keys_low', { tokenId: event.tokenId, keySets: event.keySetsLive }];
    case 'bundleApplied':
      return ['bundle_applied', {}];
    case 'bundleRefused':
      return ['bundle_refused', { status: event.status }];
    case 'synced':
      return ['synced', { bundles: event.bundles, logRecords: event.logRecords }];
  }
}
