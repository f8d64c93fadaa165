// Builds what is stale. A target is stale when the content of its inputs differs from what its last build saw,
// or when an output is missing or is not what that build wrote. File times play no part: a clone, a copy and a
// changed branch all set them arbitrarily.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneAtATime } from './one-at-a-time.mjs';

export type Target = {
  readonly name: string;
  /** Globs, relative to the repository. What is not listed here does not cause a build. */
  readonly inputs: readonly string[];
  /** A program for Node, with its arguments. */
  readonly command: readonly string[];
  readonly outputs: readonly string[];
};

// The compiler's version is an input of every target through the lock file's entry for it.
const COMPILERS = ['node_modules/assemblyscript', 'node_modules/binaryen'];

export const targets: readonly Target[] = [
  {
    name: 'kernel',
    inputs: [
      'packages/vse/assembly/**/*.ts',
      'trusted-apps/*/assembly/**/*.ts',
      'packages/vse/tools/build-kernel.mjs',
      'vectors/test-keys.json',
    ],
    command: ['packages/vse/tools/build-kernel.mjs'],
    outputs: [
      'packages/vse/build/kernel.wasm',
      'packages/vse/build/kernel.scalar.wasm',
      'packages/vse/build/manufacturer-root.ts',
    ],
  },
  {
    name: 'test kernel',
    inputs: ['packages/vse/assembly/**/*.ts', 'packages/vse/tools/build-test-kernel.mjs'],
    command: ['packages/vse/tools/build-test-kernel.mjs'],
    outputs: [
      'packages/vse/build/test-kernel.wasm',
      'packages/vse/build/test-kernel.scalar.wasm',
      'packages/vse/build/test-objects.wasm',
    ],
  },
];

export function repositoryRoot(): string {
  return dirname(dirname(fileURLToPath(import.meta.url)));
}

/** Builds the stale ones of `wanted` in order. Returns the names of those that were built. */
export async function buildStale(
  root: string,
  wanted: readonly Target[],
  say: (line: string) => void,
): Promise<readonly string[]> {
  // Looked at before the lock is taken: a finished clone may be read-only.
  if (wanted.every((target) => isFresh(root, target, hashInputs(root, target)))) return [];
  return oneAtATime(
    join(root, '.tapseal', 'build.lock'),
    async () => {
      const built: string[] = [];
      for (const target of wanted) {
        const inputs = hashInputs(root, target);
        if (isFresh(root, target, inputs)) continue;
        say(`building the ${target.name}`);
        await run(root, target);
        writeStamp(root, target, { inputs, outputs: hashOutputs(root, target) });
        built.push(target.name);
      }
      return built;
    },
    (pid) => say(`waiting for process ${pid}, which is building`),
  );
}

type Stamp = { readonly inputs: string; readonly outputs: string };

function isFresh(root: string, target: Target, inputs: string): boolean {
  const path = stampPath(root, target);
  if (!existsSync(path) || !target.outputs.every((file) => existsSync(join(root, file)))) return false;
  const stamp = JSON.parse(readFileSync(path, 'utf8')) as Stamp;
  return stamp.inputs === inputs && stamp.outputs === hashOutputs(root, target);
}

function hashInputs(root: string, target: Target): string {
  const hash = createHash('sha256').update(JSON.stringify([target.command, target.outputs]));
  for (const file of globSync(target.inputs as string[], { cwd: root }).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  for (const compiler of COMPILERS) hash.update(versionOf(root, compiler));
  return hash.digest('hex');
}

function hashOutputs(root: string, target: Target): string {
  const hash = createHash('sha256');
  for (const file of target.outputs) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function versionOf(root: string, folder: string): string {
  const path = join(root, folder, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version : '-';
}

function stampPath(root: string, target: Target): string {
  return join(root, '.tapseal', 'built', `${target.name.replaceAll(' ', '-')}.json`);
}

function writeStamp(root: string, target: Target, stamp: Stamp): void {
  const path = stampPath(root, target);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(stamp));
}

async function run(root: string, target: Target): Promise<void> {
  const child = spawn(process.execPath, [...target.command], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`building the ${target.name} failed: ${target.command.join(' ')}`);
  const missing = target.outputs.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) throw new Error(`building the ${target.name} did not write ${missing.join(', ')}`);
}

if (import.meta.main) {
  try {
    await buildStale(repositoryRoot(), targets, (line) => console.log(`tapseal: ${line}`));
  } catch (error) {
    console.error(`tapseal: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
