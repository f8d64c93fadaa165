// One process at a time for work on shared folders (installing, building). The lock is a symbolic link whose
// target is the owner's process id: symlink(2) creates the name and its content in one atomic step, so a lock
// is never seen half written. A lock whose owner is gone is taken over. Built-ins of Node 20 only.
import { readFileSync } from 'node:fs';
import { mkdir, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/**
 * Runs `work` while holding the lock at `path`; waits for a living owner, replaces a dead one.
 * @template T
 * @param {string} path the lock's name; its folder is made when missing
 * @param {() => Promise<T>} work
 * @param {(ownerPid: number) => void} [onWait] told once, when another process has to be waited for
 * @returns {Promise<T>}
 */
export async function oneAtATime(path, work, onWait = () => {}) {
  await mkdir(dirname(path), { recursive: true });
  await acquire(path, onWait);
  try {
    return await work();
  } finally {
    await unlink(path);
  }
}

async function acquire(path, onWait) {
  let told = false;
  for (;;) {
    if (await created(path)) return;
    const owner = await ownerOf(path);
    if (owner === undefined) continue;
    if (!isAlive(owner)) {
      await removeDead(path, owner);
      continue;
    }
    if (!told) onWait(owner);
    told = true;
    await sleep(POLL_MS);
  }
}

async function created(path) {
  try {
    await symlink(String(process.pid), path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

async function ownerOf(path) {
  try {
    return Number(await readlink(path));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

// Two waiters may both find the owner dead. Each moves the link away under a name of its own and looks at what
// it took: a waiter that caught the other's fresh lock by mistake puts it back.
async function removeDead(path, deadOwner) {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if ((await ownerOf(aside)) === deadOwner) await unlink(aside);
  else await rename(aside, path);
}

/**
 * Whether the process is at work. One that has ended stays visible until its parent collects it, which process 1
 * of a container may never do: on Linux its state says so (proc_pid_stat(5), field 3, after the last parenthesis).
 * @param {number} pid
 */
export function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return process.platform !== 'linux';
  }
}
