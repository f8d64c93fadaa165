// Stale is what differs in content: from its inputs, or from what the last build wrote.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildStale, type Target } from './build.ts';

const copy: Target = {
  name: 'copy',
  inputs: ['source/**/*.txt', 'copy.mjs'],
  command: ['copy.mjs'],
  outputs: ['out.txt'],
};
let root: string;
const build = (target = copy) => buildStale(root, [target], () => {});
const write = (file: string, text: string) => writeFileSync(join(root, file), text);

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tapseal-build-'));
  mkdirSync(join(root, 'source/deep'), { recursive: true });
  write('source/deep/a.txt', 'one');
  write('copy.mjs', `import { cpSync } from 'node:fs'; cpSync('source/deep/a.txt', 'out.txt');`);
  expect(await build()).toEqual(['copy']);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('nothing changed, only touched: not built', async () => {
  utimesSync(join(root, 'source/deep/a.txt'), new Date(), new Date());
  expect(await build()).toEqual([]);
});

test.each<[string, () => void]>([
  ['an input changed', () => write('source/deep/a.txt', 'two')],
  ['an input appeared', () => write('source/b.txt', 'new')],
  [
    'the builder changed',
    () => write('copy.mjs', `${readFileSync(join(root, 'copy.mjs'), 'utf8')} // changed`),
  ],
  ['the output was deleted', () => rmSync(join(root, 'out.txt'))],
  ['the output was changed by hand', () => write('out.txt', 'patched')],
])('%s: built', async (_name, change) => {
  change();
  expect(await build()).toEqual(['copy']);
  expect(readFileSync(join(root, 'out.txt'), 'utf8')).toBe(
    readFileSync(join(root, 'source/deep/a.txt'), 'utf8'),
  );
  expect(await build()).toEqual([]);
});

test('a failed build is an error, and is tried again', async () => {
  write('copy.mjs', 'process.exit(3);');
  await expect(build()).rejects.toThrow('building the copy failed');
  await expect(build()).rejects.toThrow('building the copy failed');
});

test('a builder that does not write what it says is an error', async () => {
  await expect(build({ ...copy, outputs: ['out.txt', 'other.txt'] })).rejects.toThrow(
    'did not write other.txt',
  );
});
