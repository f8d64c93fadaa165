/** `npm run tap`: its arguments, its run.json, and the whole command with a fake phone and a fake bank. */
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryStore } from '../src/acquirer/index.ts';
import { tcpWire } from '../src/acquirer/tcp-wire.ts';
import { parseTapArguments, type TapArguments } from '../src/command-line/arguments.ts';
import { systemClock, systemRandom } from '../src/command-line/host.ts';
import { phoneControl } from '../src/command-line/phone-control.ts';
import { parseRunFile } from '../src/command-line/run-file.ts';
import { type TapEnvironment, tapCommand } from '../src/command-line/tap-command.ts';
import { publishedTestKeys } from '../src/command-line/test-keys.ts';
import { DEMONSTRATION_TERMINAL } from '../src/kernel/index.ts';
import type { Trace } from '../src/trace.ts';
import { FakeAcceptor } from './fake-acceptor.ts';
import { FakePhone } from './fake-phone.ts';
import { SoftwareCard, TEST_KEYS, TOKEN } from './software-card.ts';

const words = (line: string) => line.split(' ').filter((word) => word !== '');

describe('arguments', () => {
  const plain = {
    amountMinor: 1250n,
    currency: 'SGD',
    profile: undefined,
    cdcvm: false,
    wrongPin: false,
    trace: undefined,
    standalone: false,
    testKeys: false,
  };

  it.each([
    ['', {}],
    ['--amount 3', { amountMinor: 300n }],
    ['--amount 0.05 --currency EUR', { amountMinor: 5n, currency: 'EUR' }],
    ['--amount 1250 --currency JPY', { amountMinor: 1250n, currency: 'JPY' }],
    ['--currency JPY', { amountMinor: 1250n, currency: 'JPY' }],
    ['--amount 1.250 --currency KWD', { amountMinor: 1250n, currency: 'KWD' }],
    ['--profile tdes --cdcvm', { profile: 'tdes', cdcvm: true }],
    ['--wrong-pin', { cdcvm: true, wrongPin: true }],
    ['--trace tap.json --standalone --test-keys', { trace: 'tap.json', standalone: true, testKeys: true }],
  ])('%s', (line, change) => {
    expect(parseTapArguments(words(line))).toEqual({ ...plain, ...change });
  });

  it.each([
    ['--amount 12.505', '--amount'],
    ['--amount 12.5 --currency JPY', '--amount'],
    ['--amount twelve', '--amount'],
    ['--amount -1', 'amount'],
    ['--currency CHF', '--currency'],
    ['--profile luk', '--profile'],
    ['--pin 4929', '--pin'],
    ['4929', '4929'],
  ])('%s is a mistake', (line, named) => {
    expect(parseTapArguments(words(line))).toMatchObject({ mistake: expect.stringContaining(named) });
  });

  it.each(['--help', '-h'])('%s', (line) => {
    expect(parseTapArguments([line])).toEqual({ help: true });
  });
});

describe('run.json', () => {
  const whole = {
    pids: { supervisor: 12, issuer: 13, terminal: 14, phone: 15 },
    ports: {
      issuer: { http: 7300, iso8583: 7301 },
      terminal: { tapLink: 7302, control: 7303 },
      phone: { control: 7304 },
    },
    demonstration: true,
    testKeys: false,
  };

  it('says where the bank and the phone listen', () => {
    expect(parseRunFile(JSON.stringify(whole))).toEqual({
      supervisor: 12,
      iso8583: 7301,
      phoneControl: 7304,
      demonstration: true,
      testKeys: false,
    });
  });

  it.each([
    ['not JSON', '{'],
    ['null', 'null'],
    ['no ports', '{}'],
    ['no phone', JSON.stringify({ ...whole, ports: { issuer: whole.ports.issuer } })],
    [
      'a port that is none',
      JSON.stringify({ ...whole, ports: { ...whole.ports, phone: { control: 70_000 } } }),
    ],
    ['no supervisor', JSON.stringify({ ...whole, pids: {} })],
  ])('%s is no stack', (_what, text) => {
    expect(parseRunFile(text)).toBeUndefined();
  });

  it('that does not say demonstration or test keys means neither', () => {
    const { demonstration: _, testKeys: __, ...rest } = whole;
    expect(parseRunFile(JSON.stringify(rest))).toMatchObject({ demonstration: false, testKeys: false });
  });
});

it('the published test keys are those of vectors/test-keys.json', () => {
  expect(publishedTestKeys('open')).toEqual(TEST_KEYS.open);
  expect(publishedTestKeys('tdes')).toEqual(TEST_KEYS.tdes);
});

