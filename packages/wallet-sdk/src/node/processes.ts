// Processes of this machine, by name: `pid startMoment`. Linux: field 22 of /proc/PID/stat, in ticks since boot, with
// the boot's own id in front (proc_pid_stat(5)); elsewhere the process id alone. Where a permission model hides other
// processes, one of this boot that has the owner's id is taken for the owner: a wallet then stays shut rather than open
// twice.
import { readFile } from 'node:fs/promises';
import type { Processes } from './wallet-lock.ts';

/** What is read of this process and this boot: what a permission model has to allow. */
export const PROCESS_FILES: readonly string[] = ['/proc/self/stat', '/proc/sys/kernel/random/boot_id'];

export async function nodeProcesses(): Promise<Processes> {
  return {
    self: `${process.pid} ${await startMoment('self')}`,
    async isAlive(name) {
      const [pidText, moment = '-'] = name.split(' ');
      const pid = Number(pidText);
      if (!Number.isInteger(pid) || pid <= 0 || !runs(pid)) return false;
      const boot = await bootId();
      if (moment !== '-' && boot !== '-' && !moment.startsWith(`${boot}/`)) return false;
      const now = await startMoment(pid);
      return moment === '-' || now === '-' || moment === now;
    },
  };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function startMoment(pid: number | 'self'): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The command name, in parentheses, may itself hold spaces and parentheses; field 3 follows the last one.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const boot = await bootId();
    return ticks === undefined || boot === '-' ? '-' : `${boot}/${ticks}`;
  } catch {
    return '-';
  }
}

async function bootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'ascii')).trim();
  } catch {
    return '-';
  }
}
