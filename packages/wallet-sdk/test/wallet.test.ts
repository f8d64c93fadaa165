import { describe, expect, it } from 'vitest';
import type { Wallet, WalletEvent } from '../src/index.ts';
import {
  ACTIVATION_CODE,
  CARD_ID,
  type DoubleElement,
  DoubleIssuer,
  DoublePhone,
  Killer,
} from './double/index.ts';

const SELECT = Uint8Array.from([0x00, 0xa4, 0x04, 0x00, 0x00]);
const GPO = Uint8Array.from([0x80, 0xa8, 0x00, 0x00, 0x00]);
const GENERATE_AC = Uint8Array.from([0x80, 0xae, 0x80, 0x00, 0x00]);

const pin = () => new TextEncoder().encode('4929');
const sw = (answer: Uint8Array) => Buffer.from(answer.subarray(-2)).toString('hex').toUpperCase();

async function readyPhone(): Promise<{
  wallet: Wallet;
  element: DoubleElement;
  issuer: DoubleIssuer;
  phone: DoublePhone;
  events: WalletEvent[];
}> {
  const issuer = new DoubleIssuer();
  const phone = new DoublePhone(issuer);
  const { wallet, element } = await phone.boot();
  const events: WalletEvent[] = [];
  wallet.on((event) => events.push(event));
  await wallet.enrol(ACTIVATION_CODE);
  await wallet.digitise({ profile: 'open', pin: pin() });
  return { wallet, element, issuer, phone, events };
}

async function present(wallet: Wallet, commands = [SELECT, GPO, GENERATE_AC]) {
  const tap = await wallet.beginTap();
  const words: string[] = [];
  for (const command of commands) {
    words.push(sw(tap.exchange(command)));
    await tap.settle();
  }
  return { words, end: await wallet.endTap(tap) };
}

describe('a tap', () => {
  it('is presented, logged, and the next set armed', async () => {
    const { wallet, events } = await readyPhone();
    expect(await wallet.unlock()).toEqual({ atc: 1, keySetsLeft: 9 });
    await wallet.enterPin(pin());
    const { words, end } = await present(wallet);
    expect(words).toEqual(['9000', '9000', '9000']);
    expect(end.presented).toMatchObject({ atc: 1, cdcvm: true, cryptogramType: 'ARQC' });
    expect(end.armed).toEqual({ atc: 2, keySetsLeft: 8 });
    const { tokens } = await wallet.status();
    expect(await wallet.history(tokens[0]!.tokenId)).toMatchObject([
      { atc: 1, outcome: 'presented' },
      { atc: 2, outcome: 'unknown' },
    ]);
    expect(events.map(({ event }) => event)).toEqual([
      'enrolled',
      'bundleApplied',
      'digitised',
      'bundleApplied',
      'bundleApplied',
      'armed',
      'armed',
      'presented',
    ]);
  });

  it('is never called approved before the bank has said so', async () => {
    const { wallet } = await readyPhone();
    await wallet.unlock();
    await present(wallet);
    const [token] = (await wallet.status()).tokens;
    expect((await wallet.history(token!.tokenId))[0]).toMatchObject({ outcome: 'presented' });
    await wallet.sync();
    expect((await wallet.history(token!.tokenId))[0]).toMatchObject({ outcome: 'approved', de39: '00' });
  });

  it('gives out one cryptogram a presentation, however often the reader switches its field', async () => {
    const { wallet } = await readyPhone();
    await wallet.unlock();
    const tap = await wallet.beginTap();
    const words: string[] = [];
    for (let power = 0; power < 3; power += 1) {
      tap.fieldReset();
      for (const command of [SELECT, GPO, GENERATE_AC]) {
        words.push(sw(tap.exchange(command)));
        await tap.settle();
      }
    }
    expect(words.slice(0, 3)).toEqual(['9000', '9000', '9000']);
    expect(words.slice(3)).toEqual(['9000', '6985', '6985', '9000', '6985', '6985']);
    await wallet.endTap(tap);
    expect((await wallet.status()).tokens[0]!.keySetsLive).toBe(8);
  });

  it('burns a set that breaks off after GPO, and says that nothing was presented', async () => {
    const { wallet } = await readyPhone();
    await wallet.unlock();
    const { end } = await present(wallet, [SELECT, GPO]);
    expect(end.presented).toBeUndefined();
    expect(end.armed).toEqual({ atc: 2, keySetsLeft: 8 });
  });

  it('keeps the armed set when the reader asked for nothing', async () => {
    const { wallet } = await readyPhone();
    await wallet.unlock();
    const { end } = await present(wallet, [SELECT]);
    expect(end).toEqual({ presented: undefined, armed: { atc: 1, keySetsLeft: 9 } });
  });

  it('arms nothing more after a lock', async () => {
    const { wallet } = await readyPhone();
    await wallet.unlock();
    const tap = await wallet.beginTap();
    await wallet.lock();
    expect(sw(tap.exchange(GPO))).toBe('6982');
    expect((await wallet.endTap(tap)).armed).toEqual({ refusal: 'wallet_locked' });
    expect((await wallet.status()).armed).toBeUndefined();
  });

  it('stops arming after five taps of one unlock', async () => {
    const { wallet } = await readyPhone();
    await wallet.unlock();
    const armed: unknown[] = [];
    for (let tap = 0; tap < 5; tap += 1) armed.push((await present(wallet)).end.armed);
    expect(armed.at(-2)).toEqual({ atc: 5, keySetsLeft: 5 });
    expect(armed.at(-1)).toEqual({ refusal: 'arm_rate_limited' });
    expect((await present(wallet)).words).toEqual(['9000', '6985', '6985']);
    expect(await wallet.unlock()).toEqual({ atc: 6, keySetsLeft: 4 });
  });

  it('tells that keys are low at five', async () => {
    const { wallet, events } = await readyPhone();
    await wallet.unlock();
    for (let tap = 0; tap < 4; tap += 1) await present(wallet);
    await Promise.resolve();
    expect(events.find(({ event }) => event === 'keysLow')).toMatchObject({ keySetsLive: 5 });
    expect(await wallet.sync()).toMatchObject({ keySetsAsked: 4, logRecords: 4 });
  });

  it('is one at a time, and needs no network', async () => {
    const { wallet, issuer } = await readyPhone();
    await wallet.unlock();
    const before = issuer.requests;
    const tap = await wallet.beginTap();
    await expect(wallet.beginTap()).rejects.toMatchObject({ reason: 'tap_in_progress' });
    await expect(wallet.unlock()).rejects.toMatchObject({ reason: 'tap_in_progress' });
    await wallet.endTap(tap);
    await wallet.endTap(tap);
    expect(() => tap.exchange(SELECT)).toThrow('tap_over');
    expect(issuer.requests).toBe(before);
  });

  it('goes through while a sync is running: the bank waits for the reader, never the reader for the bank', async () => {
    const { wallet } = await readyPhone();
    await wallet.unlock();
    const syncing = wallet.sync();
    const { words } = await present(wallet);
    expect(words).toEqual(['9000', '9000', '9000']);
    await syncing;
  });
});

