// One process a wallet. Two of them would each arm the same key set from the same sealed state.
// The lock is a file that names its owner: process id and, where /proc tells it, the moment that process started, so
// that an id given to another program later is not taken for the owner. It appears whole, by link(2), and is removed
// by its owner; a lock whose owner is gone is taken over.
import { dirname } from 'node:path';
import { WalletRefusal } from '../refusals.ts';
import { syncFolder } from './atomic-file.ts';
import { errorCode, type FileSystem } from './file-system.ts';

export interface Processes {
  /** This process, as `pid startMoment`; the start moment is `-` where the system does not tell. */
  readonly self: string;
  /** Whether the process that wrote this name still runs. */
  isAlive(name: string): Promise<boolean>;
}

const ATTEMPTS = 5;

export class WalletLock {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #self: string;

  private constructor(fs: FileSystem, path: string, self: string) {
    this.#fs = fs;
    this.#path = path;
    this.#self = self;
  }

  /** Throws `wallet_open_elsewhere`. */
  static async take(fs: FileSystem, path: string, processes: Processes): Promise<WalletLock> {
    const candidate = `${path}.${processes.self.replace(/\W/g, '-')}`;
    await writeCandidate(fs, candidate, processes.self);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if (await linked(fs, candidate, path)) return new WalletLock(fs, path, processes.self);
        const owner = await ownerOf(fs, path);
        if (owner === undefined) continue;
        if (await processes.isAlive(owner)) break;
        await removeDead(fs, path, `${candidate}-dead`, owner);
      }
      throw new WalletRefusal('wallet_open_elsewhere');
    } finally {
      await fs.unlink(candidate);
    }
  }

  /** Rejects with `wallet_open_elsewhere` when the lock is no longer ours. Asked before every write of keys. */
  async assertHeld(): Promise<void> {
    if ((await ownerOf(this.#fs, this.#path)) !== this.#self)
      throw new WalletRefusal('wallet_open_elsewhere');
  }

  async release(): Promise<void> {
    if ((await ownerOf(this.#fs, this.#path)) === this.#self) await this.#fs.unlink(this.#path);
  }
}

async function writeCandidate(fs: FileSystem, path: string, self: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  const file = await fs.open(path, 'create');
  try {
    await file.write(new TextEncoder().encode(self));
  } finally {
    await file.close();
  }
}

async function linked(fs: FileSystem, candidate: string, path: string): Promise<boolean> {
  try {
    await fs.link(candidate, path);
    await syncFolder(fs, dirname(path));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function ownerOf(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    const file = await fs.open(path, 'read');
    try {
      return new TextDecoder().decode(await file.read());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

// Two processes may both find the owner dead. Each moves the lock away under a name of its own and looks at what it
// took; who caught the other's fresh lock by mistake puts it back. Should a third one slip in between, the displaced
// owner is told by `assertHeld` before it writes.
async function removeDead(fs: FileSystem, path: string, aside: string, dead: string): Promise<void> {
  try {
    await fs.rename(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await ownerOf(fs, aside)) !== dead) await linked(fs, aside, path);
  await fs.unlink(aside);
}
