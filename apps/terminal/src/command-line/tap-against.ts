/**
 * The command-line terminal on this machine: real clock, sockets and keyboard around `tapCommand`.
 */
import { accessSync, chmodSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { JournalInUse, journalFile } from '../acquirer/journal-file.ts';
import { tcpWire } from '../acquirer/tcp-wire.ts';
import { DEMONSTRATION_TERMINAL } from '../kernel/index.ts';
import type { TapArguments } from './arguments.ts';
import { DEMONSTRATION_UTC_OFFSET_MINUTES, systemClock, systemRandom } from './host.ts';
import { phoneControl } from './phone-control.ts';
import { promptPin } from './pin-prompt.ts';
import { type RunningStack, readRunFile } from './run-file.ts';
import { type TapExitCode, tapCommand } from './tap-command.ts';
import { publishedTestKeys } from './test-keys.ts';

/** The published PIN of every demonstration customer, and one that is not theirs. */
const DEMONSTRATION_PIN = '4929';
const WRONG_PIN = '4920';

/** Another terminal than the running stack's, so that their STANs never meet. */
const TERMINAL_ID = 'TAPSEAL2';
const CONNECT_MS = 3_000;

/** One tap with the stack whose run.json lies in this folder. */
export async function tapAgainst(args: TapArguments, dataFolder: string): Promise<TapExitCode> {
  const stack = readRunFile(dataFolder);
  const mistake = 'missing' in stack ? stack.missing : mistakeIn(args, stack);
  if (mistake !== undefined || 'missing' in stack) {
    process.stderr.write(`${mistake}.\n`);
    return 2;
  }
  let journal: ReturnType<typeof journalFile>;
  try {
    journal = journalFile(join(dataFolder, 'terminal-command-line'), systemRandom);
  } catch (error) {
    if (!(error instanceof JournalInUse)) throw error;
    process.stderr.write(`Could not be done: ${error.message}.\n`);
    return 2;
  }
  try {
    return await tapCommand(args, {
      terminal: { ...DEMONSTRATION_TERMINAL, terminalId: TERMINAL_ID },
      utcOffsetMinutes: DEMONSTRATION_UTC_OFFSET_MINUTES,
      clock: systemClock,
      random: systemRandom,
      journal,
      connect: tcpWire('127.0.0.1', stack.iso8583, CONNECT_MS),
      phone: phoneControl(stack.phoneControl, process.env.TAPSEAL_PHONE_CREDENTIAL),
      pin: () => pinFor(args, stack),
      testKeys: (profile) => (stack.testKeys ? publishedTestKeys(profile) : undefined),
      print: (line) => void process.stdout.write(`${line}\n`),
      // It holds a token's number, and with test keys issuer master keys: the owner's alone.
      writeTrace: (path, trace) => {
        writeFileSync(path, `${JSON.stringify(trace, null, 2)}\n`, { mode: 0o600 });
        chmodSync(path, 0o600); // also where the file was there before
      },
    });
  } finally {
    journal.release();
  }
}

function mistakeIn(args: TapArguments, stack: RunningStack): string | undefined {
  // Before any money moves.
  if (args.trace !== undefined && !canWrite(args.trace)) return `--trace: ${args.trace} cannot be written`;
  if (args.testKeys && !stack.testKeys) {
    return 'the running stack has keys of its own: start it with npm start -- --test-keys, or add --standalone';
  }
  if (args.wrongPin && !stack.demonstration) {
    return '--wrong-pin is for demonstration customers: here, type a wrong one at the prompt of --cdcvm';
  }
  return undefined;
}

function canWrite(path: string): boolean {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
    return !(existsSync(path) && statSync(path).isDirectory());
  } catch {
    return false;
  }
}

/** A demonstration's PIN is published; any other is typed, never an argument. */
function pinFor(args: TapArguments, stack: RunningStack): Promise<Uint8Array | undefined> {
  if (!stack.demonstration) return promptPin(process.stdin, process.stdout);
  return Promise.resolve(new TextEncoder().encode(args.wrongPin ? WRONG_PIN : DEMONSTRATION_PIN));
}
