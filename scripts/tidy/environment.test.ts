// Every environment variable that we read is documented, and every one that is documented is read.
import { expect, test } from 'vitest';
import { files, read, withoutComments } from './repository.ts';

const PAGE = 'docs/operating/environment.md';

const readers = files.filter((file) => /\.(ts|mjs|sh)$|^\.ci\//.test(file) && !file.endsWith('.test.ts'));
const used = new Set(
  readers.flatMap((file) => {
    const source = file.startsWith('.ci/') ? read(file) : withoutComments(read(file));
    const own = source.match(/\bTAPSEAL_[A-Z0-9_]+\b/g) ?? [];
    const direct = [...source.matchAll(/\b(?:process\.)?env(?:\.|\[')([A-Z][A-Z0-9_]*)/g)].map(
      (match) => match[1]!,
    );
    return [...own, ...direct];
  }),
);
const rows = [...read(PAGE).matchAll(/^\|\s*((?:`[A-Z][A-Z0-9_]*`[,\s]*)+)\|/gm)].map((match) => match[1]!);
const documented = new Set(rows.flatMap((names) => names.match(/[A-Z][A-Z0-9_]*/g)!));

test('what is read is documented', () => {
  expect([...used].filter((name) => !documented.has(name))).toEqual([]);
});

test('what is documented is read', () => {
  expect([...documented].filter((name) => !used.has(name))).toEqual([]);
});
