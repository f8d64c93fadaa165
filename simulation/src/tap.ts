// `npm run tap`: one tap on the command line, against the running stack, or with --standalone against a temporary one.
import { parseTapArguments, TAP_HELP, tapAgainst } from '@tapseal/terminal/command-line';
import { provision } from './story.ts';
import { withTemporaryStack } from './temporary-stack.ts';
import { testKeyLines } from './test-key-lines.ts';

// What a disk or a folder does: no bug, and nobody needs a stack trace of it. A payment that broke off half way stands in
// the journal, and the next tap takes it back (ISO 8583 reversal).
process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  if (error.syscall === undefined) throw error;
  process.stderr.write(
    `Broke off: ${error.message}. What the bank may have approved, the next tap takes back.\n`,
  );
  process.exit(2);
});

const args = parseTapArguments(process.argv.slice(2));
if ('help' in args) {
  process.stdout.write(TAP_HELP);
} else if ('mistake' in args) {
  process.stderr.write(`${args.mistake}\n\n${TAP_HELP}`);
  process.exitCode = 2;
} else if (args.standalone) {
  process.exitCode = await standalone(args);
} else {
  process.exitCode = await tapAgainst(args, process.env.TAPSEAL_DATA ?? 'data');
}

async function standalone(tapArguments: Extract<typeof args, { standalone: boolean }>): Promise<number> {
  if (process.env.NODE_ENV === 'production') {
    process.stderr.write('--standalone is a demonstration, and NODE_ENV is production.\n');
    return 2;
  }
  process.stdout.write('starting a temporary stack …\n');
  try {
    return await withTemporaryStack({ testKeys: tapArguments.testKeys }, async (stack) => {
      if (tapArguments.testKeys) process.stdout.write(`${testKeyLines().join('\n')}\n`);
      await provision(stack);
      return tapAgainst(tapArguments, stack.dataDir);
    });
  } catch (error) {
    process.stderr.write(`Could not be done: ${(error as Error).message}\n`);
    return 2;
  }
}
