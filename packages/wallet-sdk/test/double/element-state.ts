// What is durable in the element's double.
import { type LogRecord, receipt } from './messages.ts';

export interface DoubleToken {
  readonly profile: 'open' | 'tdes';
  readonly lastFour: string;
  readonly sets: number[];
  readonly log: (LogRecord & { outcome?: { approved: boolean; de39: string } })[];
  acknowledged: number;
  highestAtc: number;
}

export interface ElementState {
  lastBundle: number;
  lastReceipt: Uint8Array;
  uplinkNumber: number;
  selected: string | undefined;
  /** The next write does not reach the disk: as in the real element, nothing works any more after that. */
  failNextWrite: Error | undefined;
  readonly tokens: Map<string, DoubleToken>;
}

export function newElementState(): ElementState {
  return {
    lastBundle: 0,
    lastReceipt: receipt(0, 0),
    uplinkNumber: 0,
    selected: undefined,
    failNextWrite: undefined,
    tokens: new Map(),
  };
}
