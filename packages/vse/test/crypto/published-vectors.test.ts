import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type VectorCase, vseRunner } from '../../src/vectors.ts';

const FILES = [
  'vse-ciphers.json',
  'vse-hashes.json',
  'vse-curves.json',
  'mac-published.json',
  'emv-symmetric.json',
];

function casesOf(file: string): (readonly [name: string, vector: VectorCase])[] {
  const path = new URL(`../../../../vectors/${file}`, import.meta.url);
  const content = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  return Object.entries(content).flatMap(([section, list]) =>
    Array.isArray(list) ? list.map((vector) => [`${section}/${vector.id}`, vector] as const) : [],
  );
}

describe.each(FILES)('vectors/%s', (file) => {
  const cases = casesOf(file).map(([name, vector]) => [name, vector, vseRunner.run('', vector)] as const);

  test('every case of ours has a known shape', () => {
    const unknown = cases.filter(([, , result]) => result === undefined).map(([name]) => name);
    if (file.startsWith('vse-')) expect(unknown).toEqual([]);
    expect(unknown.length).toBeLessThan(cases.length);
  });

  test.each(cases.filter(([, , result]) => result !== undefined))('%s', (_name, _vector, result) => {
    expect(result!.malformed).toBeUndefined();
    expect(result!.checks.length).toBeGreaterThanOrEqual(2);
    expect(result!.checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('the runner says no', () => {
  const [, vector] = casesOf('vse-ciphers.json')[0]!;

  test('to a wrong expectation', () => {
    const wrong = { ...vector, ciphertext: '00'.repeat(16) };
    expect(vseRunner.run('', wrong)!.checks.some(({ ok }) => !ok)).toBe(true);
  });

  test.each([
    ['a key of no known length', { ...vector, key: '00' }],
    ['what is not hex', { ...vector, key: 'key' }],
    ['a MAC of nothing', { algorithm: 'ISO 9797-1 alg 3, P80', key: '00'.repeat(16), data: '', mac: '' }],
    ['both data and ascii', { hash: 'SHA-1', data: '', ascii: '', digest: '' }],
    ['a hash it does not have', { hash: 'MD5', data: '', digest: '' }],
  ])('to %s, by name', (_name, malformed) => {
    expect(vseRunner.run('', malformed)!.malformed).toMatch(/\w+ \w+/);
  });

  test('to a field that no shape knows', () => {
    expect(vseRunner.run('', { ...vector, surprise: '00' })).toBeUndefined();
  });
});
