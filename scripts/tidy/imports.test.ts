// Who may import whom. The table is ARCHITECTURE's, and the reasons stand there: most of all, the card side (vse,
// trusted-apps) and the issuer side (emv) are two independent readings of one standard.
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import {
  code,
  dependenciesOf,
  isAssembly,
  isTest,
  packageOf,
  read,
  withoutComments,
  workspaces,
} from './repository.ts';

const ALL = 'all';
// Workspace → workspaces that it may import.
const MAY_IMPORT: Readonly<Record<string, readonly string[] | typeof ALL>> = {
  'packages/emv': [],
  'packages/iso8583': [],
  'packages/protocol': [],
  'packages/vse': [],
  'trusted-apps/payment': ['packages/vse'],
  'trusted-apps/otp': ['packages/vse'],
  'packages/app-protection': ['packages/protocol', 'packages/vse'],
  'packages/wallet-sdk': [
    'packages/vse',
    'trusted-apps/payment',
    'trusted-apps/otp',
    'packages/app-protection',
    'packages/protocol',
  ],
  'apps/wallet': ['packages/wallet-sdk', 'packages/protocol'],
  'apps/phone': ['packages/wallet-sdk', 'packages/protocol'],
  'apps/terminal': ['packages/emv', 'packages/iso8583', 'packages/protocol'],
  'apps/issuer': ['packages/emv', 'packages/iso8583', 'packages/protocol'],
  'apps/console': ['packages/protocol'],
  simulation: ALL,
  bench: ALL,
};

const workspaceByName = new Map(workspaces.map((workspace) => [packageOf(workspace).name, workspace]));
const mayImport = (from: string, to: string) => {
  const allowed = MAY_IMPORT[from];
  return from === to || allowed === ALL || (allowed?.includes(to) ?? false);
};

/** Module names in import, export-from and dynamic import. */
function importsOf(source: string): string[] {
  const pattern =
    /\b(?:import|export)\b[^;'"()]*?\bfrom\s*['"]([^'"]+)['"]|(?<![-\w'"])import\s*\(?\s*['"]([^'"]+)['"]/g;
  return [...withoutComments(source).matchAll(pattern)].map((match) => (match[1] ?? match[2])!);
}

const packageName = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
const workspaceOf = (file: string) => workspaces.find((workspace) => file.startsWith(`${workspace}/`));

const imports = code.flatMap((file) => importsOf(read(file)).map((specifier) => ({ file, specifier })));

test('the reader of imports sees every form', () => {
  const source = `
    import a from 'a'; import { b,
      type B } from "b"; import type { C } from 'c'; import 'd'; export * from 'e'; export { f } from 'f';
    const g = await import('g'); // import h from 'h'
    /* import i from 'i' */ const j = "from 'j'"; run('--import', k, ['l']);`;
  expect(importsOf(source)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
});

test('every workspace has a row in the table', () => {
  expect(workspaces.filter((workspace) => !(workspace in MAY_IMPORT))).toEqual([]);
});

test('package.json depends only on workspaces that the table allows', () => {
  const wrong = workspaces.flatMap((workspace) =>
    dependenciesOf(workspace)
      .filter((name) => workspaceByName.has(name) && !mayImport(workspace, workspaceByName.get(name)!))
      .map((name) => `${workspace} → ${name}`),
  );
  expect(wrong).toEqual([]);
});

test('code imports only workspaces that the table allows', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    const [from, to] = [workspaceOf(file), workspaceByName.get(packageName(specifier))];
    return from !== undefined && to !== undefined && !mayImport(from, to);
  });
  expect(wrong).toEqual([]);
});

test('relative imports stay inside their workspace; only assembly is shared, along the table', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    const from = workspaceOf(file);
    if (from === undefined || !specifier.startsWith('.')) return false;
    const target = posix.join(posix.dirname(file), specifier);
    if (target.startsWith(`${from}/`)) return false;
    // The story, the measurements and torture reach by path what no export should offer: a test-only kernel.
    if (MAY_IMPORT[from] === ALL) return false;
    const to = workspaceOf(target);
    return !(isAssembly(file) && isAssembly(target) && to !== undefined && mayImport(from, to));
  });
  expect(wrong).toEqual([]);
});

test('what a workspace imports stands in its package.json, or for tests and tools in that of the root', () => {
  const forTools = new Set(dependenciesOf(''));
  const declaredAnywhere = new Set(workspaces.flatMap(dependenciesOf));
  const wrong = imports.filter(({ file, specifier }) => {
    const from = workspaceOf(file);
    if (from === undefined || specifier.startsWith('.') || specifier.startsWith('node:')) return false;
    const name = packageName(specifier);
    if (name === packageOf(from).name || dependenciesOf(from).includes(name)) return false;
    // The story and the measurements use what the workspaces that they run use.
    if (MAY_IMPORT[from] === ALL && (workspaceByName.has(name) || declaredAnywhere.has(name))) return false;
    const isTool = isTest(file) || file.includes('/tools/') || from === 'bench';
    return !(isTool && forTools.has(name));
  });
  expect(wrong).toEqual([]);
});

test('packages that must run in a browser import nothing of Node', () => {
  const browserSafe =
    /^packages\/(iso8583|protocol)\/src\/|^packages\/emv\/src\/data\/|^packages\/(vse|wallet-sdk)\/src\/(?!node\/|test-kernel)|^trusted-apps\/[^/]+\/(client|contract)\.ts/;
  const wrong = imports.filter(
    ({ file, specifier }) => browserSafe.test(file) && !isTest(file) && specifier.startsWith('node:'),
  );
  expect(wrong).toEqual([]);
});
