/**
 * The issuer's keys as a keystore holds them, and how they come into being. Two independent master keys per profile
 * (docs/profiles.md §1): whoever learns one cryptogram's keys learns nothing of the other's.
 */

import { randomUUID } from 'node:crypto';
import { setOddParity } from '@tapseal/emv';
import { ISSUED_PROFILES, type IssuedProfile } from '@tapseal/protocol';
import type { KeyKind } from './hsm.ts';

export interface MasterKeys {
  readonly profile: IssuedProfile;
  /** Derivation key index: which generation of master keys. */
  readonly dki: number;
  readonly imkMd: Uint8Array;
  readonly imkUmd: Uint8Array;
}

export interface KeyMaterial {
  readonly keystoreId: string;
  readonly kind: KeyKind;
  /** 8 bytes. */
  readonly issuerId: Uint8Array;
  /** Seeds of 32 bytes. RFC 8032, RFC 7748 */
  readonly ed25519PrivateKey: Uint8Array;
  readonly x25519PrivateKey: Uint8Array;
  readonly masterKeys: readonly MasterKeys[];
  /** 32 bytes. docs/profiles.md §5 */
  readonly logMasterKey: Uint8Array;
  /** AES-128, for PIN blocks. */
  readonly pinKey: Uint8Array;
  /** AES-256, for PANs. */
  readonly vaultKey: Uint8Array;
  /** 32 bytes each, for HMAC-SHA-256. */
  readonly vaultLookupKey: Uint8Array;
  readonly credentialKey: Uint8Array;
}

/** Where randomness comes from: the composition root brings it. */
export type Entropy = (length: number) => Uint8Array;

/** Fresh keys. Every one is drawn independently. */
export function generateKeyMaterial(
  kind: KeyKind,
  entropy: Entropy,
  keystoreId: string = randomUUID(),
): KeyMaterial {
  return {
    keystoreId,
    kind,
    issuerId: entropy(8),
    ed25519PrivateKey: entropy(32),
    x25519PrivateKey: entropy(32),
    masterKeys: ISSUED_PROFILES.map((profile) => ({
      profile,
      dki: 1,
      imkMd: masterKey(profile, entropy),
      imkUmd: masterKey(profile, entropy),
    })),
    logMasterKey: entropy(32),
    pinKey: entropy(16),
    vaultKey: entropy(32),
    vaultLookupKey: entropy(32),
    credentialKey: entropy(32),
  };
}

function masterKey(profile: IssuedProfile, entropy: Entropy): Uint8Array {
  const key = entropy(16);
  return profile === 'tdes' ? setOddParity(key) : key;
}

/** Overwrites every key. */
export function wipeKeyMaterial(material: KeyMaterial): void {
  const { masterKeys, keystoreId: _, kind: __, issuerId: ___, ...keys } = material;
  for (const key of Object.values(keys)) key.fill(0);
  for (const { imkMd, imkUmd } of masterKeys) {
    imkMd.fill(0);
    imkUmd.fill(0);
  }
}

const LENGTHS = {
  issuerId: 8,
  ed25519PrivateKey: 32,
  x25519PrivateKey: 32,
  logMasterKey: 32,
  pinKey: 16,
  vaultKey: 32,
  vaultLookupKey: 32,
  credentialKey: 32,
} as const;

/** Key material as JSON text: what a keystore encrypts. */
export function writeKeyMaterial(material: KeyMaterial): string {
  return JSON.stringify(material, (_, value) => (value instanceof Uint8Array ? hexOf(value) : value));
}

/** Reads key material back; `undefined` when anything is missing or has the wrong length. */
export function readKeyMaterial(text: string): KeyMaterial | undefined {
  const json = JSON.parse(text) as Record<string, unknown>;
  const { keystoreId, kind, masterKeys } = json;
  if (typeof keystoreId !== 'string' || (kind !== 'live' && kind !== 'demonstration')) return undefined;
  if (!Array.isArray(masterKeys)) return undefined;
  const keys: Record<string, Uint8Array> = {};
  for (const [name, length] of Object.entries(LENGTHS)) {
    const key = bytesOf(json[name], length);
    if (!key) return undefined;
    keys[name] = key;
  }
  const masters: MasterKeys[] = [];
  for (const { profile, dki, imkMd, imkUmd } of masterKeys) {
    const md = bytesOf(imkMd, 16);
    const umd = bytesOf(imkUmd, 16);
    if (!ISSUED_PROFILES.includes(profile) || !Number.isInteger(dki) || !md || !umd) return undefined;
    masters.push({ profile, dki, imkMd: md, imkUmd: umd });
  }
  return { keystoreId, kind, masterKeys: masters, ...(keys as Record<keyof typeof LENGTHS, Uint8Array>) };
}

function bytesOf(value: unknown, length: number): Uint8Array | undefined {
  if (typeof value !== 'string' || !/^([0-9A-F]{2})*$/.test(value) || value.length !== 2 * length)
    return undefined;
  return Uint8Array.from(Buffer.from(value, 'hex'));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}
