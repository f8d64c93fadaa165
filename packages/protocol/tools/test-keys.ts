/**
 * The published test keys, `vectors/test-keys.json`: each is SHA-256 over its own name, so that nobody can mistake
 * them for secrets or ask where they came from.
 */

import { createCipheriv, createHash } from 'node:crypto';
import { agreementKey, hex, signingKey } from './keys.ts';

/** 32 bytes that belong to a name. */
export function namedBytes(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`tapseal test key v1: ${name}`).digest());
}

/** The content of `vectors/test-keys.json`. */
export function testKeys() {
  const root = namedBytes('manufacturer root ed25519');
  const issuer = namedBytes('issuer ed25519');
  const uplink = namedBytes('issuer x25519');
  return {
    about:
      'Published test keys of Tapseal: never for live payments. A process loads them only when it is started as a demonstration. Each value is SHA-256 of "tapseal test key v1: " and its name, cut to length; 3DES keys with odd parity. KCV: the leftmost 3 bytes of the block of zeros enciphered.',
    source: 'computed by packages/protocol/tools/make-vectors.ts',
    manufacturerRoot: {
      ed25519PrivateKey: hex(root),
      ed25519PublicKey: hex(signingKey(root).publicKey),
    },
    issuer: {
      issuerId: hex(namedBytes('issuer id').subarray(0, 8)),
      ed25519PrivateKey: hex(issuer),
      ed25519PublicKey: hex(signingKey(issuer).publicKey),
      x25519PrivateKey: hex(uplink),
      x25519PublicKey: hex(agreementKey(uplink).publicKey),
    },
    masterKeys: [
      masterKeys('open', aesKey('imk-md open'), aesKey('imk-umd open')),
      masterKeys('tdes', tdesKey('imk-md tdes'), tdesKey('imk-umd tdes')),
    ],
    logMasterKey: hex(namedBytes('log master key')),
    pinKey: hex(aesKey('pin key')),
    vaultKey: hex(namedBytes('vault key')),
    vaultLookupKey: hex(namedBytes('vault lookup key')),
    credentialKey: hex(namedBytes('credential key')),
  };
}

function masterKeys(profile: 'open' | 'tdes', imkMd: Uint8Array, imkUmd: Uint8Array) {
  const kcv = (key: Uint8Array) => {
    const [algorithm, block] = profile === 'open' ? ['aes-128-ecb', 16] : ['des-ede-ecb', 8];
    const cipher = createCipheriv(algorithm as string, key, null).setAutoPadding(false);
    return hex(cipher.update(new Uint8Array(block as number)).subarray(0, 3));
  };
  return {
    profile,
    dki: '01',
    imkMd: hex(imkMd),
    imkMdKcv: kcv(imkMd),
    imkUmd: hex(imkUmd),
    imkUmdKcv: kcv(imkUmd),
  };
}

function aesKey(name: string): Uint8Array {
  return namedBytes(name).subarray(0, 16);
}

function tdesKey(name: string): Uint8Array {
  return aesKey(name).map((byte) => {
    const ones = [1, 2, 3, 4, 5, 6, 7].reduce((sum, bit) => sum + ((byte >> bit) & 1), 0);
    return (byte & 0xfe) | (ones % 2 === 0 ? 1 : 0);
  });
}
