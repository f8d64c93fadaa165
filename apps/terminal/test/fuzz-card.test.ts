/** The short form of the APDU torture: a seed, and what its sequences must reach. */
import { expect, it } from 'vitest';
import { STOP_TABLE } from '../src/kernel/index.ts';
import { fuzzCard } from './fuzz-card.ts';

const SEED = 20261123;

it('4,000 mutated cards end in a named outcome each, and reach every one of them', async () => {
  const report = await fuzzCard({ seed: SEED, count: 4000 });
  expect(report.faults).toEqual([]);
  const total = Object.values(report.ends).reduce((sum, times) => sum + times, 0);
  expect(total).toBe(4000);
  const names = ['online_request', ...STOP_TABLE.map(([reason]) => reason)];
  expect(names.filter((name) => report.ends[name] === 0)).toEqual([]);
});

it('the same seed gives the same ends, another seed others', async () => {
  const first = await fuzzCard({ seed: 1, count: 300 });
  expect(await fuzzCard({ seed: 1, count: 300 })).toEqual(first);
  expect((await fuzzCard({ seed: 2, count: 300 })).ends).not.toEqual(first.ends);
});
