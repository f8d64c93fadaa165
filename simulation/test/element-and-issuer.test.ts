// The two readings meet: the kernel and the payment TA on one side, packages/protocol and packages/emv on the other.
import { cmac, fromHex, toHex } from '@tapseal/emv';
import { logGenesis, paymentRecord, verifyLogChain } from '@tapseal/protocol';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { BarePhone, PLATFORM_SECRET } from '../src/bare-phone.ts';
import { MemoryStore } from '../src/memory-store.ts';

let kernel: WebAssembly.Module;
beforeAll(async () => {
  kernel = await loadKernel();
});

const ready = () => BarePhone.enrolled(kernel);
const digits = (pin: string) => Uint8Array.from(pin, Number);

describe.each(['open', 'tdes'] as const)('profile %s', (profile) => {
  it('pays: MD valid, UMD absent without CDCVM, valid with the PIN, mismatch with a wrong one', async () => {
    const phone = await ready();
    const token = await phone.digitise(profile);
    phone.payment.unlock();
    expect(await phone.payment.arm()).toEqual({ atc: 1, keySetsLeft: 9 });
    expect(phone.tap(token, '000000001250')).toMatchObject({ sw: '9000', atc: 1, verdict: 'umd_absent' });
    expect(await phone.payment.finishTap()).toEqual({
      atc: 1,
      amountMinor: 1250n,
      currency: 702,
      cdcvm: false,
      cryptogramType: 'ARQC',
    });

    await phone.payment.arm();
    expect(phone.tap(token, '000000012000').sw).toBe('6986');
    phone.enterPin('4929');
    expect(phone.tap(token, '000000012000')).toMatchObject({ atc: 2, verdict: 'umd_valid' });

    await phone.payment.arm();
    phone.enterPin('1111');
    expect(phone.tap(token, '000000012000')).toMatchObject({ atc: 3, verdict: 'umd_mismatch' });
  });
});

it('each set answers once, and nothing answers unarmed', async () => {
  const phone = await ready();
  const token = await phone.digitise('open');
  expect(phone.tap(token, '000000000100').sw).toBe('6982');
  phone.payment.unlock();
  expect(phone.tap(token, '000000000100').sw).toBe('6985');
  await phone.payment.arm();
  expect(phone.tap(token, '000000000100').sw).toBe('9000');
  expect(toHex(phone.payment.apdu(fromHex(`80AE80004F${'00'.repeat(79)}00`)))).toBe('6985');
  expect(phone.tap(token, '000000000100').sw).toBe('6985');
});

it('a restart burns what was armed: its slot comes home as outcome unknown, the next set is another', async () => {
  const phone = await ready();
  const token = await phone.digitise('open');
  phone.payment.unlock();
  await phone.payment.arm();
  phone.vse.close();
  await phone.boot();
  phone.payment.unlock();
  expect((await phone.payment.arm()).atc).toBe(2);
  phone.tap(token, '000000000500');
  await phone.payment.finishTap();
  const { body } = await phone.issuer.open((await phone.payment.logUplink(token.tokenId))!);
  expect(body.kind).toBe('log');
  if (body.kind !== 'log') return;
  const chain = await verifyLogChain(
    body.records,
    (message) => cmac('AES', phone.issuer.logKey, message),
    await logGenesis(token.tokenId),
  );
  expect(chain.map(({ record, findings }) => [record?.status, record?.seq, record?.atc, findings])).toEqual([
    ['outcome_unknown', 1, 1, []],
    ['answered_arqc', 2, 2, []],
  ]);
});

