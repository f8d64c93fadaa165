/** The line to the bank: what a request says, and that whatever breaks nothing is charged twice and nothing forgotten. */
import { parseTlv, tagHex, toHex } from '@tapseal/emv/data';
import { describeMti } from '@tapseal/iso8583';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Acquirer,
  AcquirerLink,
  type Authorised,
  authorisationRequest,
  Journal,
  type JournalStore,
  type LinkEvent,
  memoryStore,
  replayOf,
  responseWords,
} from '../src/acquirer/index.ts';
import { ENTRIES_MAX } from '../src/acquirer/journal.ts';
import { tcpWire } from '../src/acquirer/tcp-wire.ts';
import { DEMONSTRATION_TERMINAL, type OnlineRequest, present } from '../src/kernel/index.ts';
import { type Behaviour, FakeAcceptor } from './fake-acceptor.ts';
import { ManualClock, until } from './manual-clock.ts';
import { sgd } from './presentation.ts';
import { SoftwareCard, TOKEN } from './software-card.ts';

const ANSWER_MS = 5000;

let acceptor: FakeAcceptor;
let clock: ManualClock;
let store: JournalStore;
let link: AcquirerLink;
let acquirer: Acquirer;
let events: LinkEvent[];

beforeEach(async () => {
  acceptor = await FakeAcceptor.listen();
  clock = new ManualClock();
  store = memoryStore();
  started(acceptor.port);
});

afterEach(async () => {
  link.close();
  await acceptor.close();
});

/** A terminal that begins, or begins again with what its journal kept. */
function started(port: number): void {
  events = [];
  link = new AcquirerLink({
    connect: tcpWire('127.0.0.1', port, 2000),
    clock,
    answerMs: ANSWER_MS,
    onEvent: (event) => events.push(event),
  });
  acquirer = new Acquirer({ terminal: DEMONSTRATION_TERMINAL, link, clock, journal: Journal.open(store) });
}

async function onlineRequest(amount = 1250n): Promise<OnlineRequest> {
  const outcome = await present(
    DEMONSTRATION_TERMINAL,
    sgd(amount),
    new SoftwareCard({ profile: 'open' }).transceive,
  );
  if (outcome.outcome !== 'online_request') throw new Error(outcome.reason);
  return outcome;
}

/** Authorises while time passes whenever the terminal waits for it. */
async function authorised(online?: OnlineRequest): Promise<Authorised> {
  const request = authorisationRequest(DEMONSTRATION_TERMINAL, online ?? (await onlineRequest()), clock);
  return whileTimePasses(acquirer.authorise(request));
}

async function whileTimePasses<Value>(work: Promise<Value>): Promise<Value> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  while (!done) {
    // Loopback answers arrive within a few turns of the event loop; then only a time-out can go on.
    const before = acceptor.received.length;
    for (let turn = 0; turn < 200 && !done && acceptor.received.length === before; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!done && acceptor.received.length === before) clock.pass(500);
  }
  return ended;
}

describe('0100', () => {
  it('says what the card and the terminal said', async () => {
    const online = await onlineRequest();
    await authorised(online);
    const [request] = acceptor.received;
    expect(request!.mti).toBe('0100');
    const { 55: chip, ...fields } = request!.fields;
    expect(fields).toEqual({
      2: TOKEN,
      3: '000000',
      4: '000000001250',
      7: '1123121530',
      11: '000001',
      12: '201530',
      13: '1123',
      14: '3012',
      18: '5814',
      19: '702',
      22: '071',
      23: '001',
      25: '00',
      32: '970200',
      37: '632712000001',
      41: 'TAPSEAL1',
      42: 'TAPSEALMERCH001',
      43: `${'KOPI CORNER SG'.padEnd(38)}SG`,
      49: '702',
    });
    const objects = parseTlv(chip!, { nonMinimalLength: 'refuse' });
    if (!objects.ok) throw new Error('field 55');
    const values = new Map(objects.value.map(({ tag, value }) => [tagHex(tag), toHex(value)]));
    const { cryptogram } = online;
    expect(Object.fromEntries(values)).toEqual({
      '9F26': toHex(cryptogram.cryptogram),
      '9F27': '80',
      '9F10': toHex(cryptogram.issuerApplicationData),
      '9F36': '0001',
      '82': '1280',
      '84': 'F05441505345414C01',
      '5F34': '01',
      '9F37': '1A2B3C4D',
      '95': '8000008000',
      '9A': '261123',
      '9C': '00',
      '9F02': '000000001250',
      '5F2A': '0702',
      '9F1A': '0702',
      '9F03': '000000000000',
      '9F33': '000800',
      '9F34': '3F0002',
      '9F35': '22',
    });
  });

  it('has a STAN of its own each time, on one connection', async () => {
    await authorised();
    await authorised();
    expect(acceptor.received.map((message) => message.fields[11])).toEqual(['000001', '000002']);
    expect(acceptor.connections).toBe(1);
  });

  it.each([
    ['00', 'Approved'],
    ['55', 'Declined: wrong PIN'],
    ['61', "Declined: over the card's limit"],
    ['63', 'Declined: the bank does not accept the cryptogram'],
    ['05', 'Declined'],
  ])('answered %s: %s', async (de39, words) => {
    acceptor.de39 = de39;
    const ended = await authorised();
    expect(ended).toMatchObject({ result: 'answered', de39 });
    expect(responseWords(de39)).toBe(words);
  });
});

