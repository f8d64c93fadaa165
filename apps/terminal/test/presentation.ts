/** A sale at a fixed time, for tests. */
import { fromHex } from '@tapseal/emv/data';
import type { Presentation } from '../src/kernel/index.ts';

export function sgd(amountMinor: bigint, change: Partial<Presentation> = {}): Presentation {
  return {
    amountMinor,
    currency: 'SGD',
    date: '261123',
    time: '201530',
    unpredictableNumber: fromHex('1A2B3C4D'),
    ...change,
  };
}
