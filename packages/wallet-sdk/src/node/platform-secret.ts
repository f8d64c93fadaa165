// What seals the element's state to this installation: a platform secret and the installation's id.
// Assurance label `software`: on a phone the secret is wrapped by the platform's keystore; here it is a file that its
// owner can read, so that it protects a stolen backup of the sealed state alone, not a copied folder.
import { join } from 'node:path';
import { WalletRefusal } from '../refusals.ts';
import { AtomicFile } from './atomic-file.ts';
import type { FileSystem } from './file-system.ts';

export const ASSURANCE_LABEL = 'software';

const FORMAT = 1;
const SECRET_LENGTH = 32;
const INSTALLATION_LENGTH = 16;

export interface Installation {
  readonly platformSecret: Uint8Array;
  readonly installation: Uint8Array;
  /** The device's attributes that are in the fingerprint: one that appears later must not change it. */
  readonly attributes: readonly string[];
}

/**
 * Reads the installation of `folder`; makes one when the folder holds no sealed state yet.
 * Throws `storage_incomplete`, `storage_corrupt`, `storage_exposed` and what AtomicFile throws.
 */
export async function openInstallation(
  fs: FileSystem,
  folder: string,
  hasSealedState: boolean,
  entropy: (length: number) => Uint8Array,
  attributesNow: readonly string[],
): Promise<Installation> {
  const secretFile = new AtomicFile(fs, join(folder, 'platform-secret'));
  const installationFile = new AtomicFile(fs, join(folder, 'installation.json'));
  const secret = await secretFile.load();
  const record = await installationFile.load();
  if (secret !== undefined && record !== undefined)
    return { ...parse(record), platformSecret: sized(secret) };
  // A new secret would not open the old state: better to say what is missing than to report a broken seal.
  if (hasSealedState) throw new WalletRefusal('storage_incomplete');

  const made = {
    platformSecret: entropy(SECRET_LENGTH),
    installation: entropy(INSTALLATION_LENGTH),
    attributes: attributesNow,
  };
  await secretFile.replace(made.platformSecret);
  await installationFile.replace(serialise(made));
  return made;
}

function serialise({ installation, attributes }: Omit<Installation, 'platformSecret'>): Uint8Array {
  const record = { format: FORMAT, label: ASSURANCE_LABEL, installation: toHex(installation), attributes };
  return new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
}

function parse(bytes: Uint8Array): Omit<Installation, 'platformSecret'> {
  try {
    const record = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const { format, installation, attributes } = record;
    const named = Array.isArray(attributes) && attributes.every((name) => typeof name === 'string');
    if (
      format === FORMAT &&
      typeof installation === 'string' &&
      /^[0-9a-f]{32}$/.test(installation) &&
      named
    ) {
      return { installation: Uint8Array.from(Buffer.from(installation, 'hex')), attributes };
    }
  } catch {
    // Falls through: what cannot be read is not ours.
  }
  throw new WalletRefusal('storage_corrupt');
}

function sized(secret: Uint8Array): Uint8Array {
  if (secret.length !== SECRET_LENGTH) throw new WalletRefusal('storage_corrupt');
  return secret;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
