// A whole stack in a temporary folder on free ports, removed afterwards: for tests, torture and `npm run tap -- --standalone`.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FREE_PORTS, type Stack, type StackOptions, startStack } from './stack.ts';

export type TemporaryStack = Stack & { readonly dataDir: string };

export async function withTemporaryStack<T>(
  options: Partial<Omit<StackOptions, 'dataDir' | 'ports'>>,
  work: (stack: TemporaryStack) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tapseal-'));
  // As root, PostgreSQL runs under another account, which has to pass through; else its data would lie elsewhere and stay.
  chmodSync(dataDir, 0o711);
  try {
    const stack = await startStack({
      testKeys: false,
      environment: process.env,
      onEvent: () => {},
      onNote: () => {},
      ...options,
      dataDir,
      ports: FREE_PORTS,
    });
    try {
      return await work({ ...stack, dataDir });
    } finally {
      await stack.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
