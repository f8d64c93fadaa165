import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasOddParity } from '@tapseal/emv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeyMaterial, writeKeyMaterial } from './key-material.ts';
import { decryptKeystore, demonstrationPassphrase, encryptKeystore, openKeystore } from './keystore-file.ts';

const entropy = (length: number) => new Uint8Array(randomBytes(length));
const material = generateKeyMaterial('live', entropy);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapseal-keystore-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('software keystore', () => {
  it('makes a file of mode 0600 once, and opens it again', async () => {
    const path = join(folder, 'keystore.json');
    const made = await openKeystore(path, 'a passphrase', () => material, entropy);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const other = () => generateKeyMaterial('live', entropy);
    expect(await openKeystore(path, 'a passphrase', other, entropy)).toEqual(made);
    expect(made).toEqual({ ok: true, material });
    expect(await readdir(folder)).toEqual(['keystore.json']);
  });

  it('two processes that start together end with one keystore', async () => {
    const path = join(folder, 'race.json');
    const open = () =>
      openKeystore(path, 'a passphrase', () => generateKeyMaterial('live', entropy), entropy);
    const [left, right] = await Promise.all([open(), open()]);
    expect(left).toEqual(right);
  });

  it('holds no key in clear', async () => {
    const text = await encryptKeystore(material, 'a passphrase', entropy);
    for (const key of writeKeyMaterial(material).match(/[0-9A-F]{32,}/g)!) {
      expect(text.toUpperCase()).not.toContain(key);
      expect(text).not.toContain(Buffer.from(key, 'hex').toString('base64'));
    }
  });

  it('refuses by name', async () => {
    const text = await encryptKeystore(material, 'a passphrase', entropy);
    const altered = (change: (file: Record<string, unknown>) => void) => {
      const file = JSON.parse(text);
      change(file);
      return JSON.stringify(file);
    };
    const cases: [string, string, string][] = [
      [text, 'another passphrase', 'keystore_passphrase_wrong'],
      [
        altered((file) => Object.assign(file, { kind: 'demonstration' })),
        'a passphrase',
        'keystore_passphrase_wrong',
      ],
      [altered((file) => Object.assign(file, { format: 'v0' })), 'a passphrase', 'keystore_format_unknown'],
      [
        altered((file) => Object.assign(file, { scrypt: { N: 2 ** 40, r: 8, p: 1, salt: '' } })),
        'a passphrase',
        'keystore_format_unknown',
      ],
      ['not json', 'a passphrase', 'keystore_format_unknown'],
      ['{}', 'a passphrase', 'keystore_format_unknown'],
      [
        altered((file) => Object.assign(file.scrypt as object, { salt: 5 })),
        'a passphrase',
        'keystore_format_unknown',
      ],
      [altered((file) => delete file.ciphertext), 'a passphrase', 'keystore_format_unknown'],
      [altered((file) => Object.assign(file, { nonce: null })), 'a passphrase', 'keystore_format_unknown'],
    ];
    for (const [file, passphrase, refusal] of cases) {
      expect(await decryptKeystore(file, passphrase)).toEqual({ ok: false, refusal });
    }
  });

  it('that others may read or write is not opened, nor is a passphrase that they may read', async () => {
    const path = join(folder, 'shared.json');
    await openKeystore(path, 'a passphrase', () => material, entropy);
    const passphrase = join(folder, 'shared-passphrase');
    expect(await demonstrationPassphrase(passphrase, entropy)).toMatchObject({ ok: true });
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(path, mode);
      await chmod(passphrase, mode);
      expect(await openKeystore(path, 'a passphrase', () => material, entropy)).toEqual({
        ok: false,
        refusal: 'keystore_exposed',
      });
      expect(await demonstrationPassphrase(passphrase, entropy)).toEqual({
        ok: false,
        refusal: 'keystore_exposed',
      });
    }
  });

  it('does not replace a keystore that it cannot read', async () => {
    const path = join(folder, 'damaged.json');
    await writeFile(path, 'damaged', { mode: 0o600 });
    expect(await openKeystore(path, 'x', () => material, entropy)).toMatchObject({ ok: false });
    expect(await readFile(path, 'utf8')).toBe('damaged');
  });

  it('draws every key on its own', () => {
    const keys = writeKeyMaterial(material).match(/"[0-9A-F]{32,}"/g)!;
    expect(new Set(keys).size).toBe(keys.length);
    const tdes = material.masterKeys.find(({ profile }) => profile === 'tdes')!;
    expect(hasOddParity(tdes.imkMd) && hasOddParity(tdes.imkUmd)).toBe(true);
  });
});
