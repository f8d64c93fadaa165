// contract.ts and assembly/ are two lists of the same numbers.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMAND, PAYMENT_REFUSALS, PAYMENT_UUID } from '../contract.ts';

const source = (name: string) => readFileSync(new URL(`../assembly/${name}`, import.meta.url), 'utf8');

it('refusals', () => {
  const inside = [...source('refusals.ts').matchAll(/export const (\w+): u32 = (0x[0-9a-f]+);/g)];
  expect(Object.fromEntries(inside.map(([, name, value]) => [Number(value), name!.toLowerCase()]))).toEqual(
    PAYMENT_REFUSALS,
  );
});

it('commands', () => {
  const inside = [...source('index.ts').matchAll(/^const ([A-Z_]+): u32 = (0x[0-9a-f]{2});/gm)];
  const camel = (name: string) => name.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  expect(Object.fromEntries(inside.map(([, name, value]) => [camel(name!), Number(value)]))).toEqual(COMMAND);
});

it('UUID', () => {
  const [, list] = /memory\.data<u8>\(\[([^\]]+)\]\)/.exec(source('kernel-with-payment.ts'))!;
  expect(
    list!
      .split(',')
      .map((byte) => byte.trim())
      .filter(Boolean)
      .map(Number),
  ).toEqual([...PAYMENT_UUID]);
});
