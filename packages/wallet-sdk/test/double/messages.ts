// What the doubles say to each other in place of sealed bundles and uplinks: JSON, readable in a failing test. Real
// bundles are opened by the kernel's own tests and by the simulation.
import type { HistoryEntry } from '../../src/index.ts';

export type BundleRecord =
  | {
      readonly type: 'token';
      readonly tokenId: string;
      readonly profile: 'open' | 'tdes';
      readonly lastFour: string;
    }
  | { readonly type: 'keySets'; readonly tokenId: string; readonly atcs: readonly number[] }
  | { readonly type: 'logAcknowledged'; readonly tokenId: string; readonly seq: number }
  | {
      readonly type: 'outcomes';
      readonly tokenId: string;
      readonly outcomes: readonly {
        readonly atc: number;
        readonly approved: boolean;
        readonly de39: string;
      }[];
    };

export interface Bundle {
  readonly number: number;
  readonly records: readonly BundleRecord[];
}

export type LogStatus = 'armed_or_unknown' | 'arqc' | 'aac' | 'burnt';

export interface LogRecord {
  readonly seq: number;
  readonly atc: number;
  readonly status: LogStatus;
  readonly amountMinor: string;
}

export type Uplink =
  | { readonly number: number; readonly kind: 'pin'; readonly boundId: string; readonly pin: string }
  | {
      readonly number: number;
      readonly kind: 'log';
      readonly tokenId: string;
      readonly records: readonly LogRecord[];
    };

export function encode(message: Bundle | Uplink): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

export function decode<T extends Bundle | Uplink>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}

/** 178 bytes, with the fields that the wallet and the double bank look at in their places (docs/layouts.md §2). */
export function receipt(bundleNumber: number, status: number): Uint8Array {
  const bytes = new Uint8Array(178);
  bytes.set(new TextEncoder().encode('TSRC'));
  new DataView(bytes.buffer).setBigUint64(22, BigInt(bundleNumber));
  new DataView(bytes.buffer).setUint32(70, status);
  return bytes;
}

export function receiptNumber(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(22));
}

export function outcomeOf(
  status: LogStatus,
  decided?: { readonly approved: boolean },
): HistoryEntry['outcome'] {
  if (decided !== undefined) return decided.approved ? 'approved' : 'declined';
  return status === 'arqc' ? 'presented' : 'unknown';
}
