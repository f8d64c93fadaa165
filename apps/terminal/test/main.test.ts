/** The terminal as a real process: it says that it is ready, sells, stops when told, and remembers when it is killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAcceptor } from './fake-acceptor.ts';
import { FakePhone } from './fake-phone.ts';
import { until } from './manual-clock.ts';
import { SoftwareCard, TOKEN } from './software-card.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let data: string;
let acceptor: FakeAcceptor;
let running: ChildProcess[];

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'tapseal-terminal-'));
  acceptor = await FakeAcceptor.listen();
  running = [];
});

afterEach(async () => {
  for (const child of running)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await acceptor.close();
  rmSync(data, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly tapLink: number;
  readonly control: number;
  readonly output: () => string;
  readonly ended: Promise<string>;
}

function start(environment: Record<string, string> = {}): Promise<Started> {
  const child = fork(MAIN, [], {
    silent: true,
    env: {
      PATH: process.env.PATH,
      TAPSEAL_DATA: data,
      TAPSEAL_ISO8583_PORT: String(acceptor.port),
      TAPSEAL_TAP_LINK_PORT: '0',
      TAPSEAL_TERMINAL_CONTROL_PORT: '0',
      ...environment,
    },
  });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? String(code)));
  });
  return new Promise((resolve, reject) => {
    child.once('message', (message: { ready: boolean; ports: { tapLink: number; control: number } }) => {
      resolve({ child, ...message.ports, output: () => output, ended });
    });
    void ended.then((how) => reject(new Error(`ended before it was ready: ${how}\n${output}`)));
  });
}

function sell(terminal: Started): Promise<Response> {
  return fetch(`http://127.0.0.1:${terminal.control}/sales`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amountMinor: 1250, currency: 'SGD' }),
  });
}

function present(terminal: Started): Promise<FakePhone> {
  const card = new SoftwareCard({ profile: 'open' });
  return FakePhone.present(terminal.tapLink, { card: (command) => card.apdu(command) });
}

describe('the process', () => {
  it('sells, and stops on SIGTERM', async () => {
    const terminal = await start();
    const sale = sell(terminal);
    await present(terminal);
    const { result } = (await (await sale).json()) as { result: Record<string, unknown> };
    expect(result).toMatchObject({ result: 'approved', de39: '00' });
    terminal.child.kill('SIGTERM');
    expect(await terminal.ended).toBe('0');
    expect(readdirSync(join(data, 'terminal')).sort()).toEqual(['acquirer.journal', 'acquirer.key']);
    expect(terminal.output()).toContain('"outcome":"online_request"');
    expect(terminal.output()).not.toContain(TOKEN);
  });

  it('does not outlive its parent', async () => {
    const terminal = await start();
    terminal.child.disconnect();
    expect(await terminal.ended).toBe('0');
  });

  it('killed while the bank decides: at the next start the payment is reversed, under another STAN', async () => {
    acceptor.behaviours.push('decide_silently');
    const first = await start();
    const sale = sell(first).catch(() => 'cut off');
    await present(first);
    await until(() => acceptor.received.length === 1);
    first.child.kill('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    expect(await sale).toBe('cut off');
    expect(acceptor.standing).toEqual(['TAPSEAL1 000001']);
    for (const name of readdirSync(join(data, 'terminal'))) {
      expect(readFileSync(join(data, 'terminal', name), 'latin1')).not.toContain(TOKEN);
    }

    const second = await start();
    await until(() => acceptor.standing.length === 0);
    expect(acceptor.received.at(-1)!.mti).toBe('0400');
    const again = sell(second);
    await present(second);
    const { result } = (await (await again).json()) as { result: Record<string, unknown> };
    expect(result).toMatchObject({ result: 'approved', stan: '000003' });
    expect(acceptor.standing).toEqual(['TAPSEAL1 000003']);
  });

  it('a second one on the same data folder does not start', async () => {
    await start();
    await expect(start()).rejects.toThrow(/another terminal \(process \d+\) uses this data folder/);
  });

  it.each([
    ['TAPSEAL_TERMINAL_ID', 'shop 1'],
    ['TAPSEAL_ISO8583_PORT', '70000'],
    ['TAPSEAL_TAP_LINK_PORT', 'here'],
  ])('%s=%s: it says what is wrong', async (name, value) => {
    await expect(start({ [name]: value })).rejects.toThrow(name);
  });

  it('--help explains, and nothing starts', async () => {
    const child = fork(MAIN, ['--help'], { silent: true });
    running.push(child);
    let output = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(output).toContain('TAPSEAL_TAP_LINK_PORT');
  });
});
