// Node's permission model for the phone's process: it may read the program, the few files that make the fingerprint and
// its own start moment, and its own data; it may write its data; it may start no process, worker, native addon or
// WASI. Code that gets into this process finds no other file. (Sockets are not covered: Node 24 cannot restrict them.)
import { join, resolve } from 'node:path';
import { FINGERPRINT_FILES, PROCESS_FILES } from '@tapseal/wallet-sdk/node';

/** What of the repository the phone's program consists of: not its data folder, which holds the bank's secrets too. */
const PROGRAM = ['apps/phone', 'node_modules', 'package.json', 'packages', 'simulation/src', 'trusted-apps'];

/** Options for `node`, before the program's name. `repository` and the wallet's `folder`: paths. */
export function permissionOptions(repository: string, folder: string): string[] {
  // A folder that does not exist yet is taken for a file: its content has to be named too.
  const own = [resolve(folder), join(resolve(folder), '*')];
  const program = PROGRAM.map((path) => join(resolve(repository), path));
  const readable = [...program, ...own, ...FINGERPRINT_FILES, ...PROCESS_FILES];
  return [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...own.map((path) => `--allow-fs-write=${path}`),
  ];
}
