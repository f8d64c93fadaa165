/** One sale from the amount to the result, with phones over TCP and a bank over TCP. */
import { fromHex, Pan, parseTlv, tlvValues, toHex, verifyTwoCryptograms } from '@tapseal/emv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PRESENTATIONS_MAX, takeSale } from '../src/sale.ts';
import { traceOf } from '../src/trace.ts';
import { until } from './manual-clock.ts';
import { SoftwareCard, TEST_KEYS, TOKEN } from './software-card.ts';
import { type TestTerminal, testTerminal } from './test-terminal.ts';

let at: TestTerminal;
beforeEach(async () => {
  at = await testTerminal();
});
afterEach(() => at.close());

const sgd = (amountMinor: bigint) => ({ amountMinor, currency: 'SGD' });
/** How often the terminal has asked for a phone. */
const asked = () => at.progress.filter((one) => one.step === 'present_phone').length;

describe('a sale', () => {
  it('is approved', async () => {
    const sold = takeSale(sgd(1250n), at.terminal.sales);
    await until(() => asked() === 1);
    await at.present(new SoftwareCard({ profile: 'open' }));
    expect((await sold).result).toEqual({
      result: 'approved',
      reason: 'answered',
      words: 'Approved',
      amount: '12.50',
      currency: 'SGD',
      presentations: 1,
      de39: '00',
      approvalCode: 'A1B2C3',
      stan: '000001',
      terminalId: 'TAPSEAL1',
      card: {
        profile: 'open',
        label: 'TAPSEAL OPEN',
        maskedNumber: '970299******5678',
        atc: '0001',
        arqc: toHex(at.acceptor.received[0]!.fields[55]!.subarray(3, 11)),
        cvmResults: '3F0002',
        tvr: '8000008000',
      },
    });
  });

  it('is declined by the bank', async () => {
    at.acceptor.de39 = '61';
    const sold = takeSale(sgd(1250n), at.terminal.sales);
    await at.present(new SoftwareCard({ profile: 'open' }));
    expect((await sold).result).toMatchObject({
      result: 'declined',
      words: "Declined: over the card's limit",
    });
  });

  it('is declined by the card, and the bank is not asked', async () => {
    const sold = takeSale(sgd(1250n), at.terminal.sales);
    await at.present(new SoftwareCard({ profile: 'open', decline: true }));
    expect((await sold).result).toMatchObject({ result: 'declined', reason: 'declined_by_card' });
    expect(at.acceptor.received).toEqual([]);
  });

  it('above the contactless limit asks for no phone', async () => {
    const { result } = await takeSale(sgd(200_001n), at.terminal.sales);
    expect(result).toMatchObject({
      result: 'not_completed',
      reason: 'over_transaction_limit',
      presentations: 0,
    });
    expect(asked()).toBe(0);
  });

  it('see phone: the customer enters the PIN and presents it again', async () => {
    const card = new SoftwareCard({ profile: 'open' });
    const sold = takeSale(sgd(12_000n), at.terminal.sales);
    const first = await at.present(card);
    await first.gone;
    await until(() => asked() === 2);
    expect(at.progress.at(-1)).toMatchObject({
      again: { outcome: 'see_phone', reason: 'verification_needed' },
    });
    card.pin = 'right';
    await at.present(card);
    const { result } = await sold;
    expect(result).toMatchObject({ result: 'approved', presentations: 2 });
    expect(at.acceptor.ofType('0100')).toHaveLength(1);
  });

  it('a locked wallet is unlocked and presented again', async () => {
    const card = new SoftwareCard({ profile: 'tdes' });
    card.locked = true;
    const sold = takeSale(sgd(1250n), at.terminal.sales);
    await (await at.present(card)).gone;
    card.locked = false;
    await at.present(card);
    expect((await sold).result).toMatchObject({ result: 'approved', presentations: 2 });
  });

  it('a phone that leaves in the middle is presented again: one charge, the next ATC', async () => {
    const card = new SoftwareCard({ profile: 'open' });
    const sold = takeSale(sgd(1250n), at.terminal.sales);
    const { FakePhone } = await import('./fake-phone.ts');
    // It takes the GENERATE AC with it: the key set is burnt, no money has moved.
    const torn = await FakePhone.present(at.terminal.tapLink.port, {
      card: (command) => card.apdu(command),
      instead: new Map([[6, 'hang_up']]),
    });
    await torn.gone;
    expect(card.atc).toBe(2);
    card.armed = true;
    await at.present(card);
    const { result } = await sold;
    expect(result).toMatchObject({ result: 'approved', presentations: 2, card: { atc: '0002' } });
    expect(at.acceptor.ofType('0100')).toHaveLength(1);
  });

  it('every presentation has an unpredictable number of its own', async () => {
    const card = new SoftwareCard({ profile: 'open' });
    for (let count = 0; count < 2; count++) {
      card.armed = true;
      const sold = takeSale(sgd(1250n), at.terminal.sales);
      await at.present(card);
      await sold;
    }
    const numbers = at.acceptor.ofType('0100').map((message) => {
      const objects = parseTlv(message.fields[55]!);
      const values = objects.ok ? tlvValues(objects.value) : undefined;
      return values?.ok ? toHex(values.value.get(0x9f37)!) : '';
    });
    expect(new Set(numbers).size).toBe(2);
  });

  it('nobody comes', async () => {
    const sold = takeSale(sgd(1250n), at.terminal.sales, 60_000);
    at.clock.pass(60_000);
    expect((await sold).result).toMatchObject({
      result: 'not_completed',
      reason: 'no_phone',
      presentations: 0,
    });
  });

  it('nobody comes back after "see phone": the result is what was last said', async () => {
    const sold = takeSale(sgd(12_000n), at.terminal.sales, 60_000);
    await at.present(new SoftwareCard({ profile: 'open' }));
    await until(() => asked() === 2);
    at.clock.pass(60_000);
    expect((await sold).result).toMatchObject({ reason: 'verification_needed', presentations: 1 });
  });

  it(`a phone that is never ready ends the sale after ${PRESENTATIONS_MAX} presentations`, async () => {
    const card = new SoftwareCard({ profile: 'open' });
    card.armed = false;
    const sold = takeSale(sgd(1250n), at.terminal.sales);
    for (let count = 1; count <= PRESENTATIONS_MAX; count++) {
      await until(() => asked() === count);
      await (await at.present(card)).gone;
    }
    expect((await sold).result).toMatchObject({
      reason: 'phone_not_ready',
      presentations: PRESENTATIONS_MAX,
    });
  });

  it('for one profile only does not take the other', async () => {
    const sold = takeSale({ ...sgd(1250n), profile: 'tdes' }, at.terminal.sales);
    await at.present(new SoftwareCard({ profile: 'open' }));
    expect((await sold).result).toMatchObject({ result: 'not_completed', reason: 'no_common_application' });
  });

  it.each([
    ['JPY', 1250n, '1250'],
    ['KWD', 1250n, '1.250'],
    ['EUR', 1250n, '12.50'],
  ])('in %s has that currency in the request', async (currency, amountMinor, amount) => {
    const sold = takeSale({ amountMinor, currency }, at.terminal.sales);
    await at.present(new SoftwareCard({ profile: 'open' }));
    expect((await sold).result).toMatchObject({ result: 'approved', amount, currency });
    expect(at.acceptor.received[0]!.fields[4]).toBe('000000001250');
    expect(at.acceptor.received[0]!.fields[49]).toBe({ JPY: '392', KWD: '414', EUR: '978' }[currency]);
  });

  it('nothing that it shows holds the token, whatever happened', async () => {
    for (const options of [{ profile: 'open' }, { profile: 'tdes', decline: true }] as const) {
      const sold = takeSale(sgd(1250n), at.terminal.sales);
      await at.present(new SoftwareCard(options));
      const { result } = await sold;
      expect(JSON.stringify(result)).not.toContain(TOKEN);
    }
    const { inspect } = await import('node:util');
    expect(inspect(at.progress, { depth: 2 })).not.toContain(TOKEN);
  });
});

