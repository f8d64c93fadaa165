/**
 * The journal in a file: the host adapter between `journal.ts` and `node:fs`. It holds requests with a token's number in
 * them, so it is sealed (AES-256-GCM) under a key in a file beside it that only the owner may read. That keeps the number
 * out of copies and backups of the journal alone; who has both files has the journal.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { JournalDamaged, type JournalStore } from './journal.ts';

const JOURNAL = 'acquirer.journal';
const KEY = 'acquirer.key';
const LOCK = 'acquirer.lock';
const KEY_BYTES = 32;
/** NIST SP 800-38D: 96-bit random nonces, at most 2^32 of them a key. A terminal writes three a sale. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Two processes with one journal would give out the same STANs. */
export class JournalInUse extends Error {
  override readonly name = 'JournalInUse';
}

export interface JournalFile extends JournalStore {
  /** Gives the folder back. */
  release(): void;
}

/** Opens the journal in `folder` for this process alone. `random` gives fresh bytes. */
export function journalFile(folder: string, random: (length: number) => Uint8Array): JournalFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeLock(folder);
  const release = (): void => {
    held.delete(lock);
    rmSync(lock, { force: true });
  };
  const journal = join(folder, JOURNAL);
  let key: Uint8Array;
  try {
    key = keyOf(folder, random);
  } catch (error) {
    release();
    throw error;
  }
  return {
    load: () => (existsSync(journal) ? open(key, readFileSync(journal)) : undefined),
    save: (bytes) => writeDurably(folder, JOURNAL, seal(key, random(NONCE_BYTES), bytes)),
    release,
  };
}

function keyOf(folder: string, random: (length: number) => Uint8Array): Uint8Array {
  const path = join(folder, KEY);
  if (!existsSync(path)) {
    if (existsSync(join(folder, JOURNAL)))
      throw new JournalDamaged('the key of the terminal journal is missing');
    writeDurably(folder, KEY, random(KEY_BYTES));
  }
  const key = readFileSync(path);
  if (key.length !== KEY_BYTES) throw new JournalDamaged('the key of the terminal journal is damaged');
  return key;
}

function seal(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  try {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(end));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch {
    throw new JournalDamaged('the terminal journal does not open with its key');
  }
}

/** Whole or not at all, also through a power cut: new file, its bytes, its name, then the folder. */
function writeDurably(folder: string, name: string, bytes: Uint8Array): void {
  const temporary = join(folder, `${name}.new`);
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, join(folder, name));
  const directory = openSync(folder, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Locks of this process, which may hold the journals of several terminals. */
const held = new Set<string>();

/** A lock whose process is gone is taken over. */
function takeLock(folder: string): string {
  const path = join(folder, LOCK);
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
      held.add(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(readFileSync(path, 'utf8'));
    if (owner === process.pid ? held.has(path) : isAlive(owner)) {
      throw new JournalInUse(`another terminal (process ${owner}) uses this data folder`);
    }
    rmSync(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
