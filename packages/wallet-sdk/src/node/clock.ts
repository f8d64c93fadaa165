// The machine's clock.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
};