describe('the command', () => {
  let acceptor: FakeAcceptor;
  let card: SoftwareCard;
  let phone: Server;
  let calls: string[];
  let printed: string[];
  let traces: Trace[];
  /** The next calls of this path are refused with this name. */
  let refusals: Map<string, string>;

  beforeEach(async () => {
    acceptor = await FakeAcceptor.listen();
    card = new SoftwareCard({ profile: 'open' });
    card.locked = true;
    card.armed = false;
    calls = [];
    printed = [];
    traces = [];
    refusals = new Map();
    phone = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        const text = Buffer.concat(chunks).toString();
        const { status, body } = await treat(request.url!, text === '' ? {} : JSON.parse(text));
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => phone.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    phone.closeAllConnections();
    await new Promise((resolve) => phone.close(resolve));
    await acceptor.close();
  });

  async function treat(
    path: string,
    body: Record<string, unknown>,
  ): Promise<{ status: number; body: object }> {
    calls.push(path);
    const refusal = refusals.get(path);
    if (refusal !== undefined) return { status: 409, body: { type: `urn:tapseal:problem:${refusal}` } };
    if (path === '/status') {
      const common = { label: 'TAPSEAL', lastFour: '5678', keySetsLive: 10 };
      const cards = [
        { ...common, tokenId: 'a', profile: 'open', selected: true },
        { ...common, tokenId: 'b', profile: 'tdes', selected: false },
      ];
      return { status: 200, body: { cards } };
    }
    if (path === '/select') card = new SoftwareCard({ profile: body.tokenId === 'b' ? 'tdes' : 'open' });
    if (path === '/unlock') {
      card.locked = false;
      card.armed = true;
    }
    if (path === '/pin') card.pin = body.pin === '4929' ? 'right' : 'wrong';
    if (path === '/present') {
      const held = await FakePhone.present(body.port as number, { card: (command) => card.apdu(command) });
      await held.gone;
    }
    return { status: 200, body: {} };
  }

  function environment(change: Partial<TapEnvironment> = {}): TapEnvironment {
    return {
      terminal: DEMONSTRATION_TERMINAL,
      utcOffsetMinutes: 480,
      clock: systemClock,
      random: systemRandom,
      journal: memoryStore(),
      connect: tcpWire('127.0.0.1', acceptor.port, 2000),
      phone: phoneControl((phone.address() as { port: number }).port, undefined),
      pin: () => Promise.resolve(new TextEncoder().encode('4929')),
      testKeys: (profile) => publishedTestKeys(profile),
      print: (line) => printed.push(line),
      writeTrace: (_path, trace) => traces.push(trace),
      ...change,
    };
  }

  const tap = (line: string, change: Partial<TapEnvironment> = {}) =>
    tapCommand(parseTapArguments(words(line)) as TapArguments, environment(change));

  it('taps, prints every APDU and the words, and is approved: 0', async () => {
    expect(await tap('')).toBe(0);
    expect(calls).toEqual(['/status', '/unlock', '/present']);
    const text = printed.join('\n');
    expect(text.match(/^> /gm)).toHaveLength(6);
    expect(text).toContain('SGD 12.50 with TAPSEAL ending 5678');
    expect(text).toContain('9F26 Application Cryptogram: ');
    expect(printed.at(-1)).toBe('Approved (DE 39 00)');
    expect(text).not.toContain(TOKEN);
  });

  it('declined: 1', async () => {
    acceptor.de39 = '61';
    expect(await tap('')).toBe(1);
    expect(printed.at(-1)).toBe("Declined: over the card's limit (DE 39 61)");
  });

  it('with the PIN before the tap', async () => {
    expect(await tap('--amount 120 --cdcvm')).toBe(0);
    expect(calls).toEqual(['/status', '/unlock', '/pin', '/present']);
  });

  it('see phone: the PIN is asked for then, and the phone presented again', async () => {
    expect(await tap('--amount 120')).toBe(0);
    expect(calls).toEqual(['/status', '/unlock', '/present', '/unlock', '/pin', '/present']);
    expect(printed.join('\n')).toContain('See phone: enter your PIN there');
  });

  it('the other profile: its card is selected', async () => {
    expect(await tap('--profile tdes --trace tap.json')).toBe(0);
    expect(calls.slice(0, 2)).toEqual(['/status', '/select']);
    expect(traces).toMatchObject([{ profile: 'tdes', token: TOKEN, testKeys: TEST_KEYS.tdes }]);
    expect(printed.join('\n')).toContain(`IMK-MD ${TEST_KEYS.tdes.imkMd}`);
  });

  it('without test keys the trace has none, and none are printed', async () => {
    expect(await tap('--trace tap.json', { testKeys: () => undefined })).toBe(0);
    expect(Object.keys(traces[0]!)).not.toContain('testKeys');
    expect(printed.join('\n')).not.toMatch(/IMK/);
  });

  it('a trace that cannot be written changes nothing about the payment, and is 2', async () => {
    const writeTrace = () => {
      throw new Error('ENOSPC: no space left on device');
    };
    expect(await tap('--trace tap.json', { writeTrace })).toBe(2);
    expect(printed.slice(-2)).toEqual([
      expect.stringMatching(/^Approved/),
      'trace not written: ENOSPC: no space left on device. The result above stands.',
    ]);
  });

  it('above the contactless limit: 2, and the phone is not asked', async () => {
    expect(await tap('--amount 2000.01')).toBe(2);
    expect(calls).toEqual(['/status']);
  });

  it('nobody can give the PIN: 2 at once, and nothing was sent', async () => {
    expect(await tap('--amount 120 --cdcvm', { pin: () => Promise.resolve(undefined) })).toBe(2);
    expect(printed.at(-1)).toContain('asks for its PIN');
    expect(acceptor.received).toEqual([]);
  });

  it.each(['/status', '/unlock', '/present'])('the phone refuses %s: 2, with its reason', async (path) => {
    refusals.set(path, 'no_keys_left');
    expect(await tap('')).toBe(2);
    expect(printed.at(-1)).toContain('no keys left');
  });

  it('the phone is not there: 2', async () => {
    const nobody = phoneControl(1, undefined);
    expect(await tap('', { phone: nobody })).toBe(2);
    expect(printed.at(-1)).toContain('does not answer');
  });

  it('the bank is not there: 2, and nothing was charged', async () => {
    // The pauses between the tries are cut short; the tap link keeps its times.
    const after = (ms: number, run: () => void) => systemClock.after(ms < 3000 ? 1 : ms, run);
    expect(
      await tap('', { clock: { ...systemClock, after }, connect: () => Promise.resolve(undefined) }),
    ).toBe(2);
    expect(printed.at(-1)).toBe('The bank cannot be reached: nothing was charged');
  });
});