it('state of another device does not open; every flipped bit is refused', async () => {
  const store = new MemoryStore();
  const phone = await BarePhone.enrolled(kernel, store);
  await phone.digitise('open');
  await expect(phone.boot(new Uint8Array(32).fill(8))).rejects.toMatchObject({
    reason: 'state_not_authentic',
  });
  await expect(phone.boot(PLATFORM_SECRET, new Uint8Array(32))).rejects.toMatchObject({
    reason: 'state_not_authentic',
  });
  const sealed = store.generations.at(-1)!;
  for (let i = 0; i < 60; i++) {
    const bad = sealed.slice();
    const bit = (i * 7919) % (bad.length * 8);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    store.generations.push(bad);
    await expect(phone.boot()).rejects.toMatchObject({ reason: expect.stringMatching(/^state_/) });
    store.generations.pop();
  }
  await phone.boot();
});

it('bundles: a repeat gets the same receipt, another number or a changed byte is refused, a refusal is receipted', async () => {
  const phone = await ready();
  const token = phone.issuer.newToken('open', '4929');
  const bundle = await phone.issuer.bundle([phone.issuer.personalise(token)]);
  const bad = bundle.slice();
  bad[100]! ^= 1;
  await expect(phone.vse.acceptBundle(bad)).rejects.toMatchObject({ reason: 'bundle_not_authentic' });
  const receipt = await phone.vse.acceptBundle(bundle);
  expect(await phone.vse.acceptBundle(bundle)).toEqual(receipt);
  expect(await phone.issuer.receipt(receipt)).toBe(0);
  expect(await phone.deliver([phone.issuer.keySets(token, 2)])).toBe(0);
  token.nextAtc = 1;
  expect(await phone.deliver([phone.issuer.keySets(token, 2)])).toBe(0x20b);
  expect(
    await phone.deliver([
      paymentRecord({ command: 'token_state', tokenId: token.tokenId, state: 'suspended' }),
    ]),
  ).toBe(0);
  phone.payment.unlock();
  await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'card_not_active' });
});

it('the low-value counters ask for the customer after five taps', async () => {
  const phone = await ready();
  const token = await phone.digitise('open');
  for (let i = 0; i < 5; i++) {
    phone.payment.unlock();
    await phone.payment.arm();
    expect(phone.tap(token, '000000000100').sw).toBe('9000');
    await phone.payment.finishTap();
  }
  phone.payment.unlock();
  await phone.payment.arm();
  expect(phone.tap(token, '000000000100').sw).toBe('6986');
  expect(phone.tap(token, '000000000100', { currency: '0840' }).sw).toBe('6986');
});

it('a terminal that changes the amount between GPO and GENERATE AC gets an AAC', async () => {
  const phone = await ready();
  const token = await phone.digitise('open');
  phone.payment.unlock();
  await phone.payment.arm();
  const answer = phone.tap(token, '000000000100', { acAmount: '000000009900' });
  expect(answer.values!.get(0x9f27)).toEqual(fromHex('00'));
  expect(answer.verdict).toBe('umd_absent');
});

it('the unlock ends after 120 s or 5 arms, CDCVM after 45 s; a clock that goes back ends both', async () => {
  const phone = await ready();
  const token = await phone.digitise('open');
  phone.payment.unlock();
  await phone.payment.arm();
  phone.enterPin('4929');
  phone.nowSeconds += 46;
  expect(phone.tap(token, '000000012000').sw).toBe('6986');
  phone.enterPin('4929');
  phone.nowSeconds -= 5;
  expect(phone.tap(token, '000000012000').sw).toBe('6986');
  phone.nowSeconds += 200;
  expect(phone.tap(token, '000000000100').sw).toBe('6982');
});

it('a PIN uplink carries an ISO 9564 format 4 field, bound to its card', async () => {
  const phone = await ready();
  const cardId = '0b8e6d5c-1f2a-4b3c-9d4e-5f60718293a4';
  const pin = digits('4929');
  const { body } = await phone.issuer.open(await phone.payment.pinUplink(cardId, pin));
  expect(pin).toEqual(new Uint8Array(4));
  expect(body).toMatchObject({ kind: 'pin', boundId: cardId });
  if (body.kind === 'pin') expect(toHex(body.plainTextPinField)).toMatch(/^444929AAAAAAAAAA[0-9A-F]{16}$/);
});
