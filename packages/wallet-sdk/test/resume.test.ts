// Killed between every pair of steps. The whole life of a wallet is played once to count its boundaries; then once for
// each boundary, with the power going off there. A new process takes what was durable and must come to the same end.
import { describe, expect, it } from 'vitest';
import { refusalName, type Wallet } from '../src/index.ts';
import { ACTIVATION_CODE, DoubleIssuer, DoublePhone, Killed, Killer } from './double/index.ts';

const PIN = '4929';
const TAPS = 6;
const SELECT = Uint8Array.from([0x00, 0xa4, 0x04, 0x00, 0x00]);
const GPO = Uint8Array.from([0x80, 0xa8, 0x00, 0x00, 0x00]);
const GENERATE_AC = Uint8Array.from([0x80, 0xae, 0x80, 0x00, 0x00]);

/** One life, written so that each step may find itself done already: it is what an app does after a restart. */
async function live(wallet: Wallet, taps: number): Promise<void> {
  const { state } = await wallet.status();
  if (state === 'new' || state === 'enrolling') await wallet.enrol(ACTIVATION_CODE);
  await wallet.sync();
  if ((await wallet.status()).tokens.length === 0) {
    await wallet.digitise({ profile: 'open', pin: new TextEncoder().encode(PIN) });
  }
  for (let tap = 0; tap < taps; tap += 1) {
    await wallet.unlock();
    await wallet.enterPin(new TextEncoder().encode(PIN));
    await present(wallet);
    await wallet.lock();
  }
  await wallet.sync();
}

async function present(wallet: Wallet): Promise<void> {
  const tap = await wallet.beginTap();
  for (const command of [SELECT, GPO, GENERATE_AC]) {
    tap.exchange(command);
    await tap.settle();
  }
  await wallet.endTap(tap);
}

async function playUntilKilled(phone: DoublePhone, killer: Killer): Promise<void> {
  try {
    const { wallet } = await phone.boot(killer);
    await live(wallet, TAPS);
  } catch (error) {
    if (!(error instanceof Killed) && refusalName(error) !== 'bank_unreachable') throw error;
  }
}

async function boundaries(): Promise<string[]> {
  const killer = new Killer();
  await playUntilKilled(new DoublePhone(new DoubleIssuer()), killer);
  return killer.crossed;
}

const all = await boundaries();

describe('a wallet that is killed at any boundary', () => {
  it('crosses every kind of boundary in this test', () => {
    const kinds = new Set(all.map((boundary) => boundary.replace(/[0-9a-f-]{36}/, 'ID')));
    expect([...kinds].filter((kind) => kind.startsWith('after')).sort()).toEqual([
      'after GET /v1/bundles/next',
      'after GET /v1/cards',
      'after PIN uplink',
      'after POST /v1/bundles/receipts',
      'after POST /v1/digitisations',
      'after POST /v1/enrolments',
      'after POST /v1/enrolments/ID/statement',
      'after POST /v1/logs',
      'after POST /v1/replenishments',
      'after arm',
      'after bundle',
      'after enrolment statement',
      'after log record',
      'after log uplink',
      'after wallet file',
    ]);
  });

  it.each(all.map((boundary, index) => ({ at: index + 1, boundary })))(
    'goes on after $at: $boundary',
    async ({ at }) => {
      const issuer = new DoubleIssuer();
      const phone = new DoublePhone(issuer);
      const killer = new Killer(at);
      await playUntilKilled(phone, killer);
      expect(killer.dead).toBe(true);

      const { wallet } = await phone.boot();
      await live(wallet, 0);

      expect(issuer.violations).toEqual([]);
      expect(issuer.enrolments).toBe(1);
      expect(issuer.tokens.size).toBe(1);
      const { tokens, state, digitisationPending } = await wallet.status();
      expect(state).toBe('ready');
      expect(digitisationPending).toBe(false);
      const [token] = tokens;
      const [atBank] = issuer.tokens.values();
      expect(atBank!.pin).toBe(PIN);
      expect(token!.unacknowledged).toBe(0);
      expect(token!.keySetsLive).toBeGreaterThan(5);
      // Every set that the bank issued is on the phone or in the log that the bank has: none lost, none twice.
      const history = await wallet.history(token!.tokenId);
      const spent = history.map(({ atc }) => atc);
      expect(new Set(spent).size).toBe(spent.length);
      expect(spent.length + token!.keySetsLive).toBe(atBank!.nextAtc - 1);
      expect([...atBank!.log.values()].map(({ atc }) => atc).sort()).toEqual([...spent].sort());
    },
  );
});
