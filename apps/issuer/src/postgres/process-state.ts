// Is a process still at work? A signal that can be sent is not proof: a process that has ended stays visible
// until its parent collects it, and process 1 of a container often never does.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export function isLiving(pid: number): boolean {
  const fields = statFields(pid);
  if (fields !== undefined) return fields[0] !== 'Z' && fields[0] !== 'X';
  if (process.platform === 'linux') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The process id with its start time where the system tells, since ids are reused. */
export function identify(pid: number): string {
  return `${pid}@${statFields(pid)?.[19] ?? ''}`;
}

/** The command line of a process, empty where there is none any more. */
export function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    if (process.platform === 'linux') return '';
    return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout;
  }
}

// proc_pid_stat(5), from field 3 (state) on; field 22 is the start time in clock ticks since boot. Field 2 is
// the program's name in parentheses and may hold anything, so fields are counted from the last closing one.
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
