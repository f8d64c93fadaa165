// Builds the kernel with its trusted applications, with SIMD and without.
//
//   node packages/vse/tools/build-kernel.mjs [--root HEX]
//
// --root: the manufacturer's Ed25519 public key, 32 bytes. Without it the published test root of vectors/test-keys.json is
// compiled in, and the kernel says so to everyone (a production host and every issuer refuse it).

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';

const PAGES = '16'; // 1 MiB, minimum and maximum
const FLAGS = [
  '-O3',
  '--converge',
  '--runtime',
  'stub',
  '--use',
  'abort=',
  '--noExportMemory',
  '--exportStart',
  'start',
  '--initialMemory',
  PAGES,
  '--maximumMemory',
  PAGES,
];
const BUILDS = { 'kernel.wasm': ['--enable', 'simd'], 'kernel.scalar.wasm': [] };

const root = fileURLToPath(new URL('../../..', import.meta.url));
const build = join(root, 'packages/vse/build');
const { values } = parseArgs({ options: { root: { type: 'string' } } });

const testRoot = JSON.parse(readFileSync(join(root, 'vectors/test-keys.json'), 'utf8')).manufacturerRoot
  .ed25519PublicKey;
const key = (values.root ?? testRoot).toUpperCase();
if (!/^[0-9A-F]{64}$/.test(key)) throw new Error('--root takes an Ed25519 public key: 64 hexadecimal digits');

mkdirSync(build, { recursive: true });
writeFileSync(
  join(build, 'manufacturer-root.ts'),
  `// Written by tools/build-kernel.mjs.
export const ROOT_IS_TEST: u32 = ${key === testRoot.toUpperCase() ? 1 : 0};
export const MANUFACTURER_ROOT: usize = memory.data<u8>([${key.match(/../g).map((byte) => `0x${byte}`)}]);
`,
);

for (const [name, flags] of Object.entries(BUILDS)) {
  const out = join(build, name);
  const temporary = `${out}.${process.pid}`;
  const args = [
    'trusted-apps/payment/assembly/kernel-with-payment.ts',
    '--baseDir',
    root,
    ...FLAGS,
    ...flags,
  ];
  const { error, stderr } = await asc.main([...args, '-o', `packages/vse/build/${name}.${process.pid}`]);
  if (error) {
    rmSync(temporary, { force: true });
    console.error(stderr.toString());
    process.exit(1);
  }
  renameSync(temporary, out);
}
