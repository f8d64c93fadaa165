/**
 * `npm run tap` against the running stack: the composition root of the command-line terminal. With `--standalone` the
 * temporary stack is the simulation's to start (simulation/src/tap.ts), which then calls `tapAgainst` here.
 */
import { parseTapArguments, TAP_HELP } from './command-line/arguments.ts';
import { tapAgainst } from './command-line/tap-against.ts';

const args = parseTapArguments(process.argv.slice(2));
if ('help' in args) {
  process.stdout.write(TAP_HELP);
} else if ('mistake' in args) {
  process.stderr.write(`${args.mistake}\n\n${TAP_HELP}`);
  process.exitCode = 2;
} else if (args.standalone) {
  process.stderr.write(
    "--standalone starts a whole stack, which is the simulation's part: npm run tap -- --standalone\n",
  );
  process.exitCode = 2;
} else {
  process.exitCode = await tapAgainst(args, process.env.TAPSEAL_DATA ?? 'data');
}
