// `npm test [-- FILTER…]`: builds, then runs the static checks and every test, and ends with the plain line
// `N passed, N failed, N skipped`. Filters and options are Vitest's; with them the static checks are left out.
import { parseCLI, startVitest } from 'vitest/node';
import { buildStale, repositoryRoot, targets } from './build.ts';
import { checks, passes } from './checks.ts';
import { installForTests, packagesForTests, thisMachine } from './debian.ts';
import { Tally } from './tally.ts';

const root = repositoryRoot();
const args = process.argv.slice(2);
const tally = new Tally();
const say = (line: string) => console.log(`tapseal: ${line}`);

// The command may be given anywhere; tests begin at the root.
process.chdir(root);
// Tests use published test keys, which production refuses.
process.env.NODE_ENV = 'test';
// A stack may be running from this clone: no test may find its data by default.
delete process.env.TAPSEAL_DATA;

await installForTests(packagesForTests, thisMachine(), say);
await step('build', async () => void (await buildStale(root, targets, say)));
if (args.length === 0) {
  for (const check of checks) {
    say(check.name);
    await step(check.name, async () => {
      if (!(await passes(root, check))) throw new Error('its messages are above');
    });
  }
}
await runVitest().catch((error: Error) => tally.fail('vitest', error.message));
for (const line of tally.lines()) console.log(line);
process.exit(tally.failed.length === 0 ? 0 : 1);

async function step(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    tally.pass();
  } catch (error) {
    tally.fail(name, (error as Error).message);
  }
}

async function runVitest(): Promise<void> {
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  const reporters = ['default', tally.reporter()];
  // A forgotten `test.only` would hide every other test.
  const vitest = await startVitest('test', filter, {
    ...options,
    root,
    watch: false,
    allowOnly: false,
    reporters,
  });
  const files = vitest.state.getTestModules().length;
  await vitest.close();
  if (files === 0) throw new Error('no test was found');
  if (process.exitCode && tally.failed.length === 0)
    throw new Error(`it ended with code ${process.exitCode}`);
}