describe('whatever breaks, the same message is sent again, and one payment stands', () => {
  const CASES: readonly (readonly [Behaviour[], requests: number])[] = [
    [['decide_silently'], 2],
    [['decide_and_hang_up'], 2],
    [['hang_up'], 2],
    [['garbage_in_a_frame'], 2],
    [['broken_framing'], 2],
    [['answer_without_code'], 2],
    [['answer_of_another_amount'], 2],
    [['answer_of_another_first'], 1],
    [['answer_in_single_bytes'], 1],
    [['hang_up', 'decide_silently', 'decide_and_hang_up'], 4],
  ];

  it.each(CASES)('%s', async (behaviours, requests) => {
    acceptor.behaviours.push(...behaviours);
    const ended = await authorised();
    expect(ended).toMatchObject({ result: 'answered', de39: '00' });
    expect(acceptor.received).toHaveLength(requests);
    for (const message of acceptor.received) expect(message).toEqual(acceptor.received[0]);
    expect(acceptor.standing).toEqual(['TAPSEAL1 000001']);
    expect(Journal.open(store).entries).toEqual([]);
  });

  it('100 payments, each losing its first answer: 100 stand, none twice', async () => {
    for (let count = 0; count < 100; count++) {
      acceptor.behaviours.push((['decide_silently', 'decide_and_hang_up', 'hang_up'] as const)[count % 3]!);
      expect(await authorised()).toMatchObject({ result: 'answered', de39: '00' });
    }
    expect(acceptor.standing).toHaveLength(100);
    expect(new Set(acceptor.ofType('0100').map((message) => message.fields[11])).size).toBe(100);
  });
});

describe('no answer at all', () => {
  const silent: Behaviour[] = ['decide_silently', 'decide_silently', 'decide_silently', 'decide_silently'];

  it('the payment is reversed, and the reversal names it', async () => {
    acceptor.behaviours.push(...silent);
    const ended = await authorised();
    expect(ended).toMatchObject({ result: 'unknown', reversal: 'acknowledged' });
    expect(acceptor.received.map((message) => message.mti)).toEqual(['0100', '0100', '0100', '0100', '0400']);
    const reversal = acceptor.ofType('0400')[0]!;
    const original = acceptor.ofType('0100')[0]!;
    expect(reversal.fields[90]).toBe(`0100000001${original.fields[7]}0000097020000000000000`);
    for (const field of [2, 3, 4, 12, 13, 32, 37, 41, 42, 49] as const) {
      expect(reversal.fields[field]).toEqual(original.fields[field]);
    }
    expect(reversal.fields[55]).toBeUndefined();
    expect(reversal.fields[11]).toBe('000002');
    expect(acceptor.standing).toEqual([]);
    expect(Journal.open(store).entries).toEqual([]);
  });

  it('an approval that comes after the reversal was begun does not count', async () => {
    acceptor.behaviours.push(...silent, 'decide_silently');
    const ended = await authorised();
    expect(ended).toMatchObject({ result: 'unknown', reversal: 'queued' });
    expect(acquirer.reversalsWaiting).toBe(1);
    expect(acceptor.standing).toEqual([]); // the bank had the 0400; the terminal does not know
    await whileTimePasses(acquirer.deliverReversals());
    expect(acceptor.received.map((message) => message.mti).slice(-2)).toEqual(['0400', '0420']);
    expect(acquirer.reversalsWaiting).toBe(0);
  });

  it('a reversal is repeated as 0421 until it is acknowledged, with one STAN', async () => {
    acceptor.behaviours.push(...silent, 'decide_silently', 'decide_silently', 'decide_silently');
    await authorised();
    for (let times = 0; times < 3; times++) await whileTimePasses(acquirer.deliverReversals());
    const reversals = acceptor.received.slice(4);
    expect(reversals.map((message) => message.mti)).toEqual(['0400', '0420', '0421', '0421']);
    expect(new Set(reversals.map((message) => message.fields[11]))).toEqual(new Set(['000002']));
    expect(Journal.open(store).entries).toEqual([]);
  });

  it('a bank that cannot decide (91) is asked again; one that refuses (57) is not', async () => {
    acceptor.behaviours.push(...silent);
    acceptor.de39 = '91';
    expect(await authorised()).toMatchObject({ result: 'unknown', reversal: 'queued' });
    acceptor.de39 = '57';
    await whileTimePasses(acquirer.deliverReversals());
    expect([acquirer.reversalsWaiting, acquirer.reversalsRefused]).toEqual([0, 1]);
    const sent = acceptor.received.length;
    await whileTimePasses(acquirer.deliverReversals());
    expect(acceptor.received).toHaveLength(sent);
  });

  it('a bank that is not there was never asked: nothing to reverse', async () => {
    const { port } = acceptor;
    await acceptor.close();
    const ended = await authorised();
    expect(ended.result).toBe('unreachable');
    expect(Journal.open(store).entries).toEqual([]);
    acceptor = await FakeAcceptor.listen(port);
    expect(await authorised()).toMatchObject({ result: 'answered' });
    expect(acceptor.received).toHaveLength(1);
  });

  it('a bank that restarts between two tries gets the same message again', async () => {
    const { port } = acceptor;
    acceptor.behaviours.push('decide_silently');
    const request = authorisationRequest(DEMONSTRATION_TERMINAL, await onlineRequest(), clock);
    const ended = acquirer.authorise(request);
    await until(() => acceptor.received.length === 1);
    const [first] = acceptor.received;
    await acceptor.close();
    acceptor = await FakeAcceptor.listen(port);
    expect(await whileTimePasses(ended)).toMatchObject({ result: 'answered' });
    expect(acceptor.received).toEqual([first]);
  });

  it('a full journal takes no further payment', async () => {
    const journal = Journal.open(store);
    for (let count = 0; count < ENTRIES_MAX; count++) {
      journal.update(
        journal.begin(() => Uint8Array.of(0x30)),
        { state: 'reversing' },
      );
    }
    started(acceptor.port);
    expect((await authorised()).result).toBe('journal_full');
    expect(acceptor.received).toEqual([]);
  });
});

