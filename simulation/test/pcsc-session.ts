// The far side of pcsc.test.ts: the first process of network, mount and process namespaces of its own. Starts a real
// smart-card daemon and a whole stack in them, taps as the plan in its argument says, and prints what the readers saw
// as one line of JSON. Loopback here is this namespace's: vpcd listens on every interface, and there is no other.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { call } from '../src/http.ts';
import { DEMONSTRATION, provision } from '../src/story.ts';
import { type TemporaryStack, withTemporaryStack } from '../src/temporary-stack.ts';
import { type Exchange, exchangesOf, type Program, READER, script } from './pcsc-readers.ts';

export type PlannedTap = {
  readonly profile: 'open' | 'tdes';
  /** The customer enters the demonstration's PIN before the tap. */
  readonly cdcvm: boolean;
  readonly program: Program;
  readonly commands: readonly string[];
  /** Sent when the reader comes a second time, while the phone is still held there. */
  readonly again: readonly string[];
};

export type SeenTap = {
  readonly atr: string;
  readonly exchanges: readonly Exchange[];
  readonly again: readonly Exchange[];
  /** What the phone said of it. */
  readonly presentation: {
    readonly presented: boolean;
    readonly link: string;
    readonly tap?: { atc: number };
  };
};

/** Where vpcd's first reader waits for its card. */
const VPCD_PORT = 35_963;
const DRIVER = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';
/** Only against a wait without end: 20 s, where a second is much. */
const TRIES = 400;
const TRY_MS = 50;

const run = promisify(execFile);

prepareNamespaces();
const daemon = startDaemon();
try {
  await until('the reader', async () => (await askReader('--list-readers')).includes(READER));
  const plan = JSON.parse(process.argv[2]!) as PlannedTap[];
  const seen = await withTemporaryStack({ testKeys: true }, (stack) => play(stack, plan));
  process.stdout.write(`${JSON.stringify(seen)}\n`);
} finally {
  daemon.kill();
}

async function play(stack: TemporaryStack, plan: readonly PlannedTap[]): Promise<SeenTap[]> {
  const tokens = await provision(stack);
  const phone = await stack.url('phone', 'control');
  // From here on the bank is not reached by anyone: readers and phone are alone.
  await call(phone, 'POST /network', { body: { up: false } });
  const seen: SeenTap[] = [];
  for (const tap of plan) {
    await call(phone, 'POST /select', { body: { tokenId: tokens[tap.profile] } });
    await call(phone, 'POST /unlock');
    if (tap.cdcvm) await call(phone, 'POST /pin', { body: { pin: DEMONSTRATION.pin } });
    seen.push(await present(phone, tap));
    await call(phone, 'POST /lock');
  }
  return seen;
}

async function present(phone: string, tap: PlannedTap): Promise<SeenTap> {
  // The daemon looks only now and then: until it has missed the last card, it takes the next one for that.
  await until('an empty reader', async () => (await askReader('--atr')) === '');
  const body = { host: '127.0.0.1', port: VPCD_PORT };
  const presenting = call<SeenTap['presentation']>(phone, 'POST /present', { body });
  const reading = read(tap);
  try {
    // A phone that cannot get to the reader says why, at once.
    await Promise.race([reading, presenting.then(() => reading)]);
  } finally {
    await call(phone, 'POST /withdraw');
  }
  return { ...(await reading), presentation: await presenting };
}

async function read({ program, commands, again }: PlannedTap): Promise<Omit<SeenTap, 'presentation'>> {
  let atr = '';
  await until('the card', async () => {
    atr = await askReader('--atr');
    return atr !== '';
  });
  return {
    atr: atr.trim().replaceAll(':', '').toUpperCase(),
    exchanges: await send(program, commands),
    again: await send(program, again),
  };
}

async function send(program: Program, commands: readonly string[]): Promise<Exchange[]> {
  const { args, input } = script(program, commands);
  const sending = run(program, [...args]);
  sending.child.stdin!.end(input);
  const { stdout } = await sending;
  return exchangesOf(program, commands, stdout);
}

/** What opensc-tool prints; nothing when it fails: no reader yet, or no card in it. */
function askReader(question: '--list-readers' | '--atr'): Promise<string> {
  const which = question === '--atr' ? ['--reader', READER] : [];
  return run('opensc-tool', [...which, question]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 1; !(await holds()); tries++) {
    if (tries === TRIES) throw new Error(`waited in vain for ${what}`);
    await sleep(TRY_MS);
  }
}

/** Loopback up; a `/run` of our own, since the daemon's socket in it has a fixed place that clients compile in. */
function prepareNamespaces(): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  // vpcd writes a frame's length and its payload apart: without quick acknowledgements the second waits 40 ms.
  for (const destination of ['127.0.0.0/8', '127.0.0.1']) {
    const route = `route change local ${destination} dev lo table local proto kernel scope host src 127.0.0.1 quickack 1`;
    execFileSync('ip', route.split(' '));
  }
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
  mkdirSync('/run/pcscd');
}

/** With a configuration of its own: the machine's readers take no part, nor does a vpcd that others installed. */
function startDaemon() {
  const configuration = join(tmpdir(), 'reader.conf');
  const lines = [
    'FRIENDLYNAME "Virtual PCD"',
    `DEVICENAME /dev/null:${VPCD_PORT}`,
    `LIBPATH ${DRIVER}`,
    `CHANNELID ${VPCD_PORT}`,
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  return spawn('pcscd', ['--foreground', '--critical', '--config', configuration], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
