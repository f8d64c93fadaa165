// Small things stay small. A file that is big on purpose (a state machine, one whole table) has a line below with
// its size: it may shrink, and then so does its line.
import { expect, test } from 'vitest';
import { code, isTest, read } from './repository.ts';

const LIMIT = 350;
const TEST_LIMIT = 500;

// File → lines it may have, and why it is one file.
const BIG_ON_PURPOSE: Readonly<Record<string, readonly [lines: number, why: string]>> = {
  'packages/protocol/src/layouts/fields.ts': [400, 'the one reader and writer of all byte layouts'],
  'packages/vse/assembly/crypto/aes-bitsliced.ts': [420, 'the S-box as a circuit, forwards and backwards'],
  'packages/vse/assembly/crypto/field25519.ts': [
    520,
    'ten limbs written out: loops would cost half the speed',
  ],
};

const linesOf = (file: string) => read(file).split('\n').length - 1;
const limitOf = (file: string) => BIG_ON_PURPOSE[file]?.[0] ?? (isTest(file) ? TEST_LIMIT : LIMIT);

test('no file has outgrown its limit', () => {
  const tooBig = code
    .filter((file) => linesOf(file) > limitOf(file))
    .map((file) => `${file}: ${linesOf(file)} lines, ${limitOf(file)} allowed`);
  expect(tooBig).toEqual([]);
});

test('a file that has shrunk gives back what it no longer needs', () => {
  const SLACK = 30;
  const loose = Object.entries(BIG_ON_PURPOSE).filter(([file, [lines]]) => linesOf(file) < lines - SLACK);
  expect(loose).toEqual([]);
});
