/**
 * Clock and entropy of this machine: what the composition roots hand to everything else. A host adapter.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export function systemRandom(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}

/** Local time of Singapore, where the demonstration's merchant is: UTC+8 all year. */
export const DEMONSTRATION_UTC_OFFSET_MINUTES = 8 * 60;
