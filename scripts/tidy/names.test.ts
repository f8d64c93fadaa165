// Could a stranger find this file by guessing its name?
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { code, files, isTest, occurrences, read, withoutComments } from './repository.ts';

test('no file or folder is called utils, common, helpers or core', () => {
  const vague = /^(utils?|common|helpers?|core|misc)$/;
  const wrong = files.filter((file) => file.split('/').some((part) => vague.test(part.replace(/\..*$/, ''))));
  expect(wrong).toEqual([]);
});

test('code files are named in kebab-case', () => {
  const wrong = code.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)+$/.test(posix.basename(file)));
  expect(wrong).toEqual([]);
});

test('every code file opens with what it is; lists of exports may speak for themselves', () => {
  const wrong = code.filter(
    (file) =>
      !isTest(file) &&
      posix.basename(file) !== 'index.ts' &&
      !/^(#![^\n]*\n)?\s*(\/\/|\/\*|import \{ defineConfig)/.test(read(file)),
  );
  expect(wrong).toEqual([]);
});

test('a test that is skipped says why: by skip(condition, reason) in its body', () => {
  const silent = /\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo|only)\b/g;
  const wrong = code
    .filter((file) => isTest(file) && file !== 'scripts/tally.test.ts')
    .flatMap((file) => occurrences(file, silent, withoutComments(read(file))));
  expect(wrong).toEqual([]);
});

test('nothing names the machine that it was written on, or a registry', () => {
  const paths =
    /\/(?:work|old_root|farm)\/[\w.]+|\/root\/\w+|\/home\/\w+|\/Users\/\w+|\b[\w.-]*(?:registry|artifactory|verdaccio|nexus)\.[\w-]+\.[a-z]{2,}/g;
  const text = files.filter((file) => /\.(ts|mts|mjs|json|md|sql|sh|yml|yaml)$|^\.ci\/|^\.npmrc$/.test(file));
  const wrong = text
    .filter((file) => !file.startsWith('vectors/'))
    .flatMap((file) => occurrences(file, paths));
  expect(wrong).toEqual([]);
});
