// `npm test`: every check of the repository. See CONTRIBUTING.md.
import { bootstrapAndRun } from './bootstrap.mjs';

await bootstrapAndRun('scripts/test.ts', process.argv.slice(2), { build: false });
