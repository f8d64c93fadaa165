import type { SpawnOptions } from 'node:child_process';

export type End = { code: number | null; signal: NodeJS.Signals | null };
export function runInForeground(
  command: string,
  args: readonly string[],
  options?: SpawnOptions,
): Promise<End>;
export function exitLike(end: End): never;
