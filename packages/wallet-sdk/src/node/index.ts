// A wallet's host on Node: files, processes and the clock of this machine. `boot-element.ts` is reached by its own
// name (`@tapseal/wallet-sdk/node/element`), so that who brings another element does not load the kernel.
export { AtomicFile, removeStaleTemporaries } from './atomic-file.ts';
export { nodeClock } from './clock.ts';
export { type FileHandle, type FileSystem, nodeFileSystem } from './file-system.ts';
export { deviceAttributes, FINGERPRINT_FILES, fingerprint } from './fingerprint.ts';
export { type NodeWalletOptions, type OpenWallet, openNodeWallet } from './open.ts';
export { ASSURANCE_LABEL } from './platform-secret.ts';
export { nodeProcesses, PROCESS_FILES } from './processes.ts';
export { SealedStateFile } from './sealed-state-file.ts';
export { type Processes, WalletLock } from './wallet-lock.ts';
