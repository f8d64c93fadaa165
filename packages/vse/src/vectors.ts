// Test vectors from a file, judged by the secure element's own primitives in the test-only kernel, with SIMD and
// without. A case is recognised by the fields that it has, never by its `id` or the section it stands in. A case
// of another kind, or with a field that no shape here knows, is left to other runners.
//
// Keys are compared by what they compute and never printed.

import { openTestKernel, type TestKernel } from './test-kernel.ts';

export type VectorCase = Readonly<Record<string, unknown>>;

export type VectorCheck = {
  /** The build, and the field of the case that was compared. */
  readonly what: string;
  readonly ok: boolean;
  readonly expected: string;
  readonly got: string;
};

export type VectorResult = {
  readonly shape: string;
  readonly checks: readonly VectorCheck[];
  /** Why the case could not be computed although its shape is known. */
  readonly malformed?: string;
};

export const vseRunner = {
  name: 'vse',
  run(_section: string, vector: VectorCase): VectorResult | undefined {
    const present = Object.keys(vector).filter((field) => !REMARKS.includes(field));
    const shape = SHAPES.find(
      ({ required, optional = [], ours }) =>
        required.every((field) => present.includes(field)) &&
        present.every((field) => required.includes(field) || optional.includes(field)) &&
        (ours === undefined || ours(vector)),
    );
    if (shape === undefined) return undefined;
    try {
      return {
        shape: shape.name,
        checks: kernels().flatMap((kernel) => shape.check(kernel, new Case(vector, kernel))),
      };
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return { shape: shape.name, checks: [], malformed: error.message };
    }
  },
};

/** Fields that say something to people only. */
const REMARKS: readonly string[] = ['id', 'source', 'scheme', 'note', 'comment', 'description'];

type Shape = {
  readonly name: string;
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  /** For fields that other runners' cases have too: whether this one can be computed here. */
  readonly ours?: (vector: VectorCase) => boolean;
  readonly check: (kernel: TestKernel, fields: Case) => VectorCheck[];
};

const MAC_ALGORITHM = /^(?:AES(?:-(?:128|192|256))? ?-?CMAC|ISO 9797-1 alg 3, (P00|P80)(?:, first 4)?)$/;
const ECB_ALGORITHM = /^(?:AES-(?:128|192|256)|DES)-ECB$/;

