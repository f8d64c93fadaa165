// The whole bank from one seed: its books agree, and the seed decides everything that was noted.
import { expect, it } from 'vitest';
import { simulate } from '../src/simulated-days.ts';

it('three days of four phones: one seed, one history, and the books agree', async () => {
  const history = async (seed: number) => {
    const outcomes: (readonly [string, number])[] = [];
    const onDay = (day: { outcomes: ReadonlyMap<string, number> }) => outcomes.push(...day.outcomes);
    return { ...(await simulate({ seed, phones: 4, days: 3, onDay })), outcomes };
  };
  const first = await history(7);
  expect(first.broken).toEqual([]);
  expect(first.taps).toBeGreaterThan(10);
  expect(first.outcomes.reduce((sum, [, count]) => sum + count, 0)).toBe(first.taps);
  expect(first.reconciliation.matched).toBeGreaterThan(10);
  expect(await history(7)).toEqual(first);
  expect((await history(8)).digest).not.toBe(first.digest);
});
