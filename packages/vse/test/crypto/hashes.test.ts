// Hashes, HMAC, HKDF and the generator against node:crypto.
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openTestKernel } from '../../src/test-kernel.ts';
import { hex, seededBytes } from './seeded-bytes.ts';

const CASES = 300;

describe.each(['simd', 'scalar'] as const)('%s build', (build) => {
  const kernel = openTestKernel(build);

  test.each(['sha1', 'sha256', 'sha512'] as const)('%s, every length to 300 and a long one', (name) => {
    const random = seededBytes(name);
    for (const length of [...Array(CASES).keys(), 200_000]) {
      const message = random.bytes(length);
      expect(hex(kernel[name](message))).toBe(hex(createHash(name).update(message).digest()));
    }
  });

  test('SHA-256 in two parts, cut anywhere', () => {
    const message = seededBytes('sha256 parts').bytes(200);
    const expected = hex(createHash('sha256').update(message).digest());
    for (let cut = 0; cut <= message.length; cut++) {
      expect(hex(kernel.sha256InParts(message.subarray(0, cut), message.subarray(cut)))).toBe(expected);
    }
  });

  test('HMAC with keys shorter and longer than a block', () => {
    const random = seededBytes('hmac');
    for (let i = 0; i < CASES; i++) {
      const [key, message] = [random.bytes(i % 140), random.bytes(random.below(200))];
      expect(hex(kernel.hmacSha256(key, message))).toBe(
        hex(createHmac('sha256', key).update(message).digest()),
      );
      expect(hex(kernel.hmacSha1(key, message))).toBe(hex(createHmac('sha1', key).update(message).digest()));
    }
  });

  test('HKDF, and its limit of 255 blocks', () => {
    const random = seededBytes('hkdf');
    for (let i = 0; i < CASES; i++) {
      const [salt, ikm, info] = [random.bytes(i % 70), random.bytes(32), random.bytes(random.below(80))];
      const length = 1 + random.below(200);
      const prk = kernel.hkdfExtract(salt, ikm);
      const expected = new Uint8Array(hkdfSync('sha256', ikm, salt, info, length));
      expect(hex(kernel.hkdfExpand(prk, info, length))).toBe(hex(expected));
    }
    const prk = random.bytes(32);
    expect(kernel.hkdfExpand(prk, new Uint8Array(0), 255 * 32)).toHaveLength(255 * 32);
    expect(kernel.hkdfExpand(prk, new Uint8Array(0), 255 * 32 + 1)).toBeUndefined();
  });

  describe('HMAC_DRBG', () => {
    test('as SP 800-90A §10.1.2 over node:crypto, with reseeds and additional input', () => {
      const random = seededBytes('drbg');
      for (let i = 0; i < 40; i++) {
        const [entropy, nonce, personalisation] = [random.bytes(32), random.bytes(16), random.bytes(i % 30)];
        const reference = new ReferenceDrbg(entropy, nonce, personalisation);
        kernel.drbgInstantiate(entropy, nonce, personalisation);
        for (let step = 0; step < 6; step++) {
          const additional = random.bytes(random.below(2) * random.below(40));
          if (random.below(3) === 0) {
            const fresh = random.bytes(32);
            reference.reseed(fresh, additional);
            kernel.drbgReseed(fresh, additional);
          }
          const length = random.below(100);
          expect(hex(kernel.drbgGenerate(length, additional))).toBe(
            hex(reference.generate(length, additional)),
          );
        }
      }
    });

    test('refuses more than 65,536 bytes at once, and goes on afterwards', () => {
      const random = seededBytes('drbg limit');
      const [entropy, nonce] = [random.bytes(32), random.bytes(16)];
      kernel.drbgInstantiate(entropy, nonce);
      expect(kernel.drbgGenerate(65_537)).toBeUndefined();
      const reference = new ReferenceDrbg(entropy, nonce, new Uint8Array(0));
      expect(hex(kernel.drbgGenerate(65_536))).toBe(hex(reference.generate(65_536, new Uint8Array(0))));
    });

    test('asks for a reseed after 2^48 requests, and serves again once it has one', () => {
      kernel.drbgInstantiate(new Uint8Array(32), new Uint8Array(16));
      kernel.drbgSetRequests(2n ** 48n);
      expect(kernel.drbgGenerate(16)).toHaveLength(16);
      expect(kernel.drbgGenerate(16)).toBeUndefined();
      kernel.drbgReseed(new Uint8Array(32));
      expect(kernel.drbgGenerate(16)).toHaveLength(16);
    });
  });
});

/** The text of SP 800-90A Rev. 1 §10.1.2, slowly. */
class ReferenceDrbg {
  #key: Uint8Array = new Uint8Array(32);
  #v: Uint8Array = new Uint8Array(32).fill(1);

  constructor(...seed: Uint8Array[]) {
    this.#update(Buffer.concat(seed));
  }

  reseed(...seed: Uint8Array[]): void {
    this.#update(Buffer.concat(seed));
  }

  generate(length: number, additional: Uint8Array): Uint8Array {
    if (additional.length > 0) this.#update(additional);
    const out: Uint8Array[] = [];
    for (let done = 0; done < length; done += 32) {
      this.#v = this.#hmac(this.#v);
      out.push(this.#v);
    }
    this.#update(additional);
    return Buffer.concat(out).subarray(0, length);
  }

  #update(provided: Uint8Array): void {
    for (const separator of provided.length > 0 ? [0, 1] : [0]) {
      this.#key = this.#hmac(Buffer.concat([this.#v, Uint8Array.of(separator), provided]));
      this.#v = this.#hmac(this.#v);
    }
  }

  #hmac(message: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#key).update(message).digest();
  }
}
