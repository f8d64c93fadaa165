// `npm start`: the whole stack and its story. See README.md.
import { bootstrapAndRun } from './bootstrap.mjs';

await bootstrapAndRun('simulation/src/main.ts', process.argv.slice(2));
