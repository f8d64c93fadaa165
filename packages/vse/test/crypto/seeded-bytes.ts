// Random cases that a seed repeats: AES-256-CTR over zeros, under a key made from the test's name.

import { createCipheriv, createHash } from 'node:crypto';

export type SeededBytes = {
  readonly bytes: (length: number) => Uint8Array;
  /** 0 ≤ n < limit. */
  readonly below: (limit: number) => number;
};

export function seededBytes(seed: string): SeededBytes {
  const stream = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  const bytes = (length: number) => new Uint8Array(stream.update(Buffer.alloc(length)));
  const below = (limit: number) => new DataView(bytes(4).buffer).getUint32(0) % limit;
  return { bytes, below };
}

export function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'refused' : Buffer.from(bytes).toString('hex').toUpperCase();
}

/** A copy with one bit turned. */
export function withBitTurned(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
