// AES and its modes against node:crypto and noble: random cases, and every length around a block.
import { createCipheriv } from 'node:crypto';
import { aessiv, cmac } from '@noble/ciphers/aes.js';
import { describe, expect, test } from 'vitest';
import { openTestKernel } from '../../src/test-kernel.ts';
import { hex, seededBytes, withBitTurned } from './seeded-bytes.ts';

const CASES = 400;
const KEY_BYTES = [16, 24, 32];

describe.each(['simd', 'scalar'] as const)('%s build', (build) => {
  const kernel = openTestKernel(build);

  test.each(KEY_BYTES)('AES blocks, key of %i bytes', (keyBytes) => {
    const random = seededBytes(`aes ${keyBytes}`);
    for (let i = 0; i < CASES; i++) {
      const key = random.bytes(keyBytes);
      const blocks = random.bytes(16 * random.below(10));
      const cipher = createCipheriv(`aes-${keyBytes * 8}-ecb`, key, null).setAutoPadding(false);
      const expected = Buffer.concat([cipher.update(blocks), cipher.final()]);
      expect(hex(kernel.aesEncrypt(key, blocks))).toBe(hex(expected));
      expect(hex(kernel.aesDecrypt(key, expected))).toBe(hex(blocks));
    }
  });

  test('AES, every value of a byte in every place of a block, there and back', () => {
    const key = seededBytes('every byte').bytes(16);
    const blocks = new Uint8Array(16 * 256 * 16);
    for (let place = 0; place < 16; place++) {
      for (let value = 0; value < 256; value++) blocks[(place * 256 + value) * 16 + place] = value;
    }
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    const encrypted = kernel.aesEncrypt(key, blocks);
    expect(hex(encrypted)).toBe(hex(cipher.update(blocks)));
    expect(hex(kernel.aesDecrypt(key, encrypted))).toBe(hex(blocks));
  });

  test('counter mode, with carries through every byte of the counter', () => {
    const random = seededBytes('ctr');
    for (let i = 0; i < CASES; i++) {
      const key = random.bytes(KEY_BYTES[i % 3]!);
      const counter = random.bytes(16).fill(0xff, i % 17);
      const message = random.bytes(i);
      const expected = createCipheriv(`aes-${key.length * 8}-ctr`, key, counter).update(message);
      expect(hex(kernel.aesCtr(key, counter, message))).toBe(hex(expected));
    }
  });

  test('CMAC, whole and in two parts cut anywhere', () => {
    const random = seededBytes('cmac');
    for (let i = 0; i < CASES; i++) {
      const key = random.bytes(KEY_BYTES[i % 3]!);
      const message = random.bytes(i % 100);
      const expected = hex(cmac(message, key));
      const cut = random.below(message.length + 1);
      expect(hex(kernel.cmac(key, message))).toBe(expected);
      expect(hex(kernel.cmacInParts(key, message.subarray(0, cut), message.subarray(cut)))).toBe(expected);
    }
  });

  test('a cryptogram is the leftmost half of the CMAC', () => {
    const random = seededBytes('arqc open');
    for (let i = 0; i < CASES; i++) {
      const [key, input] = [random.bytes(16), random.bytes(65)];
      expect(hex(kernel.arqc('open', key, input))).toBe(hex(cmac(input, key).subarray(0, 8)));
    }
  });

  describe('SIV', () => {
    test('seals as noble does and opens what it sealed', () => {
      const random = seededBytes('siv');
      for (let i = 0; i < CASES; i++) {
        const key = random.bytes([32, 48, 64][i % 3]!);
        const data = Array.from({ length: i % 5 }, () => random.bytes(random.below(50)));
        const plaintext = random.bytes(i % 90);
        const sealed = kernel.sivSeal(key, data, plaintext);
        expect(hex(sealed)).toBe(hex(aessiv(key, ...data).encrypt(plaintext)));
        expect(hex(kernel.sivOpen(key, data, sealed))).toBe(hex(plaintext));
      }
    });

    test('refuses every turned bit, in the tag, the text, the data and the key', () => {
      const random = seededBytes('siv refusals');
      const [key, data, plaintext] = [random.bytes(32), random.bytes(9), random.bytes(20)];
      const sealed = kernel.sivSeal(key, [data], plaintext);
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        expect(kernel.sivOpen(key, [data], withBitTurned(sealed, bit))).toBeUndefined();
      }
      for (let bit = 0; bit < data.length * 8; bit++) {
        expect(kernel.sivOpen(key, [withBitTurned(data, bit)], sealed)).toBeUndefined();
      }
      for (let bit = 0; bit < key.length * 8; bit++) {
        expect(kernel.sivOpen(withBitTurned(key, bit), [data], sealed)).toBeUndefined();
      }
    });

    test('tells absent data from empty data, and one string from two', () => {
      const random = seededBytes('siv structure');
      const [key, plaintext] = [random.bytes(32), random.bytes(20)];
      const [a, b] = [random.bytes(8), random.bytes(8)];
      const none = kernel.sivSeal(key, [], plaintext);
      expect(kernel.sivOpen(key, [new Uint8Array(0)], none)).toBeUndefined();
      const two = kernel.sivSeal(key, [a, b], plaintext);
      expect(kernel.sivOpen(key, [Buffer.concat([a, b])], two)).toBeUndefined();
      expect(kernel.sivOpen(key, [b, a], two)).toBeUndefined();
    });

    test('refuses what is shorter than a tag', () => {
      const key = seededBytes('siv short').bytes(32);
      expect(kernel.sivOpen(key, [], new Uint8Array(15))).toBeUndefined();
    });

    test('seals and opens over its own input', () => {
      const random = seededBytes('siv in place');
      for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 1000]) {
        const [key, data, plaintext] = [random.bytes(32), random.bytes(9), random.bytes(length)];
        const sealed = kernel.sivSeal(key, [data], plaintext);
        expect(hex(kernel.sivSealInPlace(key, [data], plaintext))).toBe(hex(sealed));
        expect(hex(kernel.sivOpenInPlace(key, [data], sealed))).toBe(hex(plaintext));
      }
    });

    test('leaves no plaintext behind a refusal', () => {
      const random = seededBytes('siv wipe');
      const [key, plaintext] = [random.bytes(32), random.bytes(40)];
      const sealed = withBitTurned(kernel.sivSeal(key, [], plaintext), 0);
      expect(kernel.sivOpen(key, [], sealed)).toBeUndefined();
      expect(hex(kernel.peekAnswer(40))).toBe('00'.repeat(40));
    });

    test('256 KB, the largest state', () => {
      const random = seededBytes('siv large');
      const [key, data, plaintext] = [random.bytes(32), random.bytes(40), random.bytes(256 * 1024)];
      const sealed = kernel.sivSeal(key, [data], plaintext);
      expect(hex(sealed)).toBe(hex(aessiv(key, data).encrypt(plaintext)));
      expect(hex(kernel.sivOpen(key, [data], sealed))).toBe(hex(plaintext));
    });
  });

  describe('GCM', () => {
    function byNode(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, plaintext: Uint8Array): Uint8Array {
      const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(data);
      return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    }

    test('seals as node:crypto does and opens what it sealed', () => {
      const random = seededBytes('gcm');
      for (let i = 0; i < CASES; i++) {
        const [key, nonce] = [random.bytes(16), random.bytes(12)];
        const [data, plaintext] = [random.bytes(random.below(50)), random.bytes(i % 90)];
        const sealed = byNode(key, nonce, data, plaintext);
        expect(hex(kernel.gcmSeal(key, nonce, data, plaintext))).toBe(hex(sealed));
        expect(hex(kernel.gcmOpen(key, nonce, data, sealed))).toBe(hex(plaintext));
      }
    });

    test('refuses every turned bit, in the tag, the text, the data and the nonce', () => {
      const random = seededBytes('gcm refusals');
      const [key, nonce, data] = [random.bytes(16), random.bytes(12), random.bytes(9)];
      const sealed = kernel.gcmSeal(key, nonce, data, random.bytes(20));
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        expect(kernel.gcmOpen(key, nonce, data, withBitTurned(sealed, bit))).toBeUndefined();
      }
      for (let bit = 0; bit < data.length * 8; bit++) {
        expect(kernel.gcmOpen(key, nonce, withBitTurned(data, bit), sealed)).toBeUndefined();
      }
      for (let bit = 0; bit < nonce.length * 8; bit++) {
        expect(kernel.gcmOpen(key, withBitTurned(nonce, bit), data, sealed)).toBeUndefined();
      }
      expect(kernel.gcmOpen(key, nonce, data, sealed.subarray(0, 15))).toBeUndefined();
    });
  });
});
