// Node's permission model for the phone's process: it may read the program, the few files that make the fingerprint and
// its own start moment, and its own data; it may write its data; it may start no process, worker, native addon or
// WASI. Code that gets into this process finds no other file. (Sockets are not covered: Node 24 cannot restrict them.)
import { join, resolve } from 'node:path';
import { FINGERPRINT_FILES, PROCESS_FILES } from '@tapseal/wallet-sdk/node';

/** Options for `node`, before the program's name. `program`: the repository's folder; `folder`: the wallet's. */
export function permissionOptions(program: string, folder: string): string[] {
  // A folder that does not exist yet is taken for a file: its content has to be named too.
  const own = [resolve(folder), join(resolve(folder), '*')];
  const readable = [resolve(program), ...own, ...FINGERPRINT_FILES, ...PROCESS_FILES];
  return [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...own.map((path) => `--allow-fs-write=${path}`),
  ];
}
