// A disk under test. It keeps apart what a process sees and what is on the platter, fails or loses power at any chosen
// operation, and after a power failure can be brought back in every state that POSIX allows: a file that was not
// synced may hold the old bytes, the new ones or a part; a folder that was not synced may have any of its changes.
import type { FileHandle, FileSystem } from '../../src/node/index.ts';

interface Inode {
  mode: number;
  seen: Uint8Array;
  durable: Uint8Array;
}

type NameChange = (names: Map<string, Inode>) => void;

export class PowerFailure extends Error {
  override readonly name = 'PowerFailure';
}

export interface DiskFault {
  /** The operation, from 1, that does not take place. */
  readonly at: number;
  /** Power fails there, or the operation fails with this error code. */
  readonly how: 'power' | 'ENOSPC' | 'EIO';
}

export class CrashDisk implements FileSystem {
  readonly operations: string[] = [];
  readonly #fault: DiskFault | undefined;
  readonly #honest: boolean;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #changes: NameChange[] = [];

  /** A disk that is not honest answers `sync` without syncing. */
  constructor(fault?: DiskFault, honest = true) {
    this.#fault = fault;
    this.#honest = honest;
  }

  async open(path: string, how: 'create' | 'read' | 'folder'): Promise<FileHandle> {
    this.#operate(`open ${how}`);
    if (how === 'folder') return this.#folder();
    let inode = this.#names.get(path);
    if (how === 'read' && inode === undefined) throw withCode('ENOENT');
    if (how === 'create') {
      if (inode !== undefined) throw withCode('EEXIST');
      inode = { mode: 0o600, seen: new Uint8Array(), durable: new Uint8Array() };
      const made = inode;
      this.#change((names) => names.set(path, made));
    }
    return this.#file(inode!);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#operate('rename');
    const inode = this.#existing(from);
    this.#change((names) => {
      names.delete(from);
      names.set(to, inode);
    });
  }

  async link(from: string, to: string): Promise<void> {
    this.#operate('link');
    if (this.#names.has(to)) throw withCode('EEXIST');
    const inode = this.#existing(from);
    this.#change((names) => names.set(to, inode));
  }

  async unlink(path: string): Promise<void> {
    this.#operate('unlink');
    this.#existing(path);
    this.#change((names) => names.delete(path));
  }

  async list(folder: string): Promise<string[]> {
    return [...this.#names.keys()].map((path) => path.slice(folder.length + 1));
  }

  async makeFolder(): Promise<void> {}

  /** Puts a file there as if it had long been on the disk. */
  put(path: string, content: Uint8Array, mode = 0o600): void {
    const inode = { mode, seen: content, durable: content };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  content(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.seen;
  }

  /** Every disk that may be found when power is back: name changes in any combination, unsynced bytes in three ways. */
  *afterPowerFailure(): Generator<CrashDisk> {
    for (let kept = 0; kept < 2 ** this.#changes.length; kept += 1) {
      const names = new Map(this.#durableNames);
      this.#changes.forEach((change, index) => {
        if ((kept & (1 << index)) !== 0) change(names);
      });
      for (const bytes of [
        (inode: Inode) => inode.durable,
        (inode: Inode) => inode.seen,
        (inode: Inode) => inode.seen.subarray(0, inode.seen.length / 2),
      ]) {
        const disk = new CrashDisk();
        for (const [path, inode] of names) {
          disk.put(path, inode.seen === inode.durable ? inode.durable : bytes(inode), inode.mode);
        }
        yield disk;
      }
    }
  }

  #file(inode: Inode): FileHandle {
    return {
      write: async (bytes) => {
        this.#operate('write');
        // A short write, as a disk that is nearly full makes them.
        const taken = Math.min(bytes.length, 7);
        inode.seen = Uint8Array.from([...inode.seen, ...bytes.subarray(0, taken)]);
        return taken;
      },
      read: async () => inode.seen.slice(),
      sync: async () => {
        this.#operate('sync');
        if (this.#honest) inode.durable = inode.seen;
      },
      close: async () => {},
      mode: async () => inode.mode,
    };
  }

  #folder(): FileHandle {
    const none = () => Promise.reject(new Error('a folder'));
    return {
      write: none,
      read: none,
      sync: async () => {
        this.#operate('sync folder');
        if (!this.#honest) return;
        this.#durableNames = new Map(this.#names);
        this.#changes = [];
      },
      close: async () => {},
      mode: async () => 0o700,
    };
  }

  #change(change: NameChange): void {
    change(this.#names);
    this.#changes.push(change);
  }

  #existing(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw withCode('ENOENT');
    return inode;
  }

  // After a power failure nothing takes place any more; another fault strikes once.
  #operate(name: string): void {
    const number = this.operations.push(name);
    if (this.#fault === undefined) return;
    if (this.#fault.how === 'power' && number >= this.#fault.at) throw new PowerFailure(name);
    if (number === this.#fault.at) throw withCode(this.#fault.how);
  }
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
