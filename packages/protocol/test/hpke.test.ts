/** What HPKE leaves behind: keys and messages are copied for the library, and the copies are wiped. */

import { generateKeyPairSync } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { hpkeOpen, hpkeSeal } from '../src/layouts/hpke.ts';

afterEach(() => vi.restoreAllMocks());

const binding = { info: Uint8Array.of(1), aad: Uint8Array.of(2) };
const message = Uint8Array.from({ length: 48 }, (_, index) => index + 1);

function pair(): { publicKey: Uint8Array; privateKey: Uint8Array } {
  const made = generateKeyPairSync('x25519');
  const raw = (part: 'x' | 'd') =>
    new Uint8Array(Buffer.from(made.privateKey.export({ format: 'jwk' })[part]!, 'base64url'));
  return { publicKey: raw('x'), privateKey: raw('d') };
}

/** Whatever Web Cryptography was given, by reference. */
function given(method: 'encrypt' | 'importKey'): Uint8Array[] {
  const seen: Uint8Array[] = [];
  const original = crypto.subtle[method].bind(crypto.subtle) as (...all: unknown[]) => Promise<never>;
  vi.spyOn(crypto.subtle, method).mockImplementation((...all: unknown[]) => {
    for (const one of all) {
      if (one instanceof ArrayBuffer) seen.push(new Uint8Array(one));
      else if (one instanceof Uint8Array) seen.push(one);
    }
    return original(...all);
  });
  return seen;
}

test('a sealed message leaves no copy of itself, and the caller’s own is untouched', async () => {
  const { publicKey, privateKey } = pair();
  const seen = given('encrypt');
  const sealed = await hpkeSeal(publicKey, message, binding);
  const copies = seen.filter(({ length }) => length === message.length);
  expect(copies.length).toBeGreaterThan(0);
  for (const copy of copies) expect(copy).toEqual(new Uint8Array(message.length));
  expect(await hpkeOpen(privateKey, sealed, binding)).toEqual(message);
});
