/**
 * The published test keys of vectors/test-keys.json. A trace shows them only of a stack that was personalised with them.
 */
import { readFileSync } from 'node:fs';
import type { Profile } from '../kernel/index.ts';
import type { TestKeys } from '../trace.ts';

const FILE = new URL('../../../../vectors/test-keys.json', import.meta.url);

interface TestKeysFile {
  readonly masterKeys: readonly (TestKeys & { readonly profile: string })[];
}

export function publishedTestKeys(profile: Profile): TestKeys | undefined {
  const { masterKeys } = JSON.parse(readFileSync(FILE, 'utf8')) as TestKeysFile;
  const row = masterKeys.find((one) => one.profile === profile);
  return row === undefined ? undefined : { imkMd: row.imkMd, imkUmd: row.imkUmd };
}
