// A wallet's folder on a real disk: what is made, what is refused.
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VseHost } from '@tapseal/vse';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint, nodeClock, openNodeWallet } from '../src/node/index.ts';
import { DoubleElement, Killer, newElementState } from './double/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapseal-open-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The host as the element saw it; the element overwrites the secret, as the kernel does. */
async function open(at = folder, demonstration = true) {
  const seen: Omit<VseHost, 'store' | 'nowSeconds'>[] = [];
  const opened = await openNodeWallet({
    folder: at,
    demonstration,
    bank: { baseUrl: 'https://bank.example', fetch, clock: nodeClock, jitter: () => 0 },
    entropy: (length) => new Uint8Array(randomBytes(length)),
    boot: async (host) => {
      const { entropy, platformSecret, fingerprint: print, installation } = host;
      seen.push({
        entropy: entropy.slice(),
        platformSecret: platformSecret.slice(),
        fingerprint: print.slice(),
        installation: installation.slice(),
      });
      if ((await host.store.load()) === undefined) await host.store.persist(1n, new Uint8Array(100));
      const element = new DoubleElement(newElementState(), new Killer());
      return { element, payment: element };
    },
  });
  return { ...opened, host: seen[0]! };
}

describe('a wallet’s folder', () => {
  it('is not opened for a kernel with the test root, unless as a demonstration; and is free afterwards', async () => {
    await expect(open(folder, false)).rejects.toMatchObject({ reason: 'test_root_refused' });
    await (await open()).close();
  });

  it('is made once and opens again with the same secret, installation and fingerprint', async () => {
    const first = await open();
    await first.close();
    const second = await open();
    await second.close();
    const { entropy: firstEntropy, ...firstHost } = first.host;
    const { entropy: secondEntropy, ...secondHost } = second.host;
    expect(secondHost).toEqual(firstHost);
    expect(firstHost.platformSecret).toHaveLength(32);
    expect(firstHost.installation).toHaveLength(16);
    expect(firstEntropy.length).toBeGreaterThanOrEqual(48);
    expect(secondEntropy).not.toEqual(firstEntropy);
    expect((await readdir(folder)).sort()).toEqual(['installation.json', 'platform-secret', 'sealed-state']);
    for (const name of await readdir(folder)) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    expect(JSON.parse(await readFile(join(folder, 'installation.json'), 'utf8')).label).toBe('software');
  });

  it('differs from every other one', async () => {
    const first = await open();
    const second = await open(join(folder, 'another'));
    await Promise.all([first.close(), second.close()]);
    expect(second.host.platformSecret).not.toEqual(first.host.platformSecret);
    expect(second.host.fingerprint).not.toEqual(first.host.fingerprint);
  });

  it('is open once', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ reason: 'wallet_open_elsewhere' });
    await first.close();
    await (await open()).close();
  });

  it.each(['platform-secret', 'installation.json'])('is not opened without %s', async (name) => {
    await (await open()).close();
    await rm(join(folder, name));
    await expect(open()).rejects.toMatchObject({ reason: 'storage_incomplete' });
    expect(await readdir(folder)).not.toContain(name);
    expect(await readdir(folder)).not.toContain('wallet.lock');
  });

  it('is not opened when others can read the secret', async () => {
    await (await open()).close();
    await chmod(join(folder, 'platform-secret'), 0o644);
    await expect(open()).rejects.toMatchObject({ reason: 'storage_exposed' });
  });

  it.each([
    ['platform-secret', ''],
    ['installation.json', '{}'],
    ['installation.json', '{"format":1,"installation":"00"}'],
  ])('is not opened with %s = "%s"', async (name, content) => {
    await (await open()).close();
    await writeFile(join(folder, name), content);
    await expect(open()).rejects.toMatchObject({ reason: 'storage_corrupt' });
  });

  it('is cleared of what a crash left half written', async () => {
    await (await open()).close();
    await writeFile(join(folder, 'sealed-state.tmp'), 'half', { mode: 0o600 });
    await (await open()).close();
    expect(await readdir(folder)).not.toContain('sealed-state.tmp');
  });
});

describe('the fingerprint', () => {
  const installation = new Uint8Array(16).fill(1);
  const device = new Map([
    ['machine-id', 'abc'],
    ['cpu-model', 'x'],
  ]);
  const names = [...device.keys()];
  const of = (attributes: Map<string, string>) =>
    Buffer.from(fingerprint(installation, names, attributes)).toString('hex');

  it('changes with an attribute, not with their order, not with one that appears later', () => {
    expect(of(new Map([...device].reverse()))).toBe(of(device));
    expect(of(new Map([...device, ['dmi-vendor', 'new']]))).toBe(of(device));
    expect(of(new Map([...device, ['cpu-model', 'y']]))).not.toBe(of(device));
    expect(of(new Map([['cpu-model', 'x']]))).not.toBe(of(device));
    expect(of(new Map([...device, ['machine-id', 'ab'], ['cpu-model', 'cx']]))).not.toBe(of(device));
  });

  it('is another one for another installation', () => {
    const other = Buffer.from(fingerprint(new Uint8Array(16).fill(2), names, device)).toString('hex');
    expect(other).not.toBe(of(device));
  });
});
