/**
 * Cases of message authentication codes, each brought down to one task that any implementation can compute.
 */
import { BLOCK_BYTES, type BlockCipher } from '../crypto/block-cipher.ts';
import { cbcMac, cmac, type MacPadding, retailMac } from '../crypto/mac.ts';
import { compared, keyFits, type Outcome } from './comparison.ts';
import type { Fields } from './fields.ts';

/** One MAC to compute, as the cases of shapes `mac` and `applicationCryptogram` come down to it. */
export type MacTask = {
  readonly kind: 'cmac' | 'retail' | 'cbc-mac';
  readonly cipher: BlockCipher;
  /** Padding method; CMAC has its own. */
  readonly padding: MacPadding;
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  /** Leftmost bytes that count. */
  readonly length: number;
  readonly expected: Uint8Array;
};

export function runMac(fields: Fields): Outcome {
  const task = plainMac(fields);
  if (task === undefined || typeof task === 'string') return task;
  return [compared('mac', task.expected, computeMac(task))];
}

export function plainMac(fields: Fields): MacTask | string | undefined {
  const algorithm = fields.text('algorithm') ?? (fields.has('padding') ? 'retail' : undefined);
  if (algorithm === undefined) return 'algorithm is missing';
  const message = fields.bytes('data', 'ascii')!;
  const part = /(?:first|leftmost)\s+(\d+)\s*(bits?)?/i.exec(algorithm);
  const length = part === null ? undefined : Number(part[1]) / (part[2] === undefined ? 1 : 8);
  return macOf(algorithm, paddingOf(fields), fields.bytes('key')!, message, fields.bytes('mac')!, length);
}

/** Undefined when the algorithm is none of ours (HMAC, GMAC); as text, what does not fit. */
export function macOf(
  algorithm: string,
  padding: MacPadding | undefined,
  key: Uint8Array,
  message: Uint8Array,
  expected: Uint8Array,
  truncated: number | undefined,
): MacTask | string | undefined {
  const kind = MAC_KINDS.find(([pattern]) => pattern.test(algorithm))?.[1];
  if (kind === undefined || kind === 'foreign') return undefined;
  const des = kind === 'cmac' ? /DES/i.test(algorithm) : !/AES/i.test(algorithm);
  const cipher: BlockCipher = des ? '3DES' : 'AES';
  const length = truncated ?? BLOCK_BYTES[cipher];
  if (!keyFits(cipher, key) || (kind === 'retail' && key.length !== 16)) return 'key has no key length';
  if (kind === 'cmac') return { kind, cipher, padding: 'none', key, message, length, expected };
  if (padding === undefined) return 'padding is missing, or not known';
  if (padding === 'none' && (message.length === 0 || message.length % BLOCK_BYTES[cipher] !== 0)) {
    return 'no whole blocks';
  }
  return { kind, cipher, padding, key, message, length, expected };
}

/** The first that fits. */
const MAC_KINDS: readonly (readonly [RegExp, MacTask['kind'] | 'foreign'])[] = [
  [/HMAC|GMAC|KMAC|poly/i, 'foreign'],
  [/CMAC|alg(?:orithm)?\.?\s*5/i, 'cmac'],
  [/retail|X9\.19|alg(?:orithm)?\.?\s*3/i, 'retail'],
  [/CBC-?MAC|X9\.9|DAA|alg(?:orithm)?\.?\s*1/i, 'cbc-mac'],
];

const PADDINGS: readonly (readonly [RegExp, MacPadding])[] = [
  [/\bP00\b|^00$|^1$|method[ -]?1/i, 'method-1'],
  [/\bP80\b|^80$|^2$|method[ -]?2/i, 'method-2'],
  [/\bPLEN\b|^3$|method[ -]?3/i, 'method-3'],
  [/no padding|padding none|^none$/i, 'none'],
];

export function paddingOf(fields: Fields): MacPadding | undefined {
  const text = fields.text('padding') ?? fields.text('algorithm') ?? '';
  return PADDINGS.find(([pattern]) => pattern.test(text))?.[1];
}

export function computeMac(task: MacTask): Uint8Array {
  const { kind, cipher, key, message, padding, length } = task;
  const mac =
    kind === 'cmac'
      ? cmac(cipher, key, message)
      : kind === 'retail'
        ? retailMac(key, message, padding)
        : cbcMac(cipher, key, message, padding);
  return mac.slice(0, length);
}
