// Runs a program in the foreground and behaves as if it had been run directly: signals are passed on, and the
// exit code or the ending signal is kept. Built-ins of Node 20 only.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGINT'];

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} rejects only if it cannot be started
 */
export function runInForeground(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    // On a terminal Ctrl-C reaches the whole foreground group by itself; a second copy from us would look to
    // the child like an impatient user. Elsewhere the signal came to this process alone.
    const passOn = (signal) => {
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    for (const signal of PASSED_ON) process.on(signal, passOn);
    const done = (settle) => {
      for (const signal of PASSED_ON) process.off(signal, passOn);
      settle();
    };
    child.once('error', (error) => done(() => reject(error)));
    child.once('exit', (code, signal) => done(() => resolve({ code, signal })));
  });
}

/**
 * Ends this process the way the child ended.
 * @param {{ code: number | null, signal: NodeJS.Signals | null }} end
 * @returns {never}
 */
export function exitLike({ code, signal }) {
  process.exit(code ?? 128 + constants.signals[signal]);
}
