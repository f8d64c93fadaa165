import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideKeys, loadKeys } from './load-keys.ts';
import { TEST_KEYSTORE_ID } from './test-keys.ts';

const entropy = (length: number) => new Uint8Array(randomBytes(length));

describe('which keys', () => {
  // demonstration, test keys, production, passphrase → source or refusal
  it.each([
    [false, true, true, undefined, 'test_keys_in_production'],
    [true, true, true, 'p', 'test_keys_in_production'],
    [true, false, true, 'p', 'demonstration_in_production'],
    [false, true, false, 'p', 'test_keys_without_demonstration'],
    [false, false, false, undefined, 'keystore_passphrase_missing'],
    [false, false, false, '', 'keystore_passphrase_missing'],
    [false, false, true, undefined, 'keystore_passphrase_missing'],
    [false, false, true, 'eleven char', 'keystore_passphrase_too_short'],
    [true, true, false, undefined, 'published test keys'],
    [true, false, false, undefined, 'demonstration keystore'],
    [true, false, false, 'p', 'demonstration keystore'],
    [false, false, false, 'twelve chars', 'live keystore'],
    [false, false, true, 'twelve chars', 'live keystore'],
  ])(
    'demonstration %s, test keys %s, production %s, passphrase %s: %s',
    (demonstration, testKeys, production, passphrase, expected) => {
      const decision = decideKeys({ demonstration, testKeys, production, passphrase });
      expect(decision.ok ? decision.source : decision.refusal).toBe(expected);
    },
  );
});

describe('loading', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tapseal-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const live = { demonstration: false, testKeys: false, production: false, passphrase: 'a passphrase' };
  const demonstration = { ...live, demonstration: true, passphrase: undefined };

  it('a demonstration keeps its keys and its passphrase, both for the owner alone', async () => {
    const first = await loadKeys(demonstration, folder, entropy);
    const second = await loadKeys(demonstration, folder, entropy);
    expect(first).toMatchObject({ ok: true, material: { kind: 'demonstration' } });
    expect(second).toEqual(first);
    for (const name of ['keystore.json', 'keystore.demonstration-passphrase']) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('a live start does not take keys of a demonstration, nor the other way round', async () => {
    await loadKeys(demonstration, folder, entropy);
    const passphrase = (await readFile(join(folder, 'keystore.demonstration-passphrase'), 'utf8')).trim();
    expect(await loadKeys({ ...live, passphrase }, folder, entropy)).toEqual({
      ok: false,
      refusal: 'keystore_is_for_demonstrations',
    });
    await rm(join(folder, 'keystore.json'));
    await loadKeys(live, folder, entropy);
    await writeFile(join(folder, 'keystore.demonstration-passphrase'), live.passphrase);
    expect(await loadKeys(demonstration, folder, entropy)).toEqual({
      ok: false,
      refusal: 'keystore_is_live',
    });
  });

  it('test keys leave nothing in the folder', async () => {
    const loaded = await loadKeys({ ...demonstration, testKeys: true }, folder, entropy);
    expect(loaded).toMatchObject({
      ok: true,
      material: { keystoreId: TEST_KEYSTORE_ID, kind: 'demonstration' },
    });
    expect(await stat(join(folder, 'keystore.json')).catch((error) => error.code)).toBe('ENOENT');
  });
});
