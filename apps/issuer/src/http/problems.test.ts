import { readFileSync } from 'node:fs';
import { Problem } from '@tapseal/protocol';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { PROBLEMS } from './problems.ts';

it('the README lists every refusal, in the same order', () => {
  const page = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.+) \|$/gm)].map(([, name, status, title]) => [
    name,
    { status: Number(status), title },
  ]);
  expect(rows).toEqual(Object.entries(PROBLEMS));
});

it('every refusal makes a problem that the schema accepts', () => {
  for (const [name, { status, title }] of Object.entries(PROBLEMS)) {
    expect(Value.Check(Problem, { type: `urn:tapseal:problem:${name}`, status, title }), name).toBe(true);
  }
});
