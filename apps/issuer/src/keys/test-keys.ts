/**
 * The published test keys of `vectors/test-keys.json`. Anybody can compute every cryptogram made under them; they load
 * only into a process that was started as a demonstration, and never under NODE_ENV=production.
 */

import { readFileSync } from 'node:fs';
import { type KeyMaterial, readKeyMaterial } from './key-material.ts';

const FILE = new URL('../../../../vectors/test-keys.json', import.meta.url);
export const TEST_KEYSTORE_ID = 'published-test-keys-v1';

interface TestKeysFile {
  readonly manufacturerRoot: { readonly ed25519PrivateKey: string; readonly ed25519PublicKey: string };
  readonly issuer: {
    readonly issuerId: string;
    readonly ed25519PrivateKey: string;
    readonly x25519PrivateKey: string;
  };
  readonly masterKeys: readonly {
    readonly profile: string;
    readonly dki: string;
    readonly imkMd: string;
    readonly imkUmd: string;
  }[];
  readonly logMasterKey: string;
  readonly pinKey: string;
  readonly vaultKey: string;
  readonly vaultLookupKey: string;
  readonly credentialKey: string;
}

/** The test keys as a keystore would hold them. */
export function testKeyMaterial(): KeyMaterial {
  const { issuer, manufacturerRoot: _, masterKeys, ...keys } = read();
  const material = readKeyMaterial(
    JSON.stringify({
      ...keys,
      ...issuer,
      keystoreId: TEST_KEYSTORE_ID,
      kind: 'demonstration',
      masterKeys: masterKeys.map((master) => ({ ...master, dki: Number.parseInt(master.dki, 16) })),
    }),
  );
  if (!material) throw new Error('vectors/test-keys.json is not a set of test keys');
  return material;
}

/** The private key of the manufacturer test root: signs the issuer certificates of demonstrations. */
export function manufacturerTestRoot(): Uint8Array {
  return Uint8Array.from(Buffer.from(read().manufacturerRoot.ed25519PrivateKey, 'hex'));
}

function read(): TestKeysFile {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}
