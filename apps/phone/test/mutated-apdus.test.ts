// A hostile reader: mutated and shuffled APDUs over the tap link, into the real secure element. Whatever it sends, it
// gets a status word, at most one cryptogram a presentation, and a phone that pays the next honest terminal.
import {
  ACTIVATION_CODE,
  DoubleIssuer,
  inOrder,
  RealPhone,
  RealSealing,
  tapCommands,
} from '@tapseal/wallet-sdk/test-double';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectTapLink, NetworkSwitch, Phone } from '../src/index.ts';
import { FakeTerminal, type FieldPhone } from './fake-terminal.ts';

const PRESENTATIONS = 40;
const COMMANDS_EACH = 12;
const SEED = 20_261_123;

let terminal: FakeTerminal;
let phone: Phone;

beforeEach(async () => {
  terminal = await FakeTerminal.listen();
  const issuer = new DoubleIssuer(new RealSealing());
  const real = new RealPhone(issuer);
  phone = await Phone.start({
    openWallet: async () => {
      const { wallet } = await real.boot();
      return { wallet, close: () => wallet.close() };
    },
    connect: connectTapLink,
    network: new NetworkSwitch(issuer.fetch),
    clock: real.clock,
    log: () => {},
  });
  await phone.enrol(ACTIVATION_CODE);
  const { tokenId } = await phone.digitise({ profile: 'open', pin: new TextEncoder().encode('4929') });
  await phone.select(tokenId);
});
afterEach(async () => {
  await phone.close();
  await terminal.close();
});

/** Unlocks, holds the phone to the terminal, lets `reader` do as it likes, hangs up. */
async function present(withPin: boolean, reader: (card: FieldPhone) => Promise<void>) {
  await phone.unlock();
  if (withPin) await phone.enterPin(new TextEncoder().encode('4929'));
  const arriving = terminal.phone();
  const presentation = phone.present('127.0.0.1', terminal.port);
  const card = await arriving;
  await reader(card);
  card.socket.end();
  return presentation;
}

const isCryptogram = (answer: Uint8Array) => answer[0] === 0x77 && answer.length > 30;

it('gets status words, one cryptogram at most, and the next honest terminal is paid', async () => {
  const random = mulberry32(SEED);
  const answers = new Map<string, number>();
  const seenAtcs = new Set<number>();
  for (let presentation = 0; presentation < PRESENTATIONS; presentation += 1) {
    let cryptograms = 0;
    const result = await present(random() < 0.3, async (card) => {
      for (let command = 0; command < COMMANDS_EACH; command += 1) {
        if (random() < 0.1) card.send(Math.floor(random() * 3));
        card.send(...hostileApdu(random, command));
        const answer = await card.answer();
        expect(answer!.length).toBeGreaterThanOrEqual(2);
        expect(answer!.length).toBeLessThanOrEqual(258);
        const sw = Buffer.from(answer!.subarray(-2)).toString('hex');
        answers.set(sw, (answers.get(sw) ?? 0) + 1);
        if (sw === '9000' && isCryptogram(answer!)) cryptograms += 1;
      }
    });
    expect(cryptograms).toBeLessThanOrEqual(1);
    expect(result.presented).toBe(cryptograms === 1);
    expect(result.link).toBe('reader_left');
    if (result.tap !== undefined) {
      expect(seenAtcs.has(result.tap.atc)).toBe(false);
      seenAtcs.add(result.tap.atc);
    }
    await phone.sync();
  }
  const codes = ['6700', '6985', '6986', '6a80', '6a82', '6a86', '6d00', '6e00', '9000'];
  expect([...answers.keys()]).toEqual(expect.arrayContaining(codes));
  expect(answers.has('6f00')).toBe(false);
  expect(seenAtcs.size).toBeGreaterThan(0);

  const honest = await present(true, async (card) => {
    for (const command of inOrder(tapCommands('open'))) {
      card.send(...command);
      expect(Buffer.from((await card.answer())!.subarray(-2)).toString('hex')).toBe('9000');
    }
  });
  expect(honest).toMatchObject({ presented: true, tap: { amountMinor: 1250n, cryptogramType: 'ARQC' } });
});

/** An honest command at its place, or one with a bit, its length, its place or everything changed. */
function hostileApdu(random: () => number, place: number): Uint8Array {
  const honest = inOrder(tapCommands('open'));
  const command = honest[place % honest.length]!.slice();
  const kind = random();
  const at = Math.floor(random() * command.length);
  if (kind < 0.5) return command;
  if (kind < 0.6) command[at] = command[at]! ^ (1 << Math.floor(random() * 8));
  else if (kind < 0.7) return command.subarray(0, Math.max(2, at));
  else if (kind < 0.75) return Uint8Array.from([...command, ...command.subarray(at)]);
  else if (kind < 0.85) return honest[Math.floor(random() * honest.length)]!;
  else if (kind < 0.95) command[at % 5] = Math.floor(random() * 256);
  else return Uint8Array.from({ length: 2 + Math.floor(random() * 300) }, () => Math.floor(random() * 256));
  return command;
}

/** A small generator with one word of state (Tommy Ettinger's mulberry32, public domain): the same run every time. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
