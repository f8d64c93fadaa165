// A vector without a source proves nothing: each file of vectors/ says what it is and where its values come from.
import { expect, test } from 'vitest';
import { files, readJson } from './repository.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type VectorFile = {
  readonly about?: string;
  readonly source?: Json;
  readonly sources?: Readonly<Record<string, string>>;
};

const vectorFiles = files.filter((file) => /^vectors\/.*\.json$/.test(file));

/** Every `source` below the top level. */
function sourcesNamed(value: Json): string[] {
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap(sourcesNamed);
  return Object.entries(value as Record<string, Json>).flatMap(([name, inner]) =>
    name === 'source' && typeof inner === 'string' ? [inner] : sourcesNamed(inner),
  );
}

test('there are vectors', () => {
  expect(vectorFiles).toContain('vectors/emv-symmetric.json');
});

test.each(vectorFiles)('%s says what it is and names its sources', (file) => {
  const content = readJson<VectorFile>(file);
  expect(content.about, 'about').toMatch(/\w+ \w+/);
  const sources = content.sources ?? content.source;
  expect(sources, 'source or sources').toBeTruthy();
  expect(JSON.stringify(sources).length).toBeGreaterThan(4);
});

test.each(vectorFiles)('%s: a source that a case names is one of the list', (file) => {
  const { sources, ...rest } = readJson<VectorFile>(file);
  if (sources === undefined) return;
  const listed = Object.keys(sources);
  const unknown = sourcesNamed(rest as Json)
    .flatMap((name) => name.split(/[,\s+]+/))
    .filter((name) => !listed.includes(name));
  expect([...new Set(unknown)]).toEqual([]);
});
