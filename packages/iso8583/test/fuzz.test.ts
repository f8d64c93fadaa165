/** The short form of the fuzz: 20,000 frames from one seed; torture runs more. */
import { expect, test } from 'vitest';
import { FRAME_REASONS, PRESENCE_REASONS, UNPACK_REASONS } from '../src/index.ts';
import { fuzzFrames } from './fuzz.ts';

const COUNT = 20_000;

test('20,000 mutated frames: every rule holds, and every refusal is met', () => {
  const report = fuzzFrames({ seed: 8583, count: COUNT });
  const met = Object.keys(report.refusals);
  // `validate` sees messages that unpack has taken: types and fields are known by then.
  const presence = PRESENCE_REASONS.filter(
    (reason) => reason !== 'mti_unknown' && reason !== 'field_unknown',
  );
  expect(new Set(met)).toEqual(new Set([...UNPACK_REASONS, ...FRAME_REASONS, ...presence]));
  expect(report.accepted).toBeGreaterThan(COUNT / 100);
  expect(report.answered).toBeGreaterThan(COUNT / 10);
});

test('the same seed gives the same report, another seed another', () => {
  const report = fuzzFrames({ seed: 1, count: 500 });
  expect(fuzzFrames({ seed: 1, count: 500 })).toEqual(report);
  expect(fuzzFrames({ seed: 2, count: 500 }).refusals).not.toEqual(report.refusals);
});
