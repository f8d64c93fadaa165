import { expect, it } from 'vitest';
import { IccKeyCache } from './icc-key-cache.ts';

const keys = (byte: number) => ({ md: new Uint8Array(16).fill(byte), umd: new Uint8Array(16).fill(byte) });

it('derives once, forgets what was used longest ago, and wipes what it forgets', () => {
  const cache = new IccKeyCache(2);
  const first = keys(1);
  let derived = 0;
  const derive = (made: typeof first) => () => {
    derived++;
    return made;
  };
  cache.get('first', derive(first));
  const second = cache.get('second', derive(keys(2)));
  expect(cache.get('first', derive(keys(9)))).toBe(first);
  cache.get('third', derive(keys(3)));
  expect(derived).toBe(3);
  expect(cache.size).toBe(2);
  expect(second).toEqual(keys(0));
  expect(first).toEqual(keys(1));
  cache.clear();
  expect(first).toEqual(keys(0));
  expect(cache.size).toBe(0);
});
