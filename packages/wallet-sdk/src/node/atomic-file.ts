// A file that is replaced as a whole: written beside itself, made durable, renamed over the old one, and the folder
// made durable too. After a crash at any moment it holds the old content or the new, never a part (POSIX.1-2024
// rename(); fsync of the folder because a rename is an entry in it).
import { dirname, join } from 'node:path';
import { WalletRefusal } from '../refusals.ts';
import { errorCode, type FileHandle, type FileSystem } from './file-system.ts';

const TEMPORARY = '.tmp';

export class AtomicFile {
  readonly path: string;
  readonly #fs: FileSystem;

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.path = path;
  }

  /** What the file holds, or undefined. Throws `storage_exposed`, `storage_failed`. */
  async load(): Promise<Uint8Array | undefined> {
    let file: FileHandle;
    try {
      file = await this.#fs.open(this.path, 'read');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      if (errorCode(error) === 'ELOOP') throw new WalletRefusal('storage_exposed', error);
      throw new WalletRefusal('storage_failed', error);
    }
    try {
      if (((await file.mode()) & 0o077) !== 0) throw new WalletRefusal('storage_exposed');
      return await file.read();
    } finally {
      await file.close();
    }
  }

  /**
   * Durable when it resolves. Throws `storage_full` or `storage_failed`: the old content stands; `storage_uncertain`:
   * the new content has the name, but a power failure might still bring the old one back.
   */
  async replace(bytes: Uint8Array): Promise<void> {
    const temporary = this.path + TEMPORARY;
    try {
      await this.#removeIfThere(temporary);
      await this.#write(temporary, bytes);
      await this.#fs.rename(temporary, this.path);
    } catch (error) {
      await this.#removeIfThere(temporary).catch(() => {});
      throw new WalletRefusal(isFull(error) ? 'storage_full' : 'storage_failed', error);
    }
    try {
      await syncFolder(this.#fs, dirname(this.path));
    } catch (error) {
      throw new WalletRefusal('storage_uncertain', error);
    }
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#fs.open(path, 'create');
    try {
      for (let at = 0; at < bytes.length; ) {
        const taken = await file.write(bytes.subarray(at));
        if (taken === 0) throw Object.assign(new Error('no bytes were taken'), { code: 'ENOSPC' });
        at += taken;
      }
      // After a failed fsync the kernel may have dropped the pages: the same file is never tried again.
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #removeIfThere(path: string): Promise<void> {
    try {
      await this.#fs.unlink(path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

/** Removes what a crash left between writing and renaming. Only for the one who holds the folder's lock. */
export async function removeStaleTemporaries(fs: FileSystem, folder: string): Promise<void> {
  for (const name of await fs.list(folder)) {
    if (name.endsWith(TEMPORARY)) await fs.unlink(join(folder, name));
  }
}

export async function syncFolder(fs: FileSystem, folder: string): Promise<void> {
  const handle = await fs.open(folder, 'folder');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}
