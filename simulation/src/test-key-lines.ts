// The published test keys, as `--test-keys` prints them: marked as what they are.
import { readFileSync } from 'node:fs';

export type MasterKeys = {
  readonly profile: string;
  readonly dki: string;
  readonly imkMd: string;
  readonly imkUmd: string;
};

export function testMasterKeys(): MasterKeys[] {
  const path = new URL('../../vectors/test-keys.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { masterKeys: MasterKeys[] }).masterKeys;
}

export function testKeyLines(): string[] {
  return [
    'PUBLISHED TEST KEYS are in use. Anyone can compute every cryptogram of this stack:',
    ...testMasterKeys().map(
      ({ profile, dki, imkMd, imkUmd }) => `  ${profile} DKI ${dki}  IMK-MD ${imkMd}  IMK-UMD ${imkUmd}`,
    ),
  ];
}
