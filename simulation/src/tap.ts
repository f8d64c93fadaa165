// `npm run tap`: the command-line terminal, against the running stack or, with --standalone, against a temporary one that
// is started, given the demonstration's customer and card, and removed afterwards.
import { parseTapArguments, TAP_HELP, type TapArguments, tapAgainst } from '@tapseal/terminal/command-line';
import { provision } from './story.ts';
import { withTemporaryStack } from './temporary-stack.ts';

/** Exit code for what could not be done, as of the terminal's own. */
const COULD_NOT = 2;

const args = parseTapArguments(process.argv.slice(2));
if ('help' in args) {
  process.stdout.write(TAP_HELP);
} else if ('mistake' in args) {
  process.stderr.write(`${args.mistake}\n\n${TAP_HELP}`);
  process.exitCode = COULD_NOT;
} else {
  process.exitCode = args.standalone
    ? await standalone(args)
    : await tapAgainst(args, process.env.TAPSEAL_DATA ?? 'data');
}

/** Progress goes to standard error: standard output is the tap's. */
async function standalone(tap: TapArguments): Promise<number> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  say('starting a temporary stack ...');
  const onNote = (line: string) => say(line);
  try {
    return await withTemporaryStack({ testKeys: tap.testKeys, onNote }, async (stack) => {
      const interrupted = new Promise<number>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(COULD_NOT));
      });
      const tapped = provision(stack).then(() => {
        say('customer, card and key sets are in place');
        return tapAgainst(tap, stack.dataDir);
      });
      return Promise.race([tapped, interrupted]);
    });
  } catch (error) {
    say(`Could not be done: ${(error as Error).message}`);
    return COULD_NOT;
  }
}
