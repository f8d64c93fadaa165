// DES, triple DES and the retail MAC against node:crypto. Its OpenSSL has no single DES: two-key EDE with equal
// halves is single DES.
import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openTestKernel } from '../../src/test-kernel.ts';
import { hex, seededBytes } from './seeded-bytes.ts';

const CASES = 500;
const ZERO = new Uint8Array(8);

function tdes(key: Uint8Array, block: Uint8Array, iv: Uint8Array = ZERO): Uint8Array {
  return createCipheriv('des-ede-cbc', key, iv).setAutoPadding(false).update(block);
}

function twice(half: Uint8Array): Uint8Array {
  return Buffer.concat([half, half]);
}

/** ISO/IEC 9797-1:2011 §7.4: CBC under the first half, the last block under the whole key. */
function retailMac(key: Uint8Array, message: Uint8Array, padding: 1 | 2): Uint8Array {
  const marked = padding === 2 ? Buffer.concat([message, Uint8Array.of(0x80)]) : message;
  const padded = new Uint8Array(Math.max(1, Math.ceil(marked.length / 8)) * 8);
  padded.set(marked);
  let chain: Uint8Array = ZERO;
  for (let at = 0; at < padded.length; at += 8) {
    const last = at + 8 === padded.length;
    chain = tdes(last ? key : twice(key.subarray(0, 8)), padded.subarray(at, at + 8), chain);
  }
  return chain;
}

describe.each(['simd', 'scalar'] as const)('%s build', (build) => {
  const kernel = openTestKernel(build);

  test('DES and triple DES, there and back', () => {
    const random = seededBytes('des');
    for (let i = 0; i < CASES; i++) {
      const [key, block] = [random.bytes(16), random.bytes(8)];
      const single = key.subarray(0, 8);
      const [once, thrice] = [tdes(twice(single), block), tdes(key, block)];
      expect(hex(kernel.desEncrypt(single, block))).toBe(hex(once));
      expect(hex(kernel.desDecrypt(single, once))).toBe(hex(block));
      expect(hex(kernel.tdesEncrypt(key, block))).toBe(hex(thrice));
      expect(hex(kernel.tdesDecrypt(key, thrice))).toBe(hex(block));
    }
  });

  test('every single bit of the block and of the key', () => {
    const random = seededBytes('des bits');
    const key = random.bytes(16);
    for (let bit = 0; bit < 128; bit++) {
      const one = new Uint8Array(16);
      one[bit >> 3] = 1 << (bit & 7);
      expect(hex(kernel.tdesEncrypt(one, ZERO))).toBe(hex(tdes(one, ZERO)));
      if (bit < 64) {
        const block = one.subarray(0, 8);
        expect(hex(kernel.tdesEncrypt(key, block))).toBe(hex(tdes(key, block)));
      }
    }
  });

  test('a parity bit changes nothing', () => {
    const random = seededBytes('des parity');
    const [key, block] = [random.bytes(16), random.bytes(8)];
    const turned = key.map((byte) => byte ^ 1);
    expect(hex(kernel.tdesEncrypt(turned, block))).toBe(hex(kernel.tdesEncrypt(key, block)));
  });

  test('retail MAC with both padding methods, every length from 0 to 66', () => {
    const random = seededBytes('retail mac');
    for (let i = 0; i < CASES; i++) {
      const [key, message] = [random.bytes(16), random.bytes(i % 67)];
      expect(hex(kernel.retailMac(key, message, 1))).toBe(hex(retailMac(key, message, 1)));
      expect(hex(kernel.retailMac(key, message, 2))).toBe(hex(retailMac(key, message, 2)));
      expect(hex(kernel.arqc('tdes', key, message))).toBe(hex(retailMac(key, message, 2)));
    }
  });

  test('odd parity for every byte', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const set = kernel.desSetOddParity(all);
    set.forEach((byte, i) => {
      expect(byte & 0xfe).toBe(i & 0xfe);
      expect(byte.toString(2).replaceAll('0', '').length % 2).toBe(1);
    });
  });
});
