// Every dependency has a reason on the page that README links to, a licence that a bank can take, and an exact
// version.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dependenciesOf, packageOf, read, readJson, root, workspaces } from './repository.ts';

const PAGE = 'docs/dependencies.md';
const owners = ['', ...workspaces];
const thirdParty = [...new Set(owners.flatMap(dependenciesOf))].filter(
  (name) => !name.startsWith('@tapseal/'),
);

test('every direct dependency stands on the page with a reason, and nothing else does', () => {
  const rows = [...read(PAGE).matchAll(/^\|\s*((?:`[^`]+`[,\s]*)+)\|\s*([^|]+?)\s*\|/gm)];
  const listed = rows.flatMap((row) => [...row[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
  expect(listed.toSorted()).toEqual(thirdParty.toSorted());
  for (const row of rows) expect(row[2]!.split(' ').length, row[1]).toBeGreaterThan(4);
});

test('versions are exact', () => {
  const loose = owners.flatMap((owner) => {
    const { dependencies, devDependencies, optionalDependencies } = packageOf(owner);
    const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    return all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)).map(([name]) => name);
  });
  expect(loose).toEqual([]);
});

test('our own packages are Apache-2.0 and not for publishing', () => {
  for (const owner of owners)
    expect(packageOf(owner), owner).toMatchObject({ license: 'Apache-2.0', private: true });
});

const TAKEN =
  /^(MIT(-0)?|ISC|BSD-[23]-Clause|0BSD|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|PostgreSQL)$/;
// For development alone, used unchanged, part of nothing that we ship.
const TAKEN_FOR_TOOLS: readonly { name: RegExp; licence: string; why: string }[] = [
  { name: /^lightningcss/, licence: 'MPL-2.0', why: 'part of the test runner; copyleft by file' },
  { name: /^jxon$/, licence: 'GPL v3', why: 'comes with iso_8583, which the bench measures us against' },
];

type Installed = {
  readonly license?: string | { type: string };
  readonly licenses?: readonly { type: string }[];
};
type Lock = {
  readonly packages: Readonly<Record<string, { dev?: boolean; link?: boolean; license?: string }>>;
};

function licenceOf(folder: string, fromLock: string | undefined): string {
  const file = `${folder}/package.json`;
  if (!existsSync(join(root, file))) return fromLock ?? 'none';
  const { license, licenses } = readJson<Installed>(file);
  return (typeof license === 'object' ? license.type : license) ?? licenses?.[0]?.type ?? 'none';
}

// "A OR B" is ours to choose, "A AND B" asks for both.
const isTaken = (licence: string): boolean => {
  const bare = licence.replaceAll(/[()]/g, '');
  if (/ or /i.test(bare)) return bare.split(/ or /i).some(isTaken);
  return bare.split(' AND ').every((part) => TAKEN.test(part));
};

test('no dependency, direct or not, has a copyleft or unknown licence', () => {
  const { packages } = readJson<Lock>('package-lock.json');
  const wrong = Object.entries(packages).filter(([folder, { dev, link, license }]) => {
    if (!folder.includes('node_modules/') || link) return false;
    const licence = licenceOf(folder, license);
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const forTools = TAKEN_FOR_TOOLS.some((tool) => tool.name.test(name) && tool.licence === licence);
    return !isTaken(licence) && !(dev && forTools);
  });
  expect(wrong.map(([folder, entry]) => `${folder}: ${licenceOf(folder, entry.license)}`)).toEqual([]);
});

test('README leads to the page', () => {
  expect(read('README.md')).toContain(`(${PAGE})`);
});
