// The first step of every command of this repository, on a machine that may have nothing but Node 20: install
// what the lock file names, build what is stale, then run the real program under the Node that we pin
// (docs/decisions/0001-pinned-node.md). package.json calls it by `exec`: npm passes SIGTERM to its shell alone,
// which would die and leave the bank running. Built-ins of Node 20 only. All messages go to standard error, so that
// standard output stays the program's own.
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitLike, runInForeground } from './child.mjs';
import { ensureDependencies, SetupError } from './dependencies.mjs';

const OLDEST_NODE = 20;
const PINNED_NODE_MAJOR = 24;

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Sets up, builds what is stale, runs a TypeScript file under the pinned Node and ends as it ends.
 * @param {string} file absolute, or relative to the repository
 * @param {readonly string[]} args
 * @param {{ build?: boolean }} [options] `build: false` leaves building to the program
 */
export async function bootstrapAndRun(file, args, { build = true } = {}) {
  try {
    checkOwnNode();
    await ensureDependencies(root, say);
    const node = pinnedNode();
    if (build) {
      const built = await runInForeground(node, [join(root, 'scripts', 'build.ts')], {
        stdio: ['ignore', 2, 2],
      });
      if (built.code !== 0) exitLike(built);
    }
    const target = isAbsolute(file) ? file : join(root, file);
    if (!existsSync(target)) throw new SetupError(`${file} does not exist in this checkout.`);
    const cwd = callersFolder();
    exitLike(await runInForeground(node, [target, ...args], { cwd, env: environmentIn(cwd) }));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  }
}

/** The path of a Node that runs our TypeScript unbuilt: the pinned one, or this one where it is new enough. */
export function pinnedNode() {
  const pinned = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  if (majorOf(process.versions.node) >= PINNED_NODE_MAJOR) return process.execPath;
  throw new SetupError(
    `No Node ${PINNED_NODE_MAJOR} is packaged for ${process.platform}-${process.arch}, and this one is ` +
      `${process.versions.node}. Run the same command with Node ${PINNED_NODE_MAJOR} or newer.`,
  );
}

function checkOwnNode() {
  if (majorOf(process.versions.node) >= OLDEST_NODE) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old. Install Node ${OLDEST_NODE} or newer and run this again.`,
  );
}

// npm runs scripts in the package's folder. File names among the arguments are meant from where the person stood.
function callersFolder() {
  const fromNpm = process.env.npm_lifecycle_event !== undefined && process.cwd() === root;
  const stood = process.env.INIT_CWD;
  return fromNpm && stood !== undefined && existsSync(stood) ? stood : process.cwd();
}

// One data folder, wherever a command is given: the clone's own, unless the person chose another.
function environmentIn(folder) {
  const chosen = process.env.TAPSEAL_DATA;
  return { ...process.env, TAPSEAL_DATA: chosen ? resolve(folder, chosen) : join(root, 'data') };
}

const majorOf = (version) => Number(version.split('.')[0]);

function say(line) {
  process.stderr.write(`tapseal: ${line}\n`);
}
