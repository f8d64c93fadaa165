// The repository's own files, for the tests about them. Walks the folder instead of asking git, so that an
// unpacked archive is checked like a clone.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// What .gitignore keeps out, and git itself.
const NOT_OURS = new Set(['.git', '.tapseal', '.vitest', 'node_modules', 'build', 'coverage', 'data']);

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : walk(path);
    return entry.isFile() && !entry.name.endsWith('.log') ? [path] : [];
  });
}

/** Every file, relative to the root, with `/`. */
export const files: readonly string[] = walk('').sort();

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

export function readJson<T>(file: string): T {
  return JSON.parse(read(file)) as T;
}

export const code = files.filter((file) => /\.(ts|mts|mjs|tsx)$/.test(file) && !file.endsWith('.d.mts'));
/** Tests, and what only tests use: test folders, and files named test-… beside the code that they know. */
export const isTest = (file: string) =>
  /\.test\.tsx?$|(^|\/)test\/|\/test-(?!keys\.|kernel\.)[a-z-]+\.ts$/.test(file);
export const isAssembly = (file: string) => file.includes('/assembly/');

/** The folders that package.json's workspaces name, for example "packages/emv". */
export const workspaces: readonly string[] = files
  .filter((file) => /^((packages|trusted-apps|apps)\/[^/]+|simulation|bench)\/package\.json$/.test(file))
  .map(dirname);

export type Package = {
  readonly name: string;
  readonly license?: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

export const packageOf = (workspace: string) =>
  readJson<Package>(workspace === '' ? 'package.json' : `${workspace}/package.json`);

export const dependenciesOf = (workspace: string): string[] => {
  const { dependencies, devDependencies, optionalDependencies } = packageOf(workspace);
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
};

/** Source without comments and with the same line breaks, so that a rule does not trip over prose. */
export function withoutComments(source: string): string {
  const pattern = /\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/[^\n]*/g;
  return source.replaceAll(pattern, (comment) => comment.replaceAll(/[^\n]/g, ' '));
}

/** Where the pattern occurs, as "file:line: what". */
export function occurrences(file: string, pattern: RegExp, source = read(file)): string[] {
  return [...source.matchAll(pattern)].map((match) => {
    const line = source.slice(0, match.index).split('\n').length;
    return `${file}:${line}: ${match[0].trim()}`;
  });
}
