// A wallet in a folder of this machine: the lock, the secrets, the fingerprint, the sealed state, then the element.
// The folder's files: `wallet.lock`, `platform-secret`, `installation.json`, `sealed-state`, `wallet.json`.
import { join } from 'node:path';
import type { VseHost } from '@tapseal/vse';
import type { Payment, SecureElement } from '../element.ts';
import type { BankLink } from '../http.ts';
import { IssuerClient } from '../issuer-client.ts';
import { WalletRefusal } from '../refusals.ts';
import { Wallet } from '../wallet.ts';
import { AtomicFile, removeStaleTemporaries } from './atomic-file.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import { deviceAttributes, fingerprint } from './fingerprint.ts';
import { openInstallation } from './platform-secret.ts';
import { nodeProcesses } from './processes.ts';
import { SealedStateFile } from './sealed-state-file.ts';
import { WalletLock } from './wallet-lock.ts';

/** SP 800-90A: the kernel asks for at least 48 fresh bytes at each boot. */
const BOOT_ENTROPY_LENGTH = 64;

export interface NodeWalletOptions {
  readonly folder: string;
  readonly bank: BankLink;
  readonly entropy: (length: number) => Uint8Array;
  /** Boots the element on this host: `bootElement` of this folder, or a double in a test. */
  readonly boot: (host: VseHost) => Promise<{ element: SecureElement; payment: Payment }>;
  readonly fileSystem?: FileSystem;
  readonly replenishAt?: number;
  /** Accept a kernel that trusts the published test root. Never for live payments; never a default. */
  readonly demonstration?: boolean;
}

export interface OpenWallet {
  readonly wallet: Wallet;
  /** Closes the wallet and gives the folder back. */
  close(): Promise<void>;
}

/** Throws `wallet_open_elsewhere`, `storage_…`, the element's refusals (a sealed state that does not open). */
export async function openNodeWallet(options: NodeWalletOptions): Promise<OpenWallet> {
  const { folder, bank, entropy, fileSystem: fs = nodeFileSystem } = options;
  await fs.makeFolder(folder);
  const lock = await WalletLock.take(fs, join(folder, 'wallet.lock'), await nodeProcesses());
  try {
    await removeStaleTemporaries(fs, folder);
    const stateFile = new AtomicFile(fs, join(folder, 'wallet.json'));
    const { element, payment } = await options.boot(await hostOf(options, fs, lock));
    if (element.trustsTestRoot && options.demonstration !== true) {
      element.close();
      throw new WalletRefusal('test_root_refused');
    }
    const wallet = await Wallet.open({
      element,
      payment,
      issuer: new IssuerClient(bank),
      store: { load: () => stateFile.load(), save: (bytes) => stateFile.replace(bytes) },
      clock: bank.clock,
      entropy,
      ...(options.replenishAt === undefined ? {} : { replenishAt: options.replenishAt }),
    });
    return {
      wallet,
      async close() {
        try {
          await wallet.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function hostOf(options: NodeWalletOptions, fs: FileSystem, lock: WalletLock): Promise<VseHost> {
  const { folder, bank, entropy } = options;
  const store = new SealedStateFile(new AtomicFile(fs, join(folder, 'sealed-state')), () =>
    lock.assertHeld(),
  );
  const attributes = await deviceAttributes();
  const hasSealedState = (await store.load()) !== undefined;
  const names = [...attributes.keys()];
  const installed = await openInstallation(fs, folder, hasSealedState, entropy, names);
  return {
    entropy: entropy(BOOT_ENTROPY_LENGTH),
    platformSecret: installed.platformSecret,
    fingerprint: fingerprint(installed.installation, installed.attributes, attributes),
    installation: installed.installation,
    store,
    nowSeconds: () => Math.floor(bank.clock.nowMs() / 1000),
  };
}
