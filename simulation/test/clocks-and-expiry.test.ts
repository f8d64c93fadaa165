// Clocks that are wrong, and key sets that grew old. The host's clock is not trusted; what it can do is bounded here.
import { fromHex, toHex } from '@tapseal/emv';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { BarePhone, START_SECONDS } from '../src/bare-phone.ts';

const AMOUNT = '000000001250';
const DAY = 86_400;
/** START_SECONDS is 2026-11-18, 13:33 UTC. */
const TODAY = '261118';

let kernel: WebAssembly.Module;
beforeAll(async () => {
  kernel = await loadKernel();
});

describe('a clock behind the issuer’s last signed time', () => {
  it('does not stop the unlock and the CDCVM from ending', async () => {
    const phone = await BarePhone.enrolled(kernel);
    const token = await phone.digitise('open');
    await phone.deliver([phone.issuer.time(START_SECONDS + DAY)]);
    phone.payment.unlock();
    await phone.payment.arm();
    phone.enterPin('4929');
    phone.nowSeconds += 46;
    expect(phone.tap(token, '000000012000').sw).toBe('6986');
    phone.nowSeconds += 75;
    expect(phone.tap(token, AMOUNT).sw).toBe('6982');
    await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'wallet_locked' });
  });

  it('does not revive a set that has expired by the issuer’s time', async () => {
    const phone = await BarePhone.enrolled(kernel);
    const token = await phone.digitise('open', '4929', 1);
    await phone.deliver([phone.issuer.keySets(token, 1, TODAY), phone.issuer.time(START_SECONDS + DAY)]);
    phone.payment.unlock();
    expect(await phone.payment.arm()).toMatchObject({ atc: 1 });
    phone.tap(token, AMOUNT);
    await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'no_keys_left' });
  });
});

it.each([
  ['0', 0],
  ['not a number', Number.NaN],
  ['negative', -5],
])('a host whose clock says %s unlocks nothing', async (_, now) => {
  const phone = await BarePhone.enrolled(kernel);
  const token = await phone.digitise('open');
  phone.nowSeconds = now;
  phone.payment.unlock();
  await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'wallet_locked' });
  expect(phone.tap(token, AMOUNT).sw).toBe('6982');
  const pin = Uint8Array.from('4929', Number);
  expect(() => phone.payment.enterPin(pin)).toThrow('not_armed');
  expect(pin).toEqual(new Uint8Array(4));
});

it('a clock a hundred years ahead does not bring an expiry of two digits back', async () => {
  const phone = await BarePhone.enrolled(kernel);
  const token = phone.issuer.newToken('open', '4929');
  await phone.deliver([phone.issuer.personalise(token), phone.issuer.keySets(token, 1, TODAY)]);
  phone.nowSeconds += 100 * 365 * DAY;
  phone.payment.unlock();
  await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'no_keys_left' });
});

describe('key sets that expired', () => {
  it('are not counted, so that the wallet asks for new ones', async () => {
    const phone = await BarePhone.enrolled(kernel);
    const token = phone.issuer.newToken('open', '4929');
    await phone.deliver([phone.issuer.personalise(token), phone.issuer.keySets(token, 10, TODAY)]);
    expect(phone.payment.tokens()[0]!.keySetsLive).toBe(10);
    phone.nowSeconds += DAY;
    expect(phone.payment.tokens()[0]!.keySetsLive).toBe(0);
  });

  it('make room: a phone that was off for a month is filled again', async () => {
    const phone = await BarePhone.enrolled(kernel);
    const token = phone.issuer.newToken('open', '4929');
    await phone.deliver([phone.issuer.personalise(token), phone.issuer.keySets(token, 30, TODAY)]);
    expect(await phone.deliver([phone.issuer.keySets(token, 1)])).toBe(0x20a);
    token.nextAtc = 31;
    await phone.deliver([phone.issuer.time(START_SECONDS + 31 * DAY)]);
    phone.nowSeconds += 31 * DAY;
    expect(await phone.deliver([phone.issuer.keySets(token, 30)])).toBe(0);
    phone.payment.unlock();
    expect(await phone.payment.arm()).toEqual({ atc: 31, keySetsLeft: 29 });
  });

  it('do not pay because they were armed in time, and arming goes on with the next', async () => {
    const phone = await BarePhone.enrolled(kernel);
    const token = phone.issuer.newToken('open', '4929');
    const sets = [phone.issuer.keySets(token, 1, TODAY), phone.issuer.keySets(token, 1)];
    await phone.deliver([phone.issuer.personalise(token), ...sets]);
    phone.payment.unlock();
    expect(await phone.payment.arm()).toMatchObject({ atc: 1 });
    phone.nowSeconds += DAY;
    phone.payment.unlock();
    expect(phone.tap(token, AMOUNT).sw).toBe('6985');
    expect(await phone.payment.arm()).toMatchObject({ atc: 2 });
    expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', atc: 2, verdict: 'umd_absent' });
    await phone.payment.finishTap();
    expect(phone.payment.history(token.tokenId).map(({ status }) => status)).toEqual(['burnt', 'arqc']);
  });
});

describe('the issuer’s certificate', () => {
  it.each([
    ['not yet valid', 1_699_999_999],
    ['no longer valid', 2_100_000_001],
    ['judged without a clock', 0],
  ])('%s: the element does not enrol', async (_, now) => {
    const phone = await BarePhone.enrolled(kernel);
    phone.nowSeconds = now;
    const { nonce, certificate } = phone.issuer;
    await expect(phone.vse.enrolmentStatement(nonce, await certificate)).rejects.toMatchObject({
      reason: 'certificate_not_valid_now',
    });
  });
});

it('a bundle or a command longer than the lanes is refused by name', async () => {
  const phone = await BarePhone.enrolled(kernel);
  const token = await phone.digitise('open');
  await expect(phone.vse.acceptBundle(new Uint8Array(200_000))).rejects.toMatchObject({
    reason: 'malformed',
  });
  expect(() => phone.payment.apdu(new Uint8Array(200_000))).toThrow('malformed');
  phone.payment.unlock();
  await phone.payment.arm();
  expect(toHex(phone.payment.apdu(fromHex(phone.commands(token, AMOUNT)[0]!)))).toMatch(/9000$/);
});
