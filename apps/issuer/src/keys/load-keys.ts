/**
 * Which keys a process works with: its own, or the published test keys. That is decided by how the process was started,
 * never by what happens to be missing.
 */

import { join } from 'node:path';
import type { KeyKind } from './hsm.ts';
import { type Entropy, generateKeyMaterial, type KeyMaterial } from './key-material.ts';
import { demonstrationPassphrase, type KeystoreRefusal, openKeystore } from './keystore-file.ts';
import { testKeyMaterial } from './test-keys.ts';

export interface KeyChoice {
  readonly demonstration: boolean;
  readonly testKeys: boolean;
  /** NODE_ENV=production. */
  readonly production: boolean;
  readonly passphrase: string | undefined;
}

/** In order of precedence. */
export type KeyChoiceRefusal =
  | 'test_keys_in_production'
  | 'demonstration_in_production'
  | 'test_keys_without_demonstration'
  | 'keystore_passphrase_missing'
  | 'keystore_passphrase_too_short';

export type KeySource = 'published test keys' | 'demonstration keystore' | 'live keystore';

export function decideKeys({
  demonstration,
  testKeys,
  production,
  passphrase,
}: KeyChoice):
  | { readonly ok: true; readonly source: KeySource }
  | { readonly ok: false; readonly refusal: KeyChoiceRefusal } {
  if (testKeys && production) return { ok: false, refusal: 'test_keys_in_production' };
  if (demonstration && production) return { ok: false, refusal: 'demonstration_in_production' };
  if (testKeys && !demonstration) return { ok: false, refusal: 'test_keys_without_demonstration' };
  if (testKeys) return { ok: true, source: 'published test keys' };
  if (demonstration) return { ok: true, source: 'demonstration keystore' };
  if (!passphrase) return { ok: false, refusal: 'keystore_passphrase_missing' };
  if (passphrase.length < PASSPHRASE_LENGTH_MIN)
    return { ok: false, refusal: 'keystore_passphrase_too_short' };
  return { ok: true, source: 'live keystore' };
}

/** Whoever has the file guesses at leisure: scrypt makes a guess dear, not a short passphrase long. */
const PASSPHRASE_LENGTH_MIN = 12;

export type LoadRefusal =
  | KeyChoiceRefusal
  | KeystoreRefusal
  | 'keystore_is_for_demonstrations'
  | 'keystore_is_live';

export type LoadResult =
  | { readonly ok: true; readonly source: KeySource; readonly material: KeyMaterial }
  | { readonly ok: false; readonly refusal: LoadRefusal };

/** Loads the keys; makes a keystore in `folder` where there is none yet. */
export async function loadKeys(choice: KeyChoice, folder: string, entropy: Entropy): Promise<LoadResult> {
  const decision = decideKeys(choice);
  if (!decision.ok) return decision;
  const { source } = decision;
  if (source === 'published test keys') return { ok: true, source, material: testKeyMaterial() };

  const kind: KeyKind = source === 'live keystore' ? 'live' : 'demonstration';
  const passphrase =
    choice.passphrase === undefined
      ? await demonstrationPassphrase(join(folder, 'keystore.demonstration-passphrase'), entropy)
      : ({ ok: true, text: choice.passphrase } as const);
  if (!passphrase.ok) return passphrase;
  const path = join(folder, 'keystore.json');
  const opened = await openKeystore(path, passphrase.text, () => generateKeyMaterial(kind, entropy), entropy);
  if (!opened.ok) return opened;
  if (opened.material.kind === kind) return { ok: true, source, material: opened.material };
  return { ok: false, refusal: kind === 'live' ? 'keystore_is_for_demonstrations' : 'keystore_is_live' };
}
