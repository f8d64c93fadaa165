// What `npm test` may install, and what it says when it may not.
import { expect, test } from 'vitest';
import { installForTests, type Machine, smartCardStack } from './debian.ts';

const softhsm = {
  name: 'softhsm2',
  provides: '/usr/lib/softhsm/libsofthsm2.so',
  reason: 'keys behind PKCS#11',
};

async function outcome(machine: Partial<Machine>) {
  const calls: string[] = [];
  const said: string[] = [];
  const aptGet = async (args: readonly string[]) => {
    calls.push(args[0]!);
    return true;
  };
  const fresh: Machine = { isRoot: true, hasApt: true, noApt: undefined, exists: () => false, aptGet };
  await installForTests([softhsm], { ...fresh, ...machine }, (line) => said.push(line));
  return { calls, said };
}

const skipped = (why: string) => [`not installing softhsm2 (${why}): tests that need them are skipped`];

test.each<[string, Partial<Machine>, { calls: string[]; said: string[] }]>([
  [
    'root on Debian',
    {},
    { calls: ['update', 'install'], said: ['installing the Debian package softhsm2: keys behind PKCS#11'] },
  ],
  ['installed already', { exists: () => true }, { calls: [], said: [] }],
  ['forbidden', { noApt: '1' }, { calls: [], said: skipped('TAPSEAL_NO_APT=1') }],
  ['not root', { isRoot: false }, { calls: [], said: skipped('not root') }],
  ['not Debian', { hasApt: false }, { calls: [], said: skipped('no apt-get here') }],
])('%s', async (_name, machine, expected) => {
  expect(await outcome(machine)).toEqual(expected);
});

test('a failing apt-get is said, not thrown', async () => {
  const { said } = await outcome({ aptGet: async () => false });
  expect(said.at(-1)).toBe('apt-get failed for softhsm2: tests that need them are skipped');
});

test('what a package would open to the network is left out', async () => {
  const calls: (readonly string[])[] = [];
  const aptGet = async (args: readonly string[]) => calls.push(args) > 0;
  const machine: Machine = { isRoot: true, hasApt: true, noApt: undefined, exists: () => false, aptGet };
  await installForTests(smartCardStack, machine, () => {});
  const install = calls.at(-1)!;
  expect(install).toContain('vsmartcard-vpcd');
  expect(install.join(' ')).toContain('-o DPkg::Options::=--path-exclude=/etc/reader.conf.d/vpcd ');
});
