// Processes of this machine, by name: `pid startMoment`. Linux: field 22 of /proc/PID/stat, in ticks since boot, with
// the boot's own id in front (proc_pid_stat(5)); elsewhere the process id alone.
import { readFile } from 'node:fs/promises';
import type { Processes } from './wallet-lock.ts';

export async function nodeProcesses(): Promise<Processes> {
  return {
    self: `${process.pid} ${await startMoment(process.pid)}`,
    async isAlive(name) {
      const [pidText, moment] = name.split(' ');
      const pid = Number(pidText);
      if (!Number.isInteger(pid) || pid <= 0 || !runs(pid)) return false;
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

async function startMoment(pid: number): Promise<string> {
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'ascii')).trim();
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The command name, in parentheses, may itself hold spaces and parentheses; field 3 follows the last one.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? '-' : `${boot}/${ticks}`;
  } catch {
    return '-';
  }
}
