// What a phone does when its disk fails, its element is lost, or its process ends.
import { WalletRefusal } from '@tapseal/wallet-sdk';
import { ACTIVATION_CODE } from '@tapseal/wallet-sdk/test-double';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeTerminal } from './fake-terminal.ts';
import { pin, startTestPhone, type TestPhone } from './test-phone.ts';

let test: TestPhone;
let terminal: FakeTerminal | undefined;
afterEach(async () => {
  await test.phone.close();
  await terminal?.close();
  terminal = undefined;
});

async function ready(): Promise<void> {
  test = await startTestPhone();
  await test.phone.enrol(ACTIVATION_CODE);
  await test.phone.digitise({ profile: 'open', pin: pin() });
}

describe('a disk that is full', () => {
  it('is named, keeps the old state, and the next call opens the wallet again', async () => {
    await ready();
    test.double.elementState.failNextWrite = new WalletRefusal('storage_full');
    await expect(test.phone.unlock()).rejects.toMatchObject({ reason: 'store_failed' });
    expect(test.logged.at(-1)).toEqual({ event: 'element_discarded', fields: { reason: 'storage_full' } });
    expect(test.opened()).toBe(1);
    expect(await test.phone.status()).toMatchObject({ state: 'ready', unlocked: false });
    expect(test.opened()).toBe(2);
    expect(await test.phone.unlock()).toEqual({ atc: 1, keySetsLeft: 9 });
  });

  it('does not make a presented tap unpresented: the log will say that its outcome is unknown', async () => {
    await ready();
    await test.phone.unlock();
    terminal = await FakeTerminal.listen();
    const arriving = terminal.phone();
    const presentation = test.phone.present('127.0.0.1', terminal.port);
    const card = await arriving;
    for (const command of ['00A4040000', '80A8000000']) await card.apdu(command);
    test.double.elementState.failNextWrite = new WalletRefusal('storage_full');
    expect(await card.apdu('80AE800000')).toBe('770200019000');
    expect(await presentation).toEqual({ presented: true, link: 'element_fault', refusal: 'storage_full' });
    expect(await test.phone.history()).toMatchObject([
      { atc: 1, status: 'armed_or_unknown', outcome: 'unknown' },
    ]);
    expect(await test.phone.unlock()).toEqual({ atc: 2, keySetsLeft: 8 });
  });
});

describe('the network switch', () => {
  it('cuts what is under way, and what comes after, until it is on again', async () => {
    await ready();
    const { network } = test;
    const hanging = new Promise<Response>(() => {});
    const answered = await network.fetch('https://bank.example/v1/nothing', { method: 'GET' });
    expect(answered.status).toBe(401);
    const slow = new (network.constructor as typeof import('../src/index.ts').NetworkSwitch)((_, init) =>
      Promise.race([hanging, aborted(init.signal as AbortSignal)]),
    );
    const under = slow.fetch('https://bank.example/', {});
    slow.set(false);
    await expect(under).rejects.toThrow();
    await expect(slow.fetch('https://bank.example/', {})).rejects.toThrow();
    expect(slow.up).toBe(false);
    slow.set(true);
    slow.set(true);
    expect(slow.up).toBe(true);
  });
});

describe('the eleventh tap on ten key sets', () => {
  const tap = async (): Promise<void> => {
    await test.phone.unlock();
    const reader = await FakeTerminal.listen();
    const arriving = reader.phone();
    const presentation = test.phone.present('127.0.0.1', reader.port);
    const card = await arriving;
    for (const command of ['00A4040000', '80A8000000', '80AE800000']) await card.apdu(command);
    await reader.close();
    expect(await presentation).toMatchObject({ presented: true });
  };

  it('is refused without a network, by the name of what is missing; with one, the bank is asked first', async () => {
    await ready();
    test.phone.setNetwork(false);
    for (let n = 1; n <= 10; n++) await tap();
    await test.phone.lock();
    await expect(test.phone.unlock()).rejects.toMatchObject({ reason: 'no_keys_left' });
    test.phone.setNetwork(true);
    expect(await test.phone.unlock()).toEqual({ atc: 11, keySetsLeft: 9 });
  });

  it('keeps its name where the bank gives none', async () => {
    await ready();
    test.phone.setNetwork(false);
    for (let n = 1; n <= 10; n++) await tap();
    test.phone.setNetwork(true);
    test.issuer.refusals.set('POST /v1/replenishments', { status: 409, name: 'token_suspended' });
    await expect(test.phone.unlock()).rejects.toMatchObject({ reason: 'no_keys_left' });
  });

  it('never comes to that with a network: a tap that leaves five asks in the background', async () => {
    await ready();
    for (let n = 1; n <= 12; n++) await tap();
    expect(test.logged.filter(({ event }) => event === 'synced').length).toBeGreaterThan(0);
  });
});

describe('closing', () => {
  it('ends a presentation, and takes nothing more', async () => {
    await ready();
    await test.phone.unlock();
    terminal = await FakeTerminal.listen();
    const arriving = terminal.phone();
    const presentation = test.phone.present('127.0.0.1', terminal.port);
    const card = await arriving;
    for (const command of ['00A4040000', '80A8000000', '80AE800000']) await card.apdu(command);
    await test.phone.close();
    expect(await presentation).toMatchObject({ presented: true, link: 'withdrawn', tap: { atc: 1 } });
    await card.closed;
    await expect(test.phone.status()).rejects.toMatchObject({ reason: 'phone_closing' });
    expect(test.double.elementState.tokens.values().next().value!.log).toMatchObject([
      { atc: 1, status: 'arqc' },
    ]);
  });
});

function aborted(signal: AbortSignal): Promise<Response> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
