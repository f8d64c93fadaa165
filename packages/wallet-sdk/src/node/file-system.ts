// The few calls on files that a wallet needs, as an argument: a test puts a disk in their place that fails, fills up
// or loses power between any two of them.
import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';

export interface FileHandle {
  /** Answers how many bytes were taken: possibly fewer than were given. */
  write(bytes: Uint8Array): Promise<number>;
  read(): Promise<Uint8Array>;
  sync(): Promise<void>;
  close(): Promise<void>;
  /** The permission bits. */
  mode(): Promise<number>;
}

/** Errors carry `code`, as Node's do: `ENOENT`, `EEXIST`, `ENOSPC`, … */
export interface FileSystem {
  /** `create`: a new file, readable by its owner only; `EEXIST` when the name is taken, by a link too. */
  open(path: string, how: 'create' | 'read' | 'folder'): Promise<FileHandle>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  makeFolder(path: string): Promise<void>;
}

const FLAGS = {
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
  // A link in a secret's place is an attack or an accident: never followed.
  read: constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0),
  folder: constants.O_RDONLY,
} as const;

export const nodeFileSystem: FileSystem = {
  async open(path, how) {
    const handle = await open(path, FLAGS[how], 0o600);
    return {
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      read: async () => new Uint8Array(await handle.readFile()),
      sync: () => handle.sync(),
      close: () => handle.close(),
      mode: async () => (await handle.stat()).mode & 0o777,
    };
  },
  rename,
  link,
  unlink,
  list: (folder) => readdir(folder),
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
};

export function errorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