describe('the trace of a sale', () => {
  it.each(['open', 'tdes'] as const)('%s: recomputed from the trace alone', async (profile) => {
    const card = new SoftwareCard({ profile });
    card.pin = 'right';
    const sold = takeSale(sgd(12_000n), at.terminal.sales);
    await at.present(card);
    const trace = traceOf(await sold, TEST_KEYS[profile]);
    expect(Object.keys(trace)).toEqual([
      'profile',
      'aid',
      'apdus',
      'de55',
      'arqc',
      'atc',
      'token',
      'psn',
      'authorisation',
      'testKeys',
    ]);
    expect(trace).toMatchObject({
      profile,
      token: TOKEN,
      psn: '01',
      authorisation: { mti: '0110', de39: '00' },
    });
    for (const { c, r } of trace.apdus) expect([c, r].join('')).toMatch(/^[0-9A-F]+$/);
    expect(trace.apdus).toHaveLength(6);

    const objects = parseTlv(fromHex(trace.de55!));
    const values = objects.ok ? tlvValues(objects.value) : undefined;
    if (!values?.ok) throw new Error('field 55');
    expect(toHex(values.value.get(0x9f26)!)).toBe(trace.arqc);
    expect(toHex(values.value.get(0x9f36)!)).toBe(trace.atc);
    const keys = {
      profile,
      imkMd: fromHex(trace.testKeys!.imkMd),
      imkUmd: fromHex(trace.testKeys!.imkUmd),
      token: Pan.parse(trace.token!)!,
      psn: trace.psn!,
    };
    expect(verifyTwoCryptograms(keys, (tag) => values.value.get(tag))).toBe('umd_valid');
  });

  it('without an answer has none, without test keys shows none', async () => {
    const sold = takeSale(sgd(1250n), at.terminal.sales);
    await at.present(new SoftwareCard({ profile: 'open', decline: true }));
    const trace = traceOf(await sold, undefined);
    expect(trace).toMatchObject({ profile: null, de55: null, arqc: null, authorisation: null });
    expect(trace.apdus).toHaveLength(6);
    expect('testKeys' in trace).toBe(false);
  });
});
