// The tap link over real sockets: what a terminal may send, in which order and in which pieces.
import { nodeClock } from '@tapseal/wallet-sdk/node';
import { ACTIVATION_CODE } from '@tapseal/wallet-sdk/test-double';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeTerminal, type FieldPhone } from './fake-terminal.ts';
import { pin, startTestPhone, type TestPhone } from './test-phone.ts';

const [POWER_OFF, POWER_ON, RESET, GET_ATR] = [0x00, 0x01, 0x02, 0x04];
const SELECT = '00A404000E325041592E5359532E444446303100';
const GPO = '80A800000C830A000000001250070207020000';
const GENERATE_AC = '80AE80000000';

let terminal: FakeTerminal;
let test: TestPhone;
beforeEach(async () => {
  terminal = await FakeTerminal.listen();
});
afterEach(async () => {
  await test.phone.close();
  await terminal.close();
});

/** A phone with a card, unlocked, held to the terminal. */
async function present(options: Parameters<typeof startTestPhone>[0] = {}) {
  test = await startTestPhone(options);
  await test.phone.enrol(ACTIVATION_CODE);
  await test.phone.digitise({ profile: 'open', pin: pin() });
  await test.phone.unlock();
  const arriving = terminal.phone();
  const presentation = test.phone.present('127.0.0.1', terminal.port);
  return { card: await arriving, presentation };
}

async function tap(card: FieldPhone): Promise<string[]> {
  card.send(POWER_ON);
  return [await card.apdu(SELECT), await card.apdu(GPO), await card.apdu(GENERATE_AC)];
}

describe('a presentation', () => {
  it('answers ATR and APDUs, and ends when the terminal hangs up', async () => {
    const { card, presentation } = await present();
    card.send(POWER_ON);
    card.send(GET_ATR);
    expect(await card.answer()).toEqual(Uint8Array.of(0x3b, 0x80, 0x80, 0x01, 0x01));
    expect(await tap(card)).toEqual(['6F009000', '77009000', '770200019000']);
    card.send(POWER_OFF);
    card.socket.end();
    expect(await presentation).toEqual({
      presented: true,
      link: 'reader_left',
      tap: { atc: 1, amountMinor: 1250n, currency: 702, cdcvm: false, cryptogramType: 'ARQC' },
      armed: { atc: 2, keySetsLeft: 8 },
    });
  });

  it('takes frames in single bytes and several in one piece', async () => {
    const { card, presentation } = await present();
    for (const byte of Buffer.from(`0014${SELECT}`, 'hex')) {
      card.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await card.answer()).toEqual(new Uint8Array(Buffer.from('6F009000', 'hex')));
    card.socket.write(Buffer.from(`0013${GPO}0006${GENERATE_AC}000104`, 'hex'));
    const answers = [await card.answer(), await card.answer(), await card.answer()];
    expect(answers.map((answer) => Buffer.from(answer!).toString('hex'))).toEqual([
      '77009000',
      '770200019000',
      '3b80800101',
    ]);
    card.socket.end();
    expect(await presentation).toMatchObject({ presented: true });
  });

  it('burns a set that a reset breaks off after GPO, and gives no second one in the same field', async () => {
    const { card, presentation } = await present();
    card.send(POWER_ON);
    expect([await card.apdu(SELECT), await card.apdu(GPO)]).toEqual(['6F009000', '77009000']);
    card.send(RESET);
    expect(await card.apdu(GENERATE_AC)).toBe('6985');
    expect(await card.apdu(GPO)).toBe('6985');
    card.socket.end();
    const { presented, armed, tap: summary } = await presentation;
    expect({ presented, armed, summary }).toEqual({
      presented: false,
      armed: { atc: 2, keySetsLeft: 8 },
      summary: undefined,
    });
  });

  it('is presented when the link is lost after the cryptogram left', async () => {
    const { card, presentation } = await present();
    await tap(card);
    card.socket.resetAndDestroy();
    expect(await presentation).toMatchObject({ presented: true, tap: { atc: 1 } });
    expect(await test.phone.history()).toMatchObject([{ atc: 1, status: 'arqc' }, { atc: 2 }]);
  });

  const broken: [bytes: string, link: string][] = [
    ['0000', 'frame_empty'],
    ['0401', 'frame_too_long'],
    ['FFFF0000', 'frame_too_long'],
    ['00', 'frame_cut'],
    ['0014', 'frame_cut'],
    ['001400A404', 'frame_cut'],
  ];
  it.each(broken)('ends when the framing is lost: %s is %s', async (bytes, link) => {
    const { card, presentation } = await present();
    card.socket.end(Buffer.from(bytes, 'hex'));
    expect(await presentation).toMatchObject({ presented: false, link, armed: { atc: 1 } });
    await card.closed;
  });

  it('answers every one-byte payload that is no control as an APDU that is too short', async () => {
    const { card, presentation } = await present();
    for (const code of [0x03, 0x05, 0x80, 0xff]) {
      card.send(code);
      expect(await card.answer()).toEqual(Uint8Array.of(0x67, 0x00));
    }
    card.socket.end();
    await presentation;
  });

  it('ends when the customer takes the phone away', async () => {
    const { card, presentation } = await present();
    expect(await card.apdu(SELECT)).toBe('6F009000');
    expect(test.phone.withdraw()).toBe(true);
    expect(await presentation).toMatchObject({ presented: false, link: 'withdrawn', armed: { atc: 1 } });
    await card.closed;
    expect(test.phone.withdraw()).toBe(false);
  });

  it('does not wait for ever for a reader that says nothing', async () => {
    const { card, presentation } = await present({ linkIdleMs: 20, clock: nodeClock });
    expect(await presentation).toMatchObject({ presented: false, link: 'link_idle' });
    await card.closed;
  });

  it('is one at a time, only here, and gone when nobody listens', async () => {
    const { card, presentation } = await present();
    const again = test.phone.present('127.0.0.1', terminal.port);
    await expect(again).rejects.toMatchObject({ reason: 'tap_in_progress' });
    card.socket.end();
    await presentation;
    for (const host of ['192.0.2.1', '0.0.0.0', 'example.com', '127.0.0.1.example.com', '']) {
      await expect(test.phone.present(host, 1)).rejects.toMatchObject({
        reason: 'reader_not_on_this_machine',
      });
    }
    const closed = await FakeTerminal.listen();
    await closed.close();
    const nobody = test.phone.present('localhost', closed.port);
    await expect(nobody).rejects.toMatchObject({ reason: 'reader_unreachable' });
  });

  it('goes on without a network', async () => {
    test = await startTestPhone();
    await test.phone.enrol(ACTIVATION_CODE);
    await test.phone.digitise({ profile: 'open', pin: pin() });
    test.phone.setNetwork(false);
    await test.phone.unlock();
    await test.phone.enterPin(pin());
    const before = test.issuer.requests;
    const arriving = terminal.phone();
    const presentation = test.phone.present('localhost', terminal.port);
    const card = await arriving;
    expect((await tap(card)).at(-1)).toBe('770200019000');
    card.socket.end();
    expect(await presentation).toMatchObject({ presented: true, tap: { cdcvm: true } });
    await expect(test.phone.sync()).rejects.toMatchObject({ reason: 'bank_unreachable' });
    expect(test.issuer.requests).toBe(before);
    test.phone.setNetwork(true);
    expect(await test.phone.sync()).toMatchObject({ logRecords: 1 });
  });
});
