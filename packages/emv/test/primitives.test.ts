import { createCipheriv, createDecipheriv } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cmac as nobleCmac } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arpcMethod1,
  cmac,
  cmacUnder,
  commonSessionKey,
  concat,
  cvv,
  dcvv,
  encryptCbc,
  encryptEcb,
  equalConstantTime,
  fromHex,
  hasOddParity,
  iccMasterKey,
  keyCheckValue,
  type MacPadding,
  Pan,
  padForMac,
  parseHex,
  retailMac,
  setOddParity,
  toHex,
  wipe,
} from '../src/index.ts';

const sized = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('AES-CMAC', () => {
  it('is what noble computes, for every length and key size', () => {
    fc.assert(
      fc.property(fc.constantFrom(16, 24, 32), fc.uint8Array({ maxLength: 100 }), (size, message) => {
        const key = new Uint8Array(size).map((_, i) => i * 7 + size);
        const expected = toHex(nobleCmac(message, key));
        expect(toHex(cmac('AES', key, message))).toBe(expected);
        expect(toHex(cmacUnder('AES', key)(message))).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe('retail MAC', () => {
  /** Block by block, as ISO/IEC 9797-1 writes algorithm 3: another way to the same value. */
  function byTheBook(key: Uint8Array, message: Uint8Array, padding: MacPadding): string {
    const des = (half: Uint8Array, block: Uint8Array) =>
      Uint8Array.from(createCipheriv('des-ede3', concat(half, half, half), null).update(block));
    const inverse = (half: Uint8Array, block: Uint8Array) => {
      const decipher = createDecipheriv('des-ede3', concat(half, half, half), null).setAutoPadding(false);
      return Uint8Array.from(Buffer.concat([decipher.update(block), decipher.final()]));
    };
    const [left, right] = [key.subarray(0, 8), key.subarray(8)];
    const padded = padForMac(message, padding, 8);
    let chain: Uint8Array = new Uint8Array(8);
    for (let at = 0; at < padded.length; at += 8) {
      chain = des(
        left,
        chain.map((byte, i) => byte ^ padded[at + i]!),
      );
    }
    return toHex(des(left, inverse(right, chain)));
  }

  it('is algorithm 3 step by step, for every length and padding', () => {
    fc.assert(
      fc.property(
        sized(16),
        fc.uint8Array({ maxLength: 70 }),
        fc.constantFrom<MacPadding>('method-1', 'method-2', 'method-3'),
        (key, message, padding) => {
          expect(toHex(retailMac(key, message, padding))).toBe(byTheBook(key, message, padding));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('takes whole blocks only where nothing is padded', () => {
    const key = new Uint8Array(16);
    expect(() => retailMac(key, new Uint8Array(7), 'none')).toThrow(TypeError);
    expect(() => retailMac(key, new Uint8Array(0), 'none')).toThrow(TypeError);
    expect(() => retailMac(new Uint8Array(24), new Uint8Array(8), 'none')).toThrow(TypeError);
  });
});

describe('padding, ISO/IEC 9797-1 §6.3', () => {
  // biome-ignore format: a table
  it.each<[MacPadding, string, string]>([
    ['method-1', '',                 '0000000000000000'],
    ['method-1', '01',               '0100000000000000'],
    ['method-1', '0102030405060708', '0102030405060708'],
    ['method-2', '',                 '8000000000000000'],
    ['method-2', '01',               '0180000000000000'],
    ['method-2', '0102030405060708', '01020304050607088000000000000000'],
    ['method-3', '',                 '00000000000000000000000000000000'],
    ['method-3', '01',               '00000000000000080100000000000000'],
    ['none',     '01',               '01'],
  ])('%s of "%s"', (padding, message, padded) => {
    expect(toHex(padForMac(fromHex(message), padding, 8))).toBe(padded);
  });
});

describe('keys', () => {
  it('get odd parity without losing a key bit', () => {
    fc.assert(
      fc.property(sized(16), (key) => {
        const adjusted = setOddParity(Uint8Array.from(key));
        expect(hasOddParity(adjusted)).toBe(true);
        expect(adjusted.every((byte, i) => (byte & 0xfe) === (key[i]! & 0xfe))).toBe(true);
        for (const byte of adjusted) expect(byte.toString(2).replaceAll('0', '').length % 2).toBe(1);
      }),
    );
    expect(hasOddParity(fromHex('00'))).toBe(false);
  });

  it('have a check value for each method', () => {
    const key = fromHex('2B7E151628AED2A6ABF7158809CF4F3C');
    expect(toHex(keyCheckValue('AES', key))).toBe('7DF76B');
    expect(toHex(keyCheckValue('AES', key, 5, 'cmac'))).toBe(
      toHex(cmac('AES', key, new Uint8Array(16)).slice(0, 5)),
    );
  });

  it('derived for 3DES carry odd parity, master and session', () => {
    fc.assert(
      fc.property(sized(16), fc.stringMatching(/^[0-9]{13,19}$/), sized(2), (imk, digits, atc) => {
        const pan = Pan.parse(digits)!;
        for (const option of ['A', 'B'] as const) {
          const mk = iccMasterKey({ option, imk, pan, psn: '01' });
          expect(hasOddParity(mk)).toBe(true);
          expect(hasOddParity(commonSessionKey('3DES', mk, atc))).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('of a wrong length are a bug, told without the key', () => {
    const pan = Pan.parse('1234567890123456')!;
    const calls = [
      () => iccMasterKey({ option: 'A', imk: new Uint8Array(24), pan }),
      () => iccMasterKey({ option: 'A', imk: new Uint8Array(16), pan, psn: '1' }),
      () => iccMasterKey({ option: 'C', imk: new Uint8Array(15), pan }),
      () => commonSessionKey('AES', new Uint8Array(16), new Uint8Array(17)),
      () => encryptEcb('AES', new Uint8Array(16), new Uint8Array(15)),
      () => encryptCbc('3DES', new Uint8Array(9)),
    ];
    for (const call of calls) expect(call).toThrow(TypeError);
  });

  it('AES session keys of 192 and 256 bits come from two blocks (Book 2 A1.3.1)', () => {
    const mk = new Uint8Array(32).map((_, i) => i);
    const r = fromHex('0001');
    const block = (third: string) => fromHex(`0001${third}${'00'.repeat(13)}`);
    const both = concat(encryptEcb('AES', mk, block('F0')), encryptEcb('AES', mk, block('0F')));
    expect(toHex(commonSessionKey('AES', mk, r))).toBe(toHex(both));
    const mk24 = mk.slice(0, 24);
    const two = concat(encryptEcb('AES', mk24, block('F0')), encryptEcb('AES', mk24, block('0F')));
    expect(toHex(commonSessionKey('AES', mk24, r))).toBe(toHex(two.slice(0, 24)));
  });

  it('are compared by all their bytes and wiped to zeros', () => {
    const [a, b] = [fromHex('0102'), fromHex('0103')];
    expect(equalConstantTime(a, fromHex('0102'))).toBe(true);
    expect(equalConstantTime(a, b)).toBe(false);
    expect(equalConstantTime(a, fromHex('010200'))).toBe(false);
    wipe(a, b);
    expect(toHex(concat(a, b))).toBe('00000000');
  });
});

describe('ARPC method 1 with AES (Book 2 §8.2.1)', () => {
  it('encrypts ARQC xor ARC, filled with zeros, and takes the leftmost 8 bytes', () => {
    const key = fromHex('2B7E151628AED2A6ABF7158809CF4F3C');
    const block = fromHex('21324455667788990000000000000000');
    const expected = toHex(encryptEcb('AES', key, block)).slice(0, 16);
    expect(toHex(arpcMethod1('AES', key, fromHex('1122445566778899'), fromHex('3010')))).toBe(expected);
  });
});

describe('card verification values', () => {
  const key = fromHex('0123456789ABCDEFFEDCBA9876543210');
  const card = { key, pan: Pan.parse('4123456789012345')!, expiry: '8701', serviceCode: '101' };

  it('CVV of the worked example', () => {
    expect(cvv(card)).toBe('561');
  });

  it('dCVV is the CVV of the PAN with the counter, four digits, over its first four', () => {
    const overlaid = Pan.parse('0094456789012345')!;
    const pan = Pan.parse('4123456789012345')!;
    expect(dcvv({ ...card, pan, atc: 94 })).toBe(cvv({ ...card, pan: overlaid }));
    expect(dcvv({ ...card, pan, atc: 60_094 })).toBe(cvv({ ...card, pan: overlaid }));
    expect(dcvv({ ...card, pan, atc: 95 })).not.toBe(dcvv({ ...card, pan, atc: 94 }));
  });
});

describe('hex', () => {
  it('takes whole bytes of either case and nothing else', () => {
    expect(parseHex('0aF9')).toEqual(Uint8Array.of(0x0a, 0xf9));
    for (const text of ['0', '0g', ' 0', '0x00', '０0']) expect(parseHex(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });
});

it('the data part asks for nothing that a browser does not have', () => {
  const folder = new URL('../src/data/', import.meta.url);
  for (const name of readdirSync(folder)) {
    const source = readFileSync(new URL(name, folder), 'utf8');
    const imports = [...source.matchAll(/from '([^']+)'/g)].map((match) => match[1]!);
    expect(imports.filter((path) => !/^\.\/[a-z0-9-]+\.ts$/.test(path))).toEqual([]);
    expect(source).not.toMatch(/\b(Buffer|process)\.|\brequire\(/);
  }
});
