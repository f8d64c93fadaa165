/**
 * The software keystore: key material in one file, AES-256-GCM (NIST SP 800-38D) under a key that scrypt (RFC 7914)
 * makes from a passphrase. Mode 0600, written once and atomically; two processes that start together end with one.
 */

import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type Entropy, type KeyMaterial, readKeyMaterial, writeKeyMaterial } from './key-material.ts';

const FORMAT = 'tapseal keystore v1';
/** 64 MiB and about a quarter of a second: once a start, and for every guess of an attacker. */
const SCRYPT = { N: 65_536, r: 8, p: 1 } as const;
const SCRYPT_N_MAX = 1 << 20;

/** In order of precedence. `keystore_exposed`: others than its owner may read or write the file. */
export type KeystoreRefusal = 'keystore_exposed' | 'keystore_format_unknown' | 'keystore_passphrase_wrong';

export type KeystoreResult =
  | { readonly ok: true; readonly material: KeyMaterial }
  | { readonly ok: false; readonly refusal: KeystoreRefusal };

interface KeystoreFile {
  readonly format: string;
  readonly keystoreId: string;
  readonly kind: string;
  readonly scrypt: { readonly N: number; readonly r: number; readonly p: number; readonly salt: string };
  readonly nonce: string;
  readonly ciphertext: string;
}

/** Opens the keystore at `path`, or makes one from `generate` where none is. */
export async function openKeystore(
  path: string,
  passphrase: string,
  generate: () => KeyMaterial,
  entropy: Entropy,
): Promise<KeystoreResult> {
  if (!(await readOwn(path).catch(absent))) {
    await writeOnce(path, await encryptKeystore(generate(), passphrase, entropy));
  }
  // Another process may have been first: what lies there now is what counts.
  const held = await readOwn(path);
  return held.ok ? decryptKeystore(held.text, passphrase) : held;
}

/**
 * The passphrase of a demonstration's keystore, made on first use and kept beside it: whoever can read the one can read
 * the other. A live keystore's passphrase is never stored here.
 */
export async function demonstrationPassphrase(
  path: string,
  entropy: Entropy,
): Promise<OwnText | { readonly ok: false; readonly refusal: 'keystore_exposed' }> {
  if (!(await readOwn(path).catch(absent))) {
    await writeOnce(path, `${Buffer.from(entropy(24)).toString('base64url')}\n`);
  }
  const held = await readOwn(path);
  return held.ok ? { ok: true, text: held.text.trim() } : held;
}

/** The text of a keystore file. */
export async function encryptKeystore(
  material: KeyMaterial,
  passphrase: string,
  entropy: Entropy,
): Promise<string> {
  const salt = entropy(32);
  const nonce = entropy(12);
  const head = { format: FORMAT, keystoreId: material.keystoreId, kind: material.kind };
  const key = await fileKey(passphrase, salt, SCRYPT);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(JSON.stringify(head)));
  const body = Buffer.concat([
    cipher.update(writeKeyMaterial(material), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  key.fill(0);
  const file: KeystoreFile = {
    ...head,
    scrypt: { ...SCRYPT, salt: base64(salt) },
    nonce: base64(nonce),
    ciphertext: base64(body),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads a keystore file's text. */
export async function decryptKeystore(text: string, passphrase: string): Promise<KeystoreResult> {
  const file = readFileHead(text);
  if (!file) return { ok: false, refusal: 'keystore_format_unknown' };
  const { format, keystoreId, kind, scrypt: cost } = file;
  const key = await fileKey(passphrase, Buffer.from(cost.salt, 'base64'), cost);
  const body = Buffer.from(file.ciphertext, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(file.nonce, 'base64'), {
      authTagLength: 16,
    })
      .setAAD(Buffer.from(JSON.stringify({ format, keystoreId, kind })))
      .setAuthTag(body.subarray(body.length - 16));
    const plaintext = Buffer.concat([decipher.update(body.subarray(0, body.length - 16)), decipher.final()]);
    const material = readKeyMaterial(plaintext.toString('utf8'));
    plaintext.fill(0);
    return material ? { ok: true, material } : { ok: false, refusal: 'keystore_format_unknown' };
  } catch {
    return { ok: false, refusal: 'keystore_passphrase_wrong' };
  } finally {
    key.fill(0);
  }
}

// Two writers in one process must not share the file beside, nor one remove the other's.
let writes = 0;

/**
 * Writes a file that must not exist yet, whole or not at all: written beside, made durable, then linked to its name.
 * Where the name is taken already, nothing changes.
 */
export async function writeOnce(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.${++writes}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(beside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(beside, { force: true });
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}

interface OwnText {
  readonly ok: true;
  readonly text: string;
}

/** Group and others: nothing. */
const MODE_OF_OTHERS = 0o077;

/** The text of a file that only its owner may touch; mode and text of the same open file. */
async function readOwn(
  path: string,
): Promise<OwnText | { readonly ok: false; readonly refusal: 'keystore_exposed' }> {
  const file = await open(path, 'r');
  try {
    if (((await file.stat()).mode & MODE_OF_OTHERS) !== 0) return { ok: false, refusal: 'keystore_exposed' };
    return { ok: true, text: await file.readFile('utf8') };
  } finally {
    await file.close();
  }
}

function readFileHead(text: string): KeystoreFile | undefined {
  try {
    const file = JSON.parse(text) as KeystoreFile;
    const { N, r, p, salt } = file.scrypt;
    const texts = [salt, file.nonce, file.ciphertext].every((one) => typeof one === 'string');
    const plausible = Number.isInteger(N) && N >= 2 && N <= SCRYPT_N_MAX && r === SCRYPT.r && p === SCRYPT.p;
    return file.format === FORMAT && plausible && texts ? file : undefined;
  } catch {
    return undefined;
  }
}

function fileKey(
  passphrase: string,
  salt: Uint8Array,
  { N, r, p }: { N: number; r: number; p: number },
): Promise<Buffer> {
  const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt);
  return derive(passphrase.normalize('NFKC'), salt, 32, { N, r, p, maxmem: 256 * N * r });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
