// The built kernel, for hosts on Node.
import { readFile } from 'node:fs/promises';

const KERNEL = new URL('../../build/kernel.wasm', import.meta.url);

/** Compiles packages/vse/build/kernel.wasm; `npm run build` makes it. */
export async function loadKernel(file: URL = KERNEL): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(file));
}