describe('a PIN', () => {
  it.each(['123', '1234567890123', '12a4', '١٢٣٤', ''])('"%s" is refused and overwritten', async (typed) => {
    const { wallet, element } = await readyPhone();
    await wallet.unlock();
    const digits = new TextEncoder().encode(typed);
    await expect(wallet.enterPin(digits)).rejects.toMatchObject({ reason: 'pin_malformed' });
    expect(digits.every((byte) => byte === 0)).toBe(true);
    expect(element.pins).toEqual(['4929']);
  });

  it('is overwritten when it was taken, and when it was refused', async () => {
    const { wallet } = await readyPhone();
    const early = pin();
    await expect(wallet.enterPin(early)).rejects.toMatchObject({ reason: 'not_armed' });
    await wallet.unlock();
    const taken = pin();
    await wallet.enterPin(taken);
    const digitised = pin();
    const request = { cardId: CARD_ID, profile: 'luk', pin: digitised };
    await expect(wallet.digitise(request)).rejects.toMatchObject({ reason: 'profile_unknown' });
    expect([...early, ...taken, ...digitised].every((byte) => byte === 0)).toBe(true);
  });

  it('is nowhere in the wallet’s own file', async () => {
    const { phone, issuer } = await readyPhone();
    issuer.refusals.set('POST /v1/digitisations', { status: 503, name: 'unavailable' });
    const { wallet } = await phone.boot();
    const refused = wallet.digitise({ profile: 'tdes', pin: pin() });
    await expect(refused).rejects.toMatchObject({ reason: 'bank_unreachable' });
    const file = JSON.parse(new TextDecoder().decode(phone.walletFile));
    expect(JSON.stringify({ ...file, digitisation: undefined })).not.toContain('4929');
    expect(Object.keys(file.digitisation).sort()).toEqual(['cardId', 'idempotencyKey', 'profile', 'uplink']);
    issuer.refusals.clear();
    await wallet.sync();
    expect(JSON.parse(new TextDecoder().decode(phone.walletFile)).digitisation).toBeUndefined();
    expect(issuer.tokens.size).toBe(2);
  });
});