const SHAPES: readonly Shape[] = [
  {
    name: 'block cipher',
    required: ['algorithm', 'key', 'plaintext', 'ciphertext'],
    ours: ({ algorithm }) => ECB_ALGORITHM.test(String(algorithm)),
    check(kernel, c) {
      const [key, plaintext, ciphertext] = [c.hex('key'), c.hex('plaintext'), c.hex('ciphertext')];
      if (c.text('algorithm') === 'DES-ECB') {
        c.length('key', 8);
        return [
          c.compare(
            'ciphertext',
            eachBlock(plaintext, (block) => kernel.desEncrypt(key, block)),
          ),
          c.compare(
            'plaintext',
            eachBlock(ciphertext, (block) => kernel.desDecrypt(key, block)),
          ),
        ];
      }
      c.length('key', Number(c.text('algorithm').slice(4, 7)) / 8);
      return [
        c.compare('ciphertext', kernel.aesEncrypt(key, plaintext)),
        c.compare('plaintext', kernel.aesDecrypt(key, ciphertext)),
      ];
    },
  },
  {
    name: 'MAC',
    required: ['algorithm', 'key', 'mac'],
    optional: ['data', 'ascii'],
    ours: ({ algorithm }) => MAC_ALGORITHM.test(String(algorithm)),
    check(kernel, c) {
      const padding = MAC_ALGORITHM.exec(c.text('algorithm'))?.[1];
      if (padding === undefined) {
        c.length('key', 16, 24, 32);
        return [c.compare('mac', kernel.cmac(c.hex('key'), c.message()))];
      }
      c.length('key', 16);
      const method = padding === 'P80' ? 2 : 1;
      return [c.compareStart('mac', kernel.retailMac(c.hex('key'), c.message(), method))];
    },
  },
  {
    name: 'application cryptogram',
    required: ['sk', 'data', 'padding', 'ac'],
    ours: ({ padding }) => padding === 'P80' || padding === 'P00',
    check(kernel, c) {
      c.length('sk', 16);
      const [key, data] = [c.hex('sk'), c.hex('data')];
      const checks = [c.compare('ac', kernel.retailMac(key, data, c.text('padding') === 'P80' ? 2 : 1))];
      if (c.text('padding') === 'P80') checks.push(c.compare('ac', kernel.arqc('tdes', key, data)));
      return checks;
    },
  },
  {
    name: 'counter mode',
    required: ['key', 'counter', 'plaintext', 'ciphertext'],
    check(kernel, c) {
      c.length('key', 16, 24, 32);
      c.length('counter', 16);
      const [key, counter] = [c.hex('key'), c.hex('counter')];
      return [
        c.compare('ciphertext', kernel.aesCtr(key, counter, c.hex('plaintext'))),
        c.compare('plaintext', kernel.aesCtr(key, counter, c.hex('ciphertext'))),
      ];
    },
  },
  {
    name: 'SIV',
    required: ['key', 'associatedData', 'plaintext', 'sealed'],
    check(kernel, c) {
      c.length('key', 32, 48, 64);
      const [key, data] = [c.hex('key'), c.list('associatedData')];
      return [
        c.compare('sealed', kernel.sivSeal(key, data, c.hex('plaintext'))),
        c.compare('plaintext', kernel.sivOpen(key, data, c.hex('sealed'))),
      ];
    },
  },
  {
    name: 'GCM',
    required: ['key', 'nonce', 'associatedData', 'plaintext', 'ciphertext', 'tag'],
    check(kernel, c) {
      c.length('key', 16);
      c.length('nonce', 12);
      const [key, nonce, data] = [c.hex('key'), c.hex('nonce'), c.hex('associatedData')];
      const sealed = Buffer.concat([c.hex('ciphertext'), c.hex('tag')]);
      return [
        c.compareTo('ciphertext and tag', sealed, kernel.gcmSeal(key, nonce, data, c.hex('plaintext'))),
        c.compare('plaintext', kernel.gcmOpen(key, nonce, data, sealed)),
      ];
    },
  },
  {
    name: 'hash',
    required: ['hash', 'digest'],
    optional: ['data', 'ascii'],
    check(kernel, c) {
      const hash = c.choice('hash', {
        'SHA-1': kernel.sha1,
        'SHA-256': kernel.sha256,
        'SHA-512': kernel.sha512,
      });
      return [c.compare('digest', hash(c.message()))];
    },
  },
  {
    name: 'HMAC',
    required: ['hash', 'key', 'tag'],
    optional: ['data', 'ascii'],
    check(kernel, c) {
      const hmac = c.choice('hash', { 'SHA-1': kernel.hmacSha1, 'SHA-256': kernel.hmacSha256 });
      return [c.compare('tag', hmac(c.hex('key'), c.message()))];
    },
  },
  {
    name: 'HKDF',
    required: ['hash', 'ikm', 'salt', 'info', 'okm'],
    optional: ['prk'],
    check(kernel, c) {
      c.choice('hash', { 'SHA-256': true });
      const prk = kernel.hkdfExtract(c.hex('salt'), c.hex('ikm'));
      const okm = c.compare('okm', kernel.hkdfExpand(prk, c.hex('info'), c.hex('okm').length));
      return c.has('prk') ? [c.compare('prk', prk), okm] : [okm];
    },
  },
  {
    name: 'HMAC_DRBG',
    required: ['entropy', 'nonce', 'additionalInput', 'output'],
    optional: ['personalisation', 'entropyReseed', 'additionalInputReseed'],
    check(kernel, c) {
      kernel.drbgInstantiate(c.hex('entropy'), c.hex('nonce'), c.optional('personalisation'));
      if (c.has('entropyReseed'))
        kernel.drbgReseed(c.hex('entropyReseed'), c.optional('additionalInputReseed'));
      let output: Uint8Array | undefined;
      for (const input of c.list('additionalInput'))
        output = kernel.drbgGenerate(c.hex('output').length, input);
      return [c.compare('output', output)];
    },
  },
  {
    name: 'X25519',
    required: ['scalar', 'u', 'result'],
    optional: ['times'],
    check(kernel, c) {
      c.length('scalar', 32);
      c.length('u', 32);
      const [scalar, u] = [c.hex('scalar'), c.hex('u')];
      if (c.has('times')) return [c.compare('result', kernel.x25519Repeat(scalar, u, c.count('times')))];
      const checks = [c.compare('result', kernel.x25519(scalar, u))];
      const isBase = u[0] === 9 && u.subarray(1).every((byte) => byte === 0);
      if (isBase) checks.push(c.compare('result', kernel.x25519Base(scalar)));
      return checks;
    },
  },
  {
    name: 'Ed25519',
    required: ['seed', 'publicKey', 'message', 'signature'],
    check(kernel, c) {
      c.length('seed', 32);
      const [seed, publicKey, message] = [c.hex('seed'), c.hex('publicKey'), c.hex('message')];
      const valid = kernel.ed25519Verify(c.hex('signature'), publicKey, message);
      return [
        c.compare('publicKey', kernel.ed25519PublicKey(seed)),
        c.compare('signature', kernel.ed25519Sign(seed, publicKey, message)),
        {
          what: `${kernel.build} verification`,
          ok: valid,
          expected: 'valid',
          got: valid ? 'valid' : 'refused',
        },
      ];
    },
  },
];