describe('a terminal that stops in the middle', () => {
  it('reverses at its next start what it had sent and not heard of', async () => {
    acceptor.behaviours.push('decide_silently');
    const request = authorisationRequest(DEMONSTRATION_TERMINAL, await onlineRequest(), clock);
    void acquirer.authorise(request);
    await until(() => acceptor.received.length === 1);
    // Killed here: the old acquirer never hears of it again.
    started(acceptor.port);
    expect(acquirer.reversalsWaiting).toBe(1);
    expect(acceptor.standing).toEqual(['TAPSEAL1 000001']);
    await whileTimePasses(acquirer.deliverReversals());
    expect(acceptor.standing).toEqual([]);
    expect(await authorised()).toMatchObject({ result: 'answered' });
    expect(acceptor.ofType('0100').at(-1)!.fields[11]).toBe('000003');
  });

  it('has nothing to reverse when the answer was settled', async () => {
    await authorised();
    started(acceptor.port);
    expect(acquirer.reversalsWaiting).toBe(0);
  });
});

describe('a replay of the same card data', () => {
  it('comes from another terminal, under a STAN of its own, with the same field 55', async () => {
    const ended = await authorised();
    if (ended.result !== 'answered') throw new Error(ended.result);
    acceptor.de39 = '63';
    const replayed = await whileTimePasses(acquirer.authorise(replayOf(ended.request, 'OTHER001', clock)));
    expect(replayed).toMatchObject({ result: 'answered', de39: '63' });
    const [first, second] = acceptor.received;
    expect(second!.fields[55]).toEqual(first!.fields[55]);
    expect([second!.fields[11], second!.fields[41]]).toEqual(['000002', 'OTHER001']);
  });
});

describe('the link', () => {
  it('echo asks whether anybody is there', async () => {
    expect(await whileTimePasses(acquirer.echo())).toBe(true);
    expect(acceptor.received[0]!.mti).toBe('0800');
    expect(acceptor.received[0]!.fields[70]).toBe('301');
    await acceptor.close();
    expect(await whileTimePasses(acquirer.echo())).toBe(false);
  });

  it('answers may come in any order', async () => {
    const online = await onlineRequest();
    acceptor.behaviours.push('answer', 'answer');
    const make = () => authorisationRequest(DEMONSTRATION_TERMINAL, online, clock);
    const both = await whileTimePasses(Promise.all([acquirer.authorise(make()), acquirer.authorise(make())]));
    const stans = both.map((one) => (one.result === 'answered' ? one.response.fields[11] : one.result));
    expect(stans).toEqual(['000001', '000002']);
  });

  it('names what it could not use', async () => {
    acceptor.behaviours.push('answer_of_another_first');
    await authorised();
    expect(events).toEqual(['connected', 'answer_unexpected']);
  });

  it('every request of ours has an answer type', () => {
    for (const mti of ['0100', '0400', '0420', '0421', '0800'])
      expect(describeMti(mti)?.response).toBeTruthy();
  });
});
