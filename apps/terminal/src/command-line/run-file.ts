/**
 * run.json in the data folder: where the parts of the running stack listen. The supervisor writes it; see DESIGN §8.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RunningStack {
  /** Process id. */
  readonly supervisor: number;
  /** TCP ports on 127.0.0.1. */
  readonly iso8583: number;
  readonly phoneControl: number;
  /** Started with demonstration customers, whose PIN is published. */
  readonly demonstration: boolean;
  /** Personalised with the published test keys. */
  readonly testKeys: boolean;
}

/** The stack whose data folder this is, or why there is none. */
export function readRunFile(dataFolder: string): RunningStack | { readonly missing: string } {
  const path = join(dataFolder, 'run.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {
      missing: `no stack is running here: ${path} is not there. Start one with npm start, or use --standalone`,
    };
  }
  const stack = parseRunFile(text);
  // Ports of a process that died are absent until it is up again.
  if (stack === undefined)
    return { missing: `${path} names no bank or no phone: one of them is being started. Try again` };
  // A supervisor that was killed leaves its file behind.
  if (!isAlive(stack.supervisor))
    return { missing: `the stack of ${path} has stopped. Start it with npm start` };
  return stack;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function parseRunFile(text: string): RunningStack | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { pids, ports, demonstration, testKeys } = (content ?? {}) as Record<string, unknown>;
  const services = (ports ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  const iso8583 = services.issuer?.iso8583;
  const phoneControl = services.phone?.control;
  const supervisor = (pids as { supervisor?: unknown } | undefined)?.supervisor;
  if (!isPort(iso8583) || !isPort(phoneControl) || !Number.isInteger(supervisor)) return undefined;
  return {
    supervisor: supervisor as number,
    iso8583,
    phoneControl,
    demonstration: demonstration === true,
    testKeys: testKeys === true,
  };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
}
