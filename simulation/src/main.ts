// `npm start`: the whole stack on this machine, one story, and then it stays up.
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { busyPorts } from './busy-ports.ts';
import { readRunFile } from './run-file.ts';
import { DEFAULT_PORTS, FREE_PORTS, type Stack, startStack } from './stack.ts';
import { playStory, type StoryEnd } from './story.ts';
import { storyTable } from './story-table.ts';
import type { SupervisorEvent } from './supervisor.ts';
import { testKeyLines } from './test-key-lines.ts';

const HELP = `npm start [-- OPTION…]

Starts PostgreSQL, the issuer, a terminal and a phone as processes of their own on 127.0.0.1, plays one story, stays up.

  --once        play the story, stop, and exit 0 only if every step ended as told
  --test-keys   personalise with the published issuer master keys of vectors/test-keys.json, and print them
  --free-ports  take any free ports instead of 7300–7305
  --no-story    start, and play nothing
  --help        this text

  TAPSEAL_DATA   data folder (default ./data)
  DATABASE_URL   a PostgreSQL server of your own instead of the embedded one
`;

const { values } = argumentsOrExit({
  options: {
    once: { type: 'boolean', default: false },
    'test-keys': { type: 'boolean', default: false },
    'free-ports': { type: 'boolean', default: false },
    'no-story': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else process.exitCode = await run();

async function run(): Promise<number> {
  const { env } = process;
  if (env.NODE_ENV === 'production') {
    say(
      'this is the demonstration: it loads demo people, and NODE_ENV is production. For a real issuer see docs/operating/.',
    );
    return 2;
  }
  const dataDir = resolve(env.TAPSEAL_DATA ?? 'data');
  const ports = values['free-ports'] ? FREE_PORTS : DEFAULT_PORTS;
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    say(`the data folder cannot be used: ${(error as Error).message}. TAPSEAL_DATA chooses another.`);
    return 2;
  }
  const other = readRunFile(dataDir);
  if (other !== undefined) {
    say(`a stack is running already (process ${other.pids.supervisor}, ${join(dataDir, 'run.json')}).`);
    say('stop it, or set TAPSEAL_DATA to another folder and add --free-ports.');
    return 2;
  }
  const busy = await busyPorts(env.DATABASE_URL ? { ...ports, postgres: 0 } : ports);
  if (busy.length > 0) {
    say(`in use by another program: port ${busy.join(', ')}. Stop it, or add --free-ports.`);
    return 2;
  }
  const started = performance.now();
  const stopRequested = Promise.withResolvers<'stop'>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => stopRequested.resolve('stop'));

  say('starting PostgreSQL, issuer, terminal, phone …');
  let stack: Stack;
  try {
    stack = await startStack({
      dataDir,
      ports,
      testKeys: values['test-keys'],
      databaseUrl: env.DATABASE_URL,
      environment: env,
      onEvent: narrateEvent,
      onNote: (line) => process.stdout.write(`${line}\n`),
    });
  } catch (error) {
    say((error as Error).message);
    return 1;
  }
  try {
    if (values['test-keys']) for (const line of testKeyLines()) say(line);
    const end = values['no-story'] ? undefined : await Promise.race([tell(stack), stopRequested.promise]);
    if (end === 'stop') return 130;
    if (end !== undefined) {
      process.stdout.write(`\n${storyTable(end)}\n`);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      say(
        end.asTold
          ? `the story ended as told, after ${seconds} s.`
          : 'the story did not end as told: see the lines marked ✗.',
      );
    }
    if (values.once) return end?.asTold === false ? 1 : 0;
    await whatNext(stack, dataDir);
    await stopRequested.promise;
    say('stopping …');
    return 0;
  } catch (error) {
    say(`the story broke off: ${(error as Error).message}. Logs: ${join(dataDir, 'logs')}`);
    return 1;
  } finally {
    await stack.stop();
  }
}

async function tell(stack: Stack): Promise<StoryEnd> {
  return playStory(stack, {
    chapter: (title) => process.stdout.write(`\n${title}\n`),
    step: (title, { ok, detail }) =>
      process.stdout.write(`  ${ok ? '✓' : '✗'} ${title.padEnd(34)} ${detail}\n`),
  });
}

function narrateEvent(event: SupervisorEvent): void {
  if (event.kind === 'ready') {
    const ports = Object.entries(event.ports).map(([name, port]) => `${name} ${port}`);
    process.stdout.write(
      `  ✓ ${event.name.padEnd(9)} process ${String(event.pid).padEnd(7)} ${ports.join(', ')}\n`,
    );
  } else if (event.kind === 'ended') {
    say(
      `${event.name} ended (${event.end.signal ?? `code ${event.end.code}`}); starting it again in ${event.restartInMs} ms`,
    );
  } else if (event.kind === 'not_ready') {
    say(`${event.name} did not start: ${event.error.message}`);
  } else if (event.kind === 'given_up') {
    say(`${event.name} was given up after ${event.restarts} restarts`);
  }
}

async function whatNext(stack: Stack, dataDir: string): Promise<void> {
  const issuer = await stack.url('issuer', 'http');
  const phone = await stack.url('phone', 'control');
  process.stdout.write(`
The stack stays up. In another shell:
  npm run tap                                   one tap, every APDU
  npm run tap -- --cdcvm --amount 120           with the PIN, above the low-value limit
  npm run tap -- --wrong-pin --amount 120       the bank alone will notice
  npm run tap -- --profile tdes --trace t.json  a trace for your own tool
  curl -H 'Content-Type: application/json' -d '{"up":false}' ${phone}/network
                                                no network for the phone: it taps on, until its keys run out
The issuer's interface: ${issuer}/openapi.json
Processes and ports, kill -9 one and watch: ${join(dataDir, 'run.json')}
The bearer credential of the bank's own calls: ${join(dataDir, 'operator-credential')}
Ctrl-C stops everything; the data stay. PIN of the demonstration customer: 4929.
`);
}

function argumentsOrExit<T extends Parameters<typeof parseArgs>[0]>(config: T) {
  try {
    return parseArgs<NonNullable<T>>(config as NonNullable<T>);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

function say(line: string): void {
  process.stdout.write(`tapseal: ${line}\n`);
}
