// Builds the test-only kernel, with SIMD and without, into packages/vse/build. Takes no arguments.

import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

// The flags of the kernel proper.
const FLAGS = ['-O3', '--converge', '--runtime', 'stub', '--use', 'abort=', '--noExportMemory'];
const BUILDS = { 'test-kernel.wasm': ['--enable', 'simd'], 'test-kernel.scalar.wasm': [] };

const vse = fileURLToPath(new URL('..', import.meta.url));

mkdirSync(join(vse, 'build'), { recursive: true });
for (const [name, flags] of Object.entries(BUILDS)) {
  const out = join(vse, 'build', name);
  const temporary = `${out}.${process.pid}`;
  // The compiler takes paths relative to its base folder.
  const args = [
    'assembly/test-kernel.ts',
    '--baseDir',
    vse,
    ...FLAGS,
    ...flags,
    '-o',
    `build/${name}.${process.pid}`,
  ];
  const { error, stderr } = await asc.main(args);
  if (error) {
    rmSync(temporary, { force: true });
    console.error(stderr.toString());
    throw error;
  }
  renameSync(temporary, out);
}