/** ISO/IEC 9797-1 and EMV truncate MACs to 4 bytes at least. */
const MAC_BYTES_MIN = 4;

/** A field that is not what its shape takes. */
class Malformed extends Error {}

/** The fields of one case, read for one build. */
class Case {
  readonly #vector: VectorCase;
  readonly #kernel: TestKernel;

  constructor(vector: VectorCase, kernel: TestKernel) {
    this.#vector = vector;
    this.#kernel = kernel;
  }

  has(field: string): boolean {
    return this.#vector[field] !== undefined;
  }

  text(field: string): string {
    const value = this.#vector[field];
    if (typeof value !== 'string') throw new Malformed(`${field} is not a string`);
    return value;
  }

  hex(field: string): Uint8Array {
    return fromHex(field, this.#vector[field]);
  }

  optional(field: string): Uint8Array {
    return this.has(field) ? this.hex(field) : new Uint8Array(0);
  }

  list(field: string): Uint8Array[] {
    const value = this.#vector[field];
    if (!Array.isArray(value)) throw new Malformed(`${field} is not a list`);
    return value.map((entry: unknown) => fromHex(field, entry));
  }

  count(field: string): number {
    const value = this.#vector[field];
    if (!Number.isInteger(value)) throw new Malformed(`${field} is not a number`);
    return value as number;
  }

  choice<T>(field: string, table: Readonly<Record<string, T>>): T {
    const name = this.text(field);
    if (!Object.hasOwn(table, name)) throw new Malformed(`${field} ${name} is not known here`);
    return table[name]!;
  }

  /** `data` in hex or `ascii`, one of the two. */
  message(): Uint8Array {
    if (this.has('data') === this.has('ascii')) throw new Malformed('one of data and ascii is needed');
    return this.has('data') ? this.hex('data') : Uint8Array.from(Buffer.from(this.text('ascii'), 'latin1'));
  }

  length(field: string, ...allowed: readonly number[]): void {
    if (!allowed.includes(this.hex(field).length)) {
      throw new Malformed(`${field} has not ${allowed.join(' or ')} bytes`);
    }
  }

  compare(field: string, got: Uint8Array | undefined): VectorCheck {
    return this.compareTo(field, this.hex(field), got);
  }

  /** As `compare`, where the case may state only the leftmost bytes. */
  compareStart(field: string, got: Uint8Array): VectorCheck {
    const expected = this.hex(field);
    if (expected.length < MAC_BYTES_MIN)
      throw new Malformed(`${field} has fewer than ${MAC_BYTES_MIN} bytes`);
    return this.compareTo(field, expected, got.subarray(0, expected.length));
  }

  compareTo(what: string, expected: Uint8Array, got: Uint8Array | undefined): VectorCheck {
    const [a, b] = [toHex(expected), got === undefined ? 'refused' : toHex(got)];
    return { what: `${this.#kernel.build} ${what}`, ok: a === b, expected: a, got: b };
  }
}

function fromHex(field: string, value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^(?:[0-9A-Fa-f]{2})*$/.test(value))
    throw new Malformed(`${field} is not hex`);
  return Uint8Array.from(Buffer.from(value, 'hex'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

function eachBlock(bytes: Uint8Array, cipher: (block: Uint8Array) => Uint8Array): Uint8Array {
  if (bytes.length % 8 !== 0) throw new Malformed('not whole blocks');
  const blocks = Array.from({ length: bytes.length / 8 }, (_, i) => cipher(bytes.subarray(i * 8, i * 8 + 8)));
  return Uint8Array.from(Buffer.concat(blocks));
}

let opened: readonly TestKernel[] | undefined;

function kernels(): readonly TestKernel[] {
  opened ??= [openTestKernel('simd'), openTestKernel('scalar')];
  return opened;
}
