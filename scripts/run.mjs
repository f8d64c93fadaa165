// `node scripts/run.mjs FILE.ts [ARGUMENT…]`: sets up and builds, then runs FILE under the pinned Node. FILE is
// relative to the repository, its arguments to where the command was given.
import { bootstrapAndRun } from './bootstrap.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node scripts/run.mjs FILE.ts [ARGUMENT…]\n');
  process.exit(2);
}
await bootstrapAndRun(file, args, { build: file !== 'scripts/build.ts' });
