import { mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AtomicFile, nodeFileSystem, removeStaleTemporaries, SealedStateFile } from '../src/node/index.ts';
import { CrashDisk } from './double/crash-disk.ts';

const PATH = '/wallet/sealed-state';
const OLD = new TextEncoder().encode('generation 1, sealed, old');
const NEW = new TextEncoder().encode('generation 2, sealed, new and longer');

async function countOperations(): Promise<string[]> {
  const disk = new CrashDisk();
  disk.put(PATH, OLD);
  await new AtomicFile(disk, PATH).replace(NEW);
  return disk.operations;
}

const operations = await countOperations();

/** Contents of the file in every state that the disk may be found in. */
async function foundAfterPowerFailure(disk: CrashDisk): Promise<Set<string>> {
  const found = new Set<string>();
  for (const later of disk.afterPowerFailure()) {
    const content = await new AtomicFile(later, PATH).load();
    found.add(content === undefined ? 'nothing' : new TextDecoder().decode(content));
    await removeStaleTemporaries(later, '/wallet');
    expect(await later.list('/wallet')).toEqual(['sealed-state']);
  }
  return found;
}

const oldOrNew = new Set([OLD, NEW].map((bytes) => new TextDecoder().decode(bytes)));

describe('replacing the sealed state', () => {
  it('writes beside, syncs, renames, syncs the folder', () => {
    const distinct = operations.filter((name, index) => name !== operations[index - 1]);
    expect(distinct).toEqual([
      'unlink',
      'open create',
      'write',
      'sync',
      'rename',
      'open folder',
      'sync folder',
    ]);
  });

  it.each(operations.map((name, index) => ({ name, at: index + 1 })))(
    'finds old or new, whole, when power fails at $at: $name',
    async ({ at }) => {
      const disk = new CrashDisk({ at, how: 'power' });
      disk.put(PATH, OLD);
      await expect(new AtomicFile(disk, PATH).replace(NEW)).rejects.toThrow();
      for (const content of await foundAfterPowerFailure(disk)) expect(oldOrNew).toContain(content);
    },
  );

  it('finds the new state when power fails after it was confirmed', async () => {
    const disk = new CrashDisk();
    disk.put(PATH, OLD);
    await new AtomicFile(disk, PATH).replace(NEW);
    expect(await foundAfterPowerFailure(disk)).toEqual(new Set([new TextDecoder().decode(NEW)]));
  });

  it('would be caught by this test if it did not sync', async () => {
    const disk = new CrashDisk(undefined, false);
    disk.put(PATH, OLD);
    await new AtomicFile(disk, PATH).replace(NEW);
    const broken = [...(await foundAfterPowerFailure(disk))].filter((content) => !oldOrNew.has(content));
    expect(broken.length).toBeGreaterThan(0);
  });

  it.each(
    operations.flatMap((name, index) => [
      { name, at: index + 1, how: 'ENOSPC' as const },
      { name, at: index + 1, how: 'EIO' as const },
    ]),
  )('refuses by name and keeps the old state when $name ($at) fails with $how', async ({ name, at, how }) => {
    const disk = new CrashDisk({ at, how });
    disk.put(PATH, OLD);
    const renamed = name === 'open folder' || name === 'sync folder';
    const expected = renamed ? 'storage_uncertain' : how === 'ENOSPC' ? 'storage_full' : 'storage_failed';
    await expect(new AtomicFile(disk, PATH).replace(NEW)).rejects.toMatchObject({ reason: expected });
    expect(disk.content(PATH)).toEqual(renamed ? NEW : OLD);
    expect(disk.content(`${PATH}.tmp`)).toBeUndefined();
  });

  it('works again once there is room', async () => {
    const disk = new CrashDisk({ at: 4, how: 'ENOSPC' });
    const file = new AtomicFile(disk, PATH);
    await expect(file.replace(OLD)).rejects.toMatchObject({ reason: 'storage_full' });
    await file.replace(NEW);
    expect(await file.load()).toEqual(NEW);
  });

  it('never writes an older generation, and not without the wallet’s lock', async () => {
    const disk = new CrashDisk();
    let lost = false;
    const store = new SealedStateFile(new AtomicFile(disk, PATH), async () => {
      if (lost) throw new Error('lost the lock');
    });
    await store.persist(2n, NEW);
    await expect(store.persist(2n, OLD)).rejects.toThrow(RangeError);
    await expect(store.persist(1n, OLD)).rejects.toThrow(RangeError);
    lost = true;
    await expect(store.persist(3n, OLD)).rejects.toThrow('lost the lock');
    expect(await store.load()).toEqual(NEW);
  });
});

describe('on a real disk', () => {
  const folders: string[] = [];
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), 'tapseal-wallet-'));
    folders.push(made);
    return made;
  };
  afterEach(async () => {
    for (const made of folders.splice(0)) await rm(made, { recursive: true });
  });

  it('replaces, leaves nothing beside, and lets only the owner read', async () => {
    const at = join(await folder(), 'state');
    const file = new AtomicFile(nodeFileSystem, at);
    expect(await file.load()).toBeUndefined();
    await file.replace(OLD);
    await file.replace(NEW);
    expect(await file.load()).toEqual(NEW);
    expect((await stat(at)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(at, '..'))).toEqual(['state']);
  });

  it('refuses a secret that others can read', async () => {
    const at = join(await folder(), 'state');
    await writeFile(at, OLD, { mode: 0o640 });
    await expect(new AtomicFile(nodeFileSystem, at).load()).rejects.toMatchObject({
      reason: 'storage_exposed',
    });
  });

  it('follows no link in a secret’s place', async () => {
    const made = await folder();
    await writeFile(join(made, 'elsewhere'), OLD, { mode: 0o600 });
    await symlink(join(made, 'elsewhere'), join(made, 'state'));
    const file = new AtomicFile(nodeFileSystem, join(made, 'state'));
    await expect(file.load()).rejects.toMatchObject({ reason: 'storage_exposed' });
  });
});
