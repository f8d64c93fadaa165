// Builds what only tests use into packages/vse/build: the test kernel, with SIMD and without, and the object store alone.
// Takes no arguments.

import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

// The flags of the kernel proper.
const FLAGS = ['-O3', '--converge', '--runtime', 'stub', '--use', 'abort=', '--noExportMemory'];
const BUILDS = {
  'test-kernel.wasm': ['assembly/test-kernel.ts', '--enable', 'simd'],
  'test-kernel.scalar.wasm': ['assembly/test-kernel.ts'],
  'test-objects.wasm': ['assembly/test-objects.ts', '--enable', 'simd'],
};

const vse = fileURLToPath(new URL('..', import.meta.url));

mkdirSync(join(vse, 'build'), { recursive: true });
for (const [name, entryAndFlags] of Object.entries(BUILDS)) {
  const out = join(vse, 'build', name);
  const temporary = `${out}.${process.pid}`;
  // The compiler takes paths relative to its base folder.
  const args = [...entryAndFlags, '--baseDir', vse, ...FLAGS, '-o', `build/${name}.${process.pid}`];
  const { error, stderr } = await asc.main(args);
  if (error) {
    rmSync(temporary, { force: true });
    console.error(stderr.toString());
    throw error;
  }
  renameSync(temporary, out);
}