describe('refusals', () => {
  it('names what a new wallet cannot do', async () => {
    const { wallet } = await new DoublePhone(new DoubleIssuer()).boot();
    await expect(wallet.sync()).rejects.toMatchObject({ reason: 'not_enrolled' });
    const digitisation = wallet.digitise({ profile: 'open', pin: pin() });
    await expect(digitisation).rejects.toMatchObject({ reason: 'not_enrolled' });
    await expect(wallet.unlock()).rejects.toMatchObject({ reason: 'card_not_active' });
    expect(await wallet.status()).toMatchObject({ state: 'new', unlocked: true, tokens: [] });
  });

  it('forgets an activation code that the bank refused, keeps one that it did not hear', async () => {
    const issuer = new DoubleIssuer();
    const phone = new DoublePhone(issuer);
    const { wallet } = await phone.boot();
    await expect(wallet.enrol('WRONG-CODE')).rejects.toMatchObject({ reason: 'activation_code_unknown' });
    expect((await wallet.status()).state).toBe('new');
    issuer.refusals.set('POST /v1/enrolments', { status: 503, name: 'unavailable' });
    await expect(wallet.enrol(ACTIVATION_CODE)).rejects.toMatchObject({ reason: 'bank_unreachable' });
    issuer.refusals.clear();
    const { wallet: later } = await phone.boot();
    expect((await later.status()).state).toBe('enrolling');
    await later.sync();
    expect((await later.status()).state).toBe('enrolled');
    await expect(later.enrol(ACTIVATION_CODE)).rejects.toMatchObject({ reason: 'already_enrolled' });
  });

  it('asks for a choice between cards', async () => {
    const { wallet, issuer } = await readyPhone();
    const other = '55555555-5555-4555-8555-555555555555';
    issuer.cards.push({ ...issuer.cards[0]!, cardId: other, profiles: ['open'] });
    const digitise = (cardId?: string) =>
      wallet.digitise({ profile: 'open', pin: pin(), ...(cardId === undefined ? {} : { cardId }) });
    await expect(digitise()).rejects.toMatchObject({ reason: 'card_choice_needed' });
    await expect(digitise(other.replaceAll('5', '6'))).rejects.toMatchObject({ reason: 'card_not_found' });
    expect(await digitise(other)).toMatchObject({ decision: 'approved', keySets: 10 });
  });

  it('of one step of a sync does not stop the others', async () => {
    const { wallet, issuer } = await readyPhone();
    await wallet.unlock();
    await present(wallet);
    issuer.refusals.set('POST /v1/logs', { status: 422, name: 'log_chain_broken' });
    for (let tap = 0; tap < 4; tap += 1) await present(wallet);
    const report = await wallet.sync();
    expect(report.refused).toEqual([{ step: 'log', reason: 'log_chain_broken' }]);
    await expect(wallet.sync()).resolves.toMatchObject({ logRecords: 0 });
  });

  it('of a kept digitisation stops a sync: no later uplink may overtake it', async () => {
    const { wallet, issuer } = await readyPhone();
    await wallet.unlock();
    await present(wallet);
    for (const [status, name] of [
      [429, 'rate_limited'],
      [500, 'internal'],
    ] as const) {
      issuer.refusals.set('POST /v1/digitisations', { status, name });
      const again = wallet.digitise({ profile: 'tdes', pin: pin() });
      await expect(again).rejects.toMatchObject({ reason: name });
      await expect(wallet.sync()).rejects.toMatchObject({ reason: name });
      expect((await wallet.status()).digitisationPending).toBe(true);
    }
    issuer.refusals.clear();
    expect(await wallet.sync()).toMatchObject({ logRecords: 1, refused: [] });
    expect(issuer.tokens.size).toBe(2);
    expect(issuer.violations).toEqual([]);
  });

  it('of the credential stops a sync', async () => {
    const { wallet, issuer } = await readyPhone();
    issuer.refusals.set('GET /v1/bundles/next', { status: 401, name: 'credential_invalid' });
    await expect(wallet.sync()).rejects.toMatchObject({ reason: 'credential_invalid' });
  });

  it('of a state file that is not ours', async () => {
    const phone = new DoublePhone(new DoubleIssuer());
    for (const text of ['', '{', '{}', '{"version":2,"replenishments":{}}', '[1]']) {
      phone.walletFile = new TextEncoder().encode(text);
      await expect(phone.boot()).rejects.toMatchObject({ reason: 'storage_corrupt' });
    }
  });
});

describe('closing', () => {
  it('ends a tap, locks, and takes nothing more', async () => {
    const { wallet, element } = await readyPhone();
    await wallet.unlock();
    const tap = await wallet.beginTap();
    tap.exchange(SELECT);
    tap.exchange(GPO);
    tap.exchange(GENERATE_AC);
    await wallet.close();
    await wallet.close();
    expect(element.closed).toBe(true);
    await expect(wallet.unlock()).rejects.toMatchObject({ reason: 'wallet_closed' });
    await expect(wallet.sync()).rejects.toMatchObject({ reason: 'wallet_closed' });
  });

  it('makes the record of a running tap durable first', async () => {
    const { wallet, phone } = await readyPhone();
    await wallet.unlock();
    const tap = await wallet.beginTap();
    for (const command of [SELECT, GPO, GENERATE_AC]) tap.exchange(command);
    await wallet.close();
    const { wallet: later } = await phone.boot(new Killer());
    const [token] = (await later.status()).tokens;
    expect(await later.history(token!.tokenId)).toMatchObject([{ atc: 1, status: 'arqc' }]);
  });
});
