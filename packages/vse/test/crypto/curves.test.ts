// X25519 and Ed25519 against node:crypto and noble, and what a verifier must refuse.
import { createPrivateKey, sign } from 'node:crypto';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import { openTestKernel } from '../../src/test-kernel.ts';
import { hex, seededBytes, withBitTurned } from './seeded-bytes.ts';

const CASES = 100;
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

// RFC 8410: the fixed beginning of a PKCS #8 private key.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** u-coordinates of small order, RFC 7748 §7 and "May the Fourth": the result must be refused. */
const SMALL_ORDER_U = [
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  P - 1n,
  P,
  P + 1n,
];

/** The y-coordinates of edwards25519's eight points of small order, canonical ones first. */
const SMALL_ORDER_Y = [
  0n,
  1n,
  P - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
];

describe.each(['simd', 'scalar'] as const)('%s build', (build) => {
  const kernel = openTestKernel(build);

  test('X25519, any scalar and any u, also above the prime', () => {
    const random = seededBytes('x25519');
    for (let i = 0; i < CASES; i++) {
      const [scalar, u] = [random.bytes(32), random.bytes(32)];
      if (i % 10 === 0) u.fill(0xff, 1).fill(0xef + (i % 17), 0, 1);
      expect(hex(kernel.x25519(scalar, u))).toBe(hex(x25519.getSharedSecret(scalar, u)));
    }
  });

  test('X25519 with the base point by its table is X25519 with u = 9', () => {
    const random = seededBytes('x25519 base');
    const nine = littleEndian(9n);
    for (let i = 0; i < CASES; i++) {
      const scalar = random.bytes(32).fill(i % 3 === 0 ? 0xff : i, i % 32);
      expect(hex(kernel.x25519Base(scalar))).toBe(hex(kernel.x25519(scalar, nine)));
      expect(hex(kernel.x25519Base(scalar))).toBe(hex(x25519.getPublicKey(scalar)));
    }
  });

  test.each(SMALL_ORDER_U)('X25519 refuses u = %i, of small order, with either top bit', (value) => {
    const scalar = seededBytes('small order').bytes(32);
    const u = littleEndian(value);
    expect(kernel.x25519(scalar, u)).toBeUndefined();
    expect(kernel.x25519(scalar, withBitTurned(u, 255))).toBeUndefined();
  });

  test('Ed25519 keys and signatures, as node:crypto and noble make them', () => {
    const random = seededBytes('ed25519');
    for (let i = 0; i < CASES; i++) {
      const [seed, message] = [random.bytes(32), random.bytes(i * 3)];
      const privateKey = createPrivateKey({
        key: Buffer.concat([PKCS8, seed]),
        format: 'der',
        type: 'pkcs8',
      });
      const publicKey = ed25519.getPublicKey(seed);
      const signature = sign(null, message, privateKey);
      expect(hex(kernel.ed25519PublicKey(seed))).toBe(hex(publicKey));
      expect(hex(kernel.ed25519Sign(seed, publicKey, message))).toBe(hex(signature));
      expect(kernel.ed25519Verify(signature, publicKey, message)).toBe(true);
    }
  });

  test('every entry of the base point table: the scalars that select one digit', () => {
    const nine = littleEndian(9n);
    for (let place = 0; place < 64; place++) {
      for (const digit of [1, 2, 3, 4, 5, 6, 7, 8, 15]) {
        const scalar = new Uint8Array(32);
        scalar[place >> 1] = digit << ((place & 1) * 4);
        expect(hex(kernel.x25519Base(scalar))).toBe(hex(kernel.x25519(scalar, nine)));
      }
    }
  });

  test('Ed25519 refuses every turned bit of signature, key and message', () => {
    const random = seededBytes('ed25519 bits');
    const [seed, message] = [random.bytes(32), random.bytes(10)];
    const publicKey = kernel.ed25519PublicKey(seed);
    const signature = kernel.ed25519Sign(seed, publicKey, message);
    for (let bit = 0; bit < 512; bit++) {
      expect(kernel.ed25519Verify(withBitTurned(signature, bit), publicKey, message)).toBe(false);
    }
    for (let bit = 0; bit < 256; bit++) {
      expect(kernel.ed25519Verify(signature, withBitTurned(publicKey, bit), message)).toBe(false);
    }
    for (let bit = 0; bit < message.length * 8; bit++) {
      expect(kernel.ed25519Verify(signature, publicKey, withBitTurned(message, bit))).toBe(false);
    }
  });

  test('Ed25519 refuses S + L: one message, one signature', () => {
    const random = seededBytes('malleable');
    for (let i = 0; i < 20; i++) {
      const [seed, message] = [random.bytes(32), random.bytes(10)];
      const publicKey = kernel.ed25519PublicKey(seed);
      const signature = kernel.ed25519Sign(seed, publicKey, message);
      const s = fromLittleEndian(signature.subarray(32));
      const moved = Uint8Array.from([...signature.subarray(0, 32), ...littleEndian(s + L)]);
      expect(kernel.ed25519Verify(signature, publicKey, message)).toBe(true);
      expect(kernel.ed25519Verify(moved, publicKey, message)).toBe(false);
    }
  });

  test.each(SMALL_ORDER_Y)('Ed25519 refuses the key y = %i, of small order', (y) => {
    // With A of small order, h·A is often the identity: then R = S·B verifies for a message nobody signed.
    const random = seededBytes('small order key');
    for (const sign of [0, 255]) {
      const publicKey = sign === 0 ? littleEndian(y) : withBitTurned(littleEndian(y), sign);
      for (let i = 0; i < 16; i++) {
        const s = littleEndian(fromLittleEndian(random.bytes(32)) % L);
        const r = ed25519.Point.BASE.multiply(fromLittleEndian(s)).toBytes();
        const signature = Uint8Array.from([...r, ...s]);
        expect(kernel.ed25519Verify(signature, publicKey, random.bytes(5))).toBe(false);
      }
    }
  });

  test('Ed25519 refuses R of small order, and a key encoded from the prime up', () => {
    const identity = littleEndian(1n);
    const seed = seededBytes('small order r').bytes(32);
    const publicKey = kernel.ed25519PublicKey(seed);
    const scalar = ed25519.utils.getExtendedPublicKey(seed).scalar;
    // R = identity, S = h·a satisfies S·B − h·A = R.
    const message = Uint8Array.of(1, 2, 3);
    const challenge = kernel.sha512(Uint8Array.from([...identity, ...publicKey, ...message]));
    const h = fromLittleEndian(challenge) % L;
    const forged = Uint8Array.from([...identity, ...littleEndian((h * scalar) % L)]);
    expect(ed25519.verify(forged, message, publicKey)).toBe(true); // a laxer rule accepts it
    expect(kernel.ed25519Verify(forged, publicKey, message)).toBe(false);
    for (const y of [P, P + 1n, 2n ** 255n - 1n]) {
      expect(kernel.ed25519Verify(forged, littleEndian(y), message)).toBe(false);
    }
  });
});
