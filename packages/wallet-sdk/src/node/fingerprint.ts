// The device's fingerprint in its first form: SHA-256 over stable attributes, salted with the installation's id, so
// that raw attributes never leave the machine and two installations cannot be linked by it. One attribute that
// changes closes the wallet; shares of a k-of-n secret will replace it.
//
// Only what every user of the machine can read is taken: an attribute that root alone sees would make the wallet
// open for root and not for its owner, or the other way round.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';

const FILES: Readonly<Record<string, string>> = {
  'machine-id': '/etc/machine-id',
  'dmi-vendor': '/sys/class/dmi/id/sys_vendor',
  'dmi-product': '/sys/class/dmi/id/product_name',
  'dmi-board': '/sys/class/dmi/id/board_name',
};

/** The files that are read: what a permission model has to allow. */
export const FINGERPRINT_FILES: readonly string[] = Object.values(FILES);

/** Attributes by name; those that this machine does not have are left out. */
export async function deviceAttributes(): Promise<Map<string, string>> {
  const attributes = new Map<string, string>([['platform', `${platform()} ${arch()}`]]);
  const model = cpus()[0]?.model.trim();
  if (model !== undefined && model !== '') attributes.set('cpu-model', model);
  for (const [name, path] of Object.entries(FILES)) {
    const value = await readAttribute(path);
    if (value !== '') attributes.set(name, value);
  }
  return attributes;
}

/** 32 bytes over the attributes that the installation was made with; one that is gone counts as empty. */
export function fingerprint(
  installation: Uint8Array,
  names: readonly string[],
  attributes: ReadonlyMap<string, string>,
): Uint8Array {
  const hash = createHash('sha256').update('tapseal fingerprint v1').update(installation);
  for (const name of [...names].sort()) {
    const value = attributes.get(name) ?? '';
    hash.update(`${name.length}:${name}${Buffer.byteLength(value)}:${value}`);
  }
  return new Uint8Array(hash.digest());
}

async function readAttribute(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return '';
  }
}
