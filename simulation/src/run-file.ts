// run.json in the data folder: which processes make up the running stack, and where they listen. Written whole,
// under another name, and renamed: whoever reads it sees one state or another, never half of one.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLiving } from '@tapseal/issuer/postgres';

export type RunFile = {
  /** Service name → process id; `supervisor` is among them. */
  readonly pids: Readonly<Record<string, number>>;
  /** Service name → listener name → port on 127.0.0.1. */
  readonly ports: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Demonstration customers, whose PIN is published. */
  readonly demonstration: boolean;
  /** Personalised with the published test keys of vectors/test-keys.json. */
  readonly testKeys: boolean;
};

const pathIn = (dataDir: string) => join(dataDir, 'run.json');

export function writeRunFile(dataDir: string, content: RunFile): void {
  mkdirSync(dataDir, { recursive: true });
  const partial = `${pathIn(dataDir)}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(partial, pathIn(dataDir));
}

/** The running stack, or undefined where none runs (a supervisor that was killed leaves its file behind). */
export function readRunFile(dataDir: string): RunFile | undefined {
  let text: string;
  try {
    text = readFileSync(pathIn(dataDir), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const content = JSON.parse(text) as RunFile;
  return isLiving(content.pids.supervisor!) ? content : undefined;
}

export function removeRunFile(dataDir: string): void {
  rmSync(pathIn(dataDir), { force: true });
}
