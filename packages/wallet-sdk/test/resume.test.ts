// Killed between every pair of steps. The whole life of a wallet is played once to count its boundaries; then once for
// each boundary, with the power going off there. A new process takes what was durable and must come to the same end.
// Once with the element's double, whose messages can be read, and once with the real element, its HPKE and its
// two-phase commit.
import { describe, expect, it } from 'vitest';
import { refusalName, type Wallet } from '../src/index.ts';
import {
  ACTIVATION_CODE,
  DoubleIssuer,
  DoublePhone,
  inOrder,
  Killed,
  Killer,
  RealPhone,
  RealSealing,
  tapCommands,
} from './double/index.ts';

type AnyPhone = DoublePhone | RealPhone;

const PIN = '4929';
const TAPS = 6;

/** One life, written so that each step may find itself done already: it is what an app does after a restart. */
async function live(wallet: Wallet, taps: number): Promise<void> {
  const { state } = await wallet.status();
  if (state === 'new' || state === 'enrolling') await wallet.enrol(ACTIVATION_CODE);
  await wallet.sync();
  if ((await wallet.status()).tokens.length === 0) {
    await wallet.digitise({ profile: 'open', pin: new TextEncoder().encode(PIN) });
    const [token] = (await wallet.status()).tokens;
    await wallet.select(token!.tokenId);
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
  for (const command of inOrder(tapCommands('open'))) {
    tap.exchange(command);
    await tap.settle();
  }
  const { presented } = await wallet.endTap(tap);
  expect(presented).toMatchObject({ cryptogramType: 'ARQC', cdcvm: true });
}

async function playUntilKilled(phone: AnyPhone, killer: Killer): Promise<void> {
  try {
    const { wallet } = await phone.boot(killer);
    await live(wallet, TAPS);
  } catch (error) {
    const byUs = error instanceof Killed || (error instanceof Error && error.cause instanceof Killed);
    if (!byUs && refusalName(error) !== 'bank_unreachable' && !killer.dead) throw error;
  }
}

async function boundaries(phone: AnyPhone): Promise<string[]> {
  const killer = new Killer();
  await playUntilKilled(phone, killer);
  return killer.crossed;
}

async function expectGoodEnd(phone: AnyPhone, issuer: DoubleIssuer, at: number): Promise<void> {
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
  expect(token!.keySetsLive).toBeGreaterThan(5);
  // Every set that the bank issued is on the phone or in the log that the bank has (but for the slot that is still
  // open): none lost, none twice.
  const history = await wallet.history(token!.tokenId);
  const spent = new Set([...history, ...atBank!.log.values()].map(({ atc }) => atc));
  expect(new Set(history.map(({ atc }) => atc)).size).toBe(history.length);
  expect(spent.size + token!.keySetsLive).toBe(atBank!.nextAtc - 1);
  const unheard = history.filter(({ seq }) => !atBank!.log.has(seq));
  expect(unheard.filter(({ status }) => status !== 'armed_or_unknown')).toEqual([]);
  expect(unheard.length).toBeLessThanOrEqual(1);
}

const forDouble = await boundaries(new DoublePhone(new DoubleIssuer()));
const forReal = await boundaries(new RealPhone(new DoubleIssuer(new RealSealing())));

const kinds = (crossed: readonly string[]) =>
  [...new Set(crossed.map((boundary) => boundary.replace(/[0-9a-f-]{36}/, 'ID')))]
    .filter((kind) => kind.startsWith('after'))
    .map((kind) => kind.slice('after '.length))
    .sort();

const REQUESTS = [
  'GET /v1/bundles/next',
  'GET /v1/cards',
  'POST /v1/bundles/receipts',
  'POST /v1/digitisations',
  'POST /v1/enrolments',
  'POST /v1/enrolments/ID/statement',
  'POST /v1/logs',
  'POST /v1/replenishments',
];

describe('a wallet that is killed at any boundary', () => {
  it('crosses every kind of boundary in this test', () => {
    const commands = [
      'PIN uplink',
      'arm',
      'bundle',
      'enrolment statement',
      'log record',
      'log uplink',
      'select',
      'wallet file',
    ];
    expect(kinds(forDouble)).toEqual([...REQUESTS, ...commands].sort());
    expect(kinds(forReal)).toEqual([...REQUESTS, 'sealed state', 'wallet file'].sort());
  });

  it.each(forDouble.map((boundary, index) => ({ at: index + 1, boundary })))(
    'goes on after $at: $boundary',
    async ({ at }) => {
      const issuer = new DoubleIssuer();
      await expectGoodEnd(new DoublePhone(issuer), issuer, at);
    },
  );

  it.each(forReal.map((boundary, index) => ({ at: index + 1, boundary })))(
    'goes on after $at: $boundary (real element)',
    async ({ at }) => {
      const issuer = new DoubleIssuer(new RealSealing());
      await expectGoodEnd(new RealPhone(issuer), issuer, at);
    },
  );
});
