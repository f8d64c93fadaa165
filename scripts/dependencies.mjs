// Makes node_modules agree with package-lock.json, once per change of the lock file. A stamp in node_modules
// remembers the lock file that was installed, so that later starts need neither npm nor the network. Built-ins
// of Node 20 only: this runs before anything is installed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { runInForeground } from './child.mjs';
import { oneAtATime } from './one-at-a-time.mjs';

/** An error whose message is all that the person at the keyboard needs. */
export class SetupError extends Error {}

/**
 * Installs what package-lock.json names, unless that is installed already.
 * @param {string} root the repository
 * @param {(line: string) => void} say
 */
export async function ensureDependencies(root, say) {
  const wanted = stampFor(root);
  if (readStamp(root) === wanted) return;
  await oneAtATime(
    join(root, '.tapseal', 'install.lock'),
    async () => {
      if (readStamp(root) === wanted) return;
      if (!installedMatches(readLock(root), readHiddenLock(root), thisPlatform())) await install(root, say);
      writeFileSync(stampPath(root), wanted);
    },
    (pid) => say(`waiting for process ${pid}, which is installing the dependencies`),
  );
}

/**
 * Whether npm's own record of node_modules (node_modules/.package-lock.json) holds every package of the lock
 * file. Packages for another platform may be absent.
 * @param {{ packages: Record<string, any> }} lock
 * @param {{ packages: Record<string, any> } | undefined} installed
 * @param {{ os: string, cpu: string, libc: string | undefined }} platform
 */
export function installedMatches(lock, installed, platform) {
  if (installed === undefined) return false;
  return Object.entries(lock.packages).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed.packages[path];
    if (found !== undefined) {
      return (
        found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link
      );
    }
    return entry.optional === true && !isForThisPlatform(entry, platform);
  });
}

// An optional package that names a platform is needed where the platform is ours. One that names none (a part
// of another platform's package) is left to npm's judgement.
function isForThisPlatform(entry, platform) {
  if (entry.os === undefined || entry.cpu === undefined) return false;
  const names = (field, value) => field === undefined || [field].flat().includes(value);
  return names(entry.os, platform.os) && names(entry.cpu, platform.cpu) && names(entry.libc, platform.libc);
}

function thisPlatform() {
  const glibc = process.report?.getReport().header.glibcVersionRuntime;
  const libc = process.platform === 'linux' ? (glibc ? 'glibc' : 'musl') : undefined;
  return { os: process.platform, cpu: process.arch, libc };
}

async function install(root, say) {
  say('installing the dependencies that package-lock.json names (npm ci)');
  // `npm ci` empties node_modules, where the running Node may live: npm gets one from outside.
  const node = nodeOutside(join(root, 'node_modules'));
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--include=optional'];
  const npm = process.env.npm_execpath;
  const [command, before] = npm?.endsWith('npm-cli.js') ? [node, [npm]] : ['npm', []];
  let end;
  try {
    end = await runInForeground(command, [...before, ...args], {
      cwd: root,
      env: environmentForNpm(),
      stdio: ['ignore', 2, 2],
    });
  } catch (error) {
    throw new SetupError(
      `cannot start npm (${error.code}). Install Node.js 20 or newer with its npm, then run this again.`,
    );
  }
  if (end.code !== 0) {
    throw new SetupError(
      'npm ci failed; its own message is above. It needs the npm registry once. Behind a proxy set the npm ' +
        'settings "proxy", "https-proxy" and "cafile", or fill node_modules on a connected machine and copy it here.',
    );
  }
}

// The outer npm hands its settings down as npm_* variables. Those that describe *that* run (its prefix, its
// script) would mislead the inner one; settings of the person (registry, proxy, certificates) are kept.
function environmentForNpm() {
  const aboutThatRun =
    /^npm_(?!config_)|^npm_config_(global_|local_)?prefix$|^npm_config_(workspaces?|omit|production|only)$/i;
  const entries = Object.entries(process.env).filter(
    ([name]) => !aboutThatRun.test(name) && name !== 'NODE_ENV',
  );
  return Object.fromEntries(entries);
}

function nodeOutside(nodeModules) {
  const inside = (path) => path.startsWith(nodeModules + sep);
  const candidates = [
    process.env.npm_node_execpath,
    process.execPath,
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node')),
  ];
  return candidates.find((path) => path && !inside(path) && existsSync(path)) ?? process.execPath;
}

function stampFor(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;
}

const stampPath = (root) => join(root, 'node_modules', '.tapseal-lock');

function readStamp(root) {
  return existsSync(stampPath(root)) ? readFileSync(stampPath(root), 'utf8') : undefined;
}

function readLock(root) {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
}

function readHiddenLock(root) {
  const path = join(root, 'node_modules', '.package-lock.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
