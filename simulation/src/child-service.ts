// A service that is a Node process of its own. It says that it is ready by one message to its parent:
//   process.send?.({ ready: true, ports: { http: 7300 } })
// stops on SIGTERM, and writes what it has to say to a log file.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { End, Ports, Running, Service } from './supervisor.ts';

export type ChildOptions = {
  readonly name: string;
  /** The program, TypeScript or JavaScript. */
  readonly file: string;
  readonly args?: readonly string[];
  /** The whole environment of the child, given the ports that it had in its life before. */
  readonly env: (last: Ports | undefined) => NodeJS.ProcessEnv;
  /** Options for Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Standard output and error are appended to it. */
  readonly logFile: string;
  readonly readyWithinMs?: number;
  /** After SIGTERM, before SIGKILL. */
  readonly stopWithinMs?: number;
};

const EXIT_WITH_SUPERVISOR = fileURLToPath(import.meta.resolve('./exit-with-supervisor.ts'));

export function childService(options: ChildOptions): Service {
  return { name: options.name, launch: (last) => launch(options, last) };
}

async function launch(options: ChildOptions, last: Ports | undefined): Promise<Running> {
  const { name, readyWithinMs = 30_000, stopWithinMs = 10_000 } = options;
  const child = spawnLogged(options, last);
  const exited = new Promise<End>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const stop = () => stopChild(child, exited, stopWithinMs);
  const patience = new AbortController();
  const outcome = await Promise.race([
    readyMessage(child),
    exited,
    sleep(readyWithinMs, 'late' as const, { signal: patience.signal }).catch(() => 'late' as const),
  ]);
  patience.abort();
  if (typeof outcome === 'object' && 'ports' in outcome) {
    return { pid: child.pid!, ports: outcome.ports, exited, stop };
  }
  await stop();
  const what =
    outcome === 'late'
      ? `was not ready within ${readyWithinMs} ms`
      : `ended (${describe(outcome)}) before it was ready`;
  throw new Error(`${name} ${what}. Its log (${options.logFile}) ends with:\n${tail(options.logFile)}`);
}

function spawnLogged(
  { file, args = [], env, nodeOptions = [], logFile }: ChildOptions,
  last: Ports | undefined,
): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(process.execPath, [...nodeOptions, '--import', EXIT_WITH_SUPERVISOR, file, ...args], {
      env: env(last),
      stdio: ['ignore', log, log, 'ipc'],
      // A group of its own: Ctrl-C on the terminal reaches the supervisor alone, which stops things in order.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

function readyMessage(child: ChildProcess): Promise<{ ports: Ports }> {
  return new Promise((resolve) => {
    child.on('message', (message: { ready?: unknown; ports?: Ports }) => {
      if (message.ready === true) resolve({ ports: message.ports ?? {} });
    });
  });
}

async function stopChild(child: ChildProcess, exited: Promise<End>, withinMs: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    child.kill(signal);
    const patience = new AbortController();
    const timeout = sleep(withinMs, 'timeout' as const, { signal: patience.signal }).catch(
      () => 'called off' as const,
    );
    const first = await Promise.race([exited, timeout]);
    patience.abort();
    if (first !== 'timeout') return;
  }
}

const TAIL_LINES = 20;

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

const describe = ({ code, signal }: End) => (signal === null ? `code ${code}` : signal);
