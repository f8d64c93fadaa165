// The static checks: programs that read the whole repository and say yes or no.
import { spawn } from 'node:child_process';

export type Check = {
  readonly name: string;
  /** A program for Node, with its arguments. */
  readonly command: readonly string[];
};

export const checks: readonly Check[] = [
  { name: 'type check', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] },
  {
    name: 'lint and format',
    command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--diagnostic-level=error'],
  },
];

/** Runs one check with its output on ours. */
export async function passes(root: string, { command }: Check): Promise<boolean> {
  const child = spawn(process.execPath, [...command], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}
