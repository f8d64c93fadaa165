// The store is slow, fails, or says that it failed when it did not; meanwhile readers, other clients and the app go on.
import { fromHex, toHex } from '@tapseal/emv';
import { PaymentClient } from '@tapseal/ta-payment';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BareToken } from '../src/bare-issuer.ts';
import { BarePhone } from '../src/bare-phone.ts';
import { MemoryStore } from '../src/memory-store.ts';

const AMOUNT = '000000001250';

/** What becomes of a write: kept, lost and told so, or kept and told lost. */
type Outcome = 'kept' | 'lost' | 'unsure';

/** Holds the next write until `finish`, when it is told to be slow. */
class SlowStore extends MemoryStore {
  slow = false;
  #settle: ((outcome: Outcome) => void) | undefined;

  override async persist(generation: bigint, sealed: Uint8Array): Promise<void> {
    if (!this.slow) return super.persist(generation, sealed);
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
    });
    if (outcome !== 'lost') await super.persist(generation, sealed);
    if (outcome !== 'kept') throw new Error('the disk is full');
  }

  get holds(): boolean {
    return this.#settle !== undefined;
  }

  finish(outcome: Outcome = 'kept'): void {
    this.slow = false;
    this.#settle?.(outcome);
    this.#settle = undefined;
  }
}

let kernel: WebAssembly.Module;
let store: SlowStore;
let phone: BarePhone;
let token: BareToken;
beforeAll(async () => {
  kernel = await loadKernel();
});
beforeEach(async () => {
  store = new SlowStore();
  phone = await BarePhone.enrolled(kernel, store);
  token = await phone.digitise('open');
  phone.payment.unlock();
});

/** Runs a command as far as its write, which is then held. */
async function held<T>(command: () => Promise<T>): Promise<{ readonly answer: Promise<T> }> {
  store.slow = true;
  const answer = command();
  answer.catch(() => undefined); // judged later
  while (!store.holds) await Promise.resolve();
  return { answer };
}

describe('while the spend is being written', () => {
  it('no reader gets a cryptogram, and nothing else gets in', async () => {
    const { answer: armed } = await held(() => phone.payment.arm());
    for (const command of phone.commands(token, AMOUNT))
      expect(toHex(phone.payment.apdu(fromHex(command)))).toBe('6985');
    expect(() => phone.payment.tokens()).toThrow('commit_pending');
    const pin = Uint8Array.from('4929', Number);
    expect(() => phone.payment.enterPin(pin)).toThrow('commit_pending');
    expect(pin).toEqual(new Uint8Array(4));
    store.finish();
    expect(await armed).toMatchObject({ atc: 1 });
    expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', atc: 1, verdict: 'umd_absent' });
  });

  it('a field that went off in the meantime ends the tap that was under way', async () => {
    await phone.payment.arm();
    const commands = phone.commands(token, AMOUNT).map((command) => fromHex(command));
    for (const command of commands.slice(0, 5)) phone.payment.apdu(command);
    const bundle = await phone.issuer.bundle([phone.issuer.keySets(token, 1)]);
    const { answer: receipt } = await held(() => phone.vse.acceptBundle(bundle));
    phone.payment.fieldReset();
    store.finish();
    await receipt;
    expect(toHex(phone.payment.apdu(commands[5]!))).toBe('6985');
    expect(await phone.payment.finishTap()).toMatchObject({ atc: 1, cryptogramType: 'none' });
  });

  it('two clients that arm at once arm once', async () => {
    const second = new PaymentClient(phone.vse);
    const { answer: both } = await held(() => Promise.all([phone.payment.arm(), second.arm()]));
    store.finish();
    expect(await both).toEqual([
      { atc: 1, keySetsLeft: 9 },
      { atc: 1, keySetsLeft: 9 },
    ]);
  });

  it('the app closes the wallet: what follows is refused, the set stays spent', async () => {
    const { answer: armed } = await held(() => phone.payment.arm());
    const queued = phone.payment.finishTap();
    phone.vse.close();
    store.finish();
    await expect(armed).rejects.toMatchObject({ reason: 'poisoned' });
    await expect(queued).rejects.toMatchObject({ reason: 'poisoned' });
    await phone.boot();
    phone.payment.unlock();
    expect(await phone.payment.arm()).toMatchObject({ atc: 2 });
  });
});

describe.each([
  ['lost', 1],
  ['unsure', 2],
] as const)('a write that fails (%s)', (how, next) => {
  it('releases no key; the next start goes on from what the disk has', async () => {
    const { answer: armed } = await held(() => phone.payment.arm());
    store.finish(how);
    await expect(armed).rejects.toMatchObject({ reason: 'store_failed' });
    expect(() => phone.tap(token, AMOUNT)).toThrow('poisoned');
    await phone.boot();
    phone.payment.unlock();
    expect(await phone.payment.arm()).toMatchObject({ atc: next });
    expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', atc: next, verdict: 'umd_absent' });
  });

  it('of a bundle: the bank repeats it and gets a receipt for these very bytes', async () => {
    const bundle = await phone.issuer.bundle([phone.issuer.keySets(token, 3)]);
    const { answer: accepted } = await held(() => phone.vse.acceptBundle(bundle));
    store.finish(how);
    await expect(accepted).rejects.toMatchObject({ reason: 'store_failed' });
    await phone.boot();
    expect(await phone.issuer.receipt(await phone.vse.acceptBundle(bundle))).toBe(0);
    expect(phone.payment.tokens()[0]!.keySetsLive).toBe(13);
    expect(await phone.deliver([phone.issuer.keySets(token, 1)])).toBe(0);
  });
});

it('a tap whose record could not be written comes home as outcome unknown, and its set is not used again', async () => {
  await phone.payment.arm();
  expect(phone.tap(token, AMOUNT)).toMatchObject({ atc: 1 });
  const { answer: finished } = await held(() => phone.payment.finishTap());
  store.finish('lost');
  await expect(finished).rejects.toMatchObject({ reason: 'store_failed' });
  await phone.boot();
  phone.payment.unlock();
  expect(await phone.payment.arm()).toMatchObject({ atc: 2 });
  expect(phone.payment.history(token.tokenId).map(({ atc, status }) => [atc, status])).toEqual([
    [1, 'armed_or_unknown'],
    [2, 'armed_or_unknown'],
  ]);
});
