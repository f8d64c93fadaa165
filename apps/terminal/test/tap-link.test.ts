/** The terminal's end of the tap link, docs/layouts.md §7: one phone at a time, and what a phone can do wrong. */
import { concat, fromHex, toHex } from '@tapseal/emv/data';
import { encodeTapLinkFrame } from '@tapseal/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEMONSTRATION_TERMINAL, present } from '../src/kernel/index.ts';
import { type Phone, TapLink, type TapLinkEvent } from '../src/tap-link.ts';
import { FakePhone } from './fake-phone.ts';
import { ManualClock, until } from './manual-clock.ts';
import { sgd } from './presentation.ts';
import { SoftwareCard } from './software-card.ts';

const ANSWER_MS = 3000;
const WAIT_MS = 10_000;
const SELECT = fromHex('00A40400');
const OK = fromHex('9000');

let clock: ManualClock;
let link: TapLink;
let events: TapLinkEvent[];

beforeEach(async () => {
  clock = new ManualClock();
  events = [];
  link = await TapLink.listen({
    host: '127.0.0.1',
    port: 0,
    clock,
    answerMs: ANSWER_MS,
    waitMs: WAIT_MS,
    onEvent: (event) => events.push(event),
  });
});

afterEach(() => link.close());

async function phoneInField(options: Parameters<typeof FakePhone.present>[1] = {}) {
  const wanted = link.phone(60_000);
  const fake = await FakePhone.present(link.port, options);
  const phone = await wanted;
  if (typeof phone === 'string') throw new Error(phone);
  return { phone, fake };
}

describe('a phone that behaves', () => {
  it('is powered on, asked for its ATR, its APDUs, powered off', async () => {
    const { phone, fake } = await phoneInField({ card: () => OK });
    expect(await phone.transceive(SELECT)).toEqual(OK);
    phone.leave();
    await fake.gone;
    expect(fake.asked).toEqual(['powerOn', 'getAtr', 'apdu', 'powerOff']);
  });

  it('pays: a whole presentation over TCP', async () => {
    const card = new SoftwareCard({ profile: 'tdes' });
    const { phone } = await phoneInField({ card: (command) => card.apdu(command) });
    const outcome = await present(DEMONSTRATION_TERMINAL, sgd(1250n), phone.transceive);
    expect(outcome.outcome).toBe('online_request');
  });

  it('may come before the sale, and waits', async () => {
    await FakePhone.present(link.port, { card: () => OK });
    await until(() => events.includes('phone_waits'));
    const phone = await link.phone(60_000);
    expect(typeof phone).toBe('object');
  });

  it('is sent away when no sale wants it in time', async () => {
    const fake = await FakePhone.present(link.port);
    await until(() => events.includes('phone_waits') && clock.waiting === 1);
    clock.pass(WAIT_MS);
    await fake.gone;
    expect(events).toContain('nobody_charged');
    expect(fake.asked.at(-1)).toBe('powerOff');
  });

  it('can be presented again at once', async () => {
    const first = await phoneInField();
    first.phone.leave();
    const second = await phoneInField({ card: () => OK });
    expect(await second.phone.transceive(SELECT)).toEqual(OK);
  });
});

describe('one tap at a time', () => {
  it('a second phone in the field is sent away, the first pays on', async () => {
    const { phone } = await phoneInField({ card: () => OK });
    const second = await FakePhone.present(link.port);
    await second.gone;
    expect(second.asked).toEqual([]);
    expect(events).toContain('collision');
    expect(await phone.transceive(SELECT)).toEqual(OK);
  });

  it('nobody comes: the sale is told when its time is up', async () => {
    const wanted = link.phone(60_000);
    clock.pass(59_999);
    const early = await Promise.race([wanted, Promise.resolve('waiting')]);
    clock.pass(1);
    expect([early, await wanted]).toEqual(['waiting', 'none']);
  });

  it('two sales at once are a bug', async () => {
    const wanted = link.phone(60_000);
    expect(() => link.phone(60_000)).toThrow('two sales');
    clock.pass(60_000);
    await wanted;
  });

  it('closing tells the sale that waits', async () => {
    const wanted = link.phone(60_000);
    await link.close();
    expect(await wanted).toBe('closed');
    expect(await link.phone(1)).toBe('closed');
  });
});

describe('a phone that does not', () => {
  async function answerOf(
    instead: Uint8Array | 'silence' | 'hang_up',
  ): Promise<{ answer: string; phone: Phone }> {
    const { phone } = await phoneInField({ card: () => OK, instead: new Map([[1, instead]]) });
    const asked = phone.transceive(SELECT);
    if (instead === 'silence') clock.pass(ANSWER_MS);
    const answer = await asked;
    return { answer: typeof answer === 'string' ? answer : toHex(answer), phone };
  }

  const frame = encodeTapLinkFrame(OK);

  it.each([
    ['leaves', 'hang_up', 'link_lost'],
    ['says nothing', 'silence', 'card_silent'],
    ['answers twice', concat(frame, frame), 'link_lost'],
    ['sends an empty frame', fromHex('0000'), 'link_lost'],
    ['announces 1,025 bytes', fromHex('0401'), 'answer_too_long'],
    ['answers, then breaks the framing', concat(frame, fromHex('FFFF')), 'answer_too_long'],
  ] as const)('%s', async (_what, instead, failure) => {
    const { answer, phone } = await answerOf(instead);
    expect(answer).toBe(failure);
    // The first failure stays: nothing more is sent over a link that lost its place.
    expect(await phone.transceive(SELECT)).toBe(failure);
  });

  it('sends half an answer and is silent', async () => {
    const { phone } = await phoneInField({ instead: new Map([[1, frame.subarray(0, 3)]]) });
    const asked = phone.transceive(SELECT);
    clock.pass(ANSWER_MS);
    expect(await asked).toBe('card_silent');
  });

  it('speaks without being asked: the link is closed', async () => {
    const { phone, fake } = await phoneInField();
    fake.send(frame);
    await fake.gone;
    expect(await phone.transceive(SELECT)).toBe('link_lost');
    expect(events).toContain('link_broken');
  });

  it.each([
    ['no ATR', 'silence', undefined],
    ['an ATR of another convention', undefined, fromHex('3F8001')],
    ['an ATR of one byte', undefined, fromHex('3B')],
    ['hangs up on the ATR', 'hang_up', undefined],
  ] as const)('%s: the sale waits for the next phone', async (_what, instead, atr) => {
    const wanted = link.phone(60_000);
    const bad = await FakePhone.present(link.port, {
      ...(atr === undefined ? {} : { atr }),
      ...(instead === undefined ? {} : { instead: new Map([[0, instead]]) }),
    });
    await until(() => bad.asked.includes('getAtr'));
    if (instead === 'silence') clock.pass(ANSWER_MS);
    await bad.gone;
    await until(() => events.includes('link_broken'));
    await FakePhone.present(link.port, { card: () => OK });
    const phone = await wanted;
    if (typeof phone === 'string') throw new Error(phone);
    expect(await phone.transceive(SELECT)).toEqual(OK);
  });
});
