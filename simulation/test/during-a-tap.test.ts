// What arrives while a set is armed or a tap is under way: the bank's word must hold at once, the customer's choice too.
import { fromHex, toHex } from '@tapseal/emv';
import { type BundleRecord, paymentRecord } from '@tapseal/protocol';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BareToken } from '../src/bare-issuer.ts';
import { BarePhone, START_SECONDS } from '../src/bare-phone.ts';

const AMOUNT = '000000001250';

let kernel: WebAssembly.Module;
let phone: BarePhone;
let token: BareToken;
beforeAll(async () => {
  kernel = await loadKernel();
});
beforeEach(async () => {
  phone = await BarePhone.enrolled(kernel);
  token = await phone.digitise('open');
  phone.payment.unlock();
  await phone.payment.arm();
});

const policy = (response: number): BundleRecord => ({
  type: 'policy',
  version: 4,
  validUntil: START_SECONDS + 86_400,
  response,
});
const state = (to: 'active' | 'suspended' | 'deleted') =>
  paymentRecord({ command: 'token_state', tokenId: token.tokenId, state: to });
/** Sends the tap's commands `from`..`to` and answers the last. */
function send(from: number, to: number): string {
  let answer = '';
  for (const command of phone.commands(token, AMOUNT).slice(from, to))
    answer = toHex(phone.payment.apdu(fromHex(command)));
  return answer;
}
const UP_TO_GPO = 3;
const UP_TO_RECORDS = 5;

describe('the bank forbids to pay (threat response 4)', () => {
  it('a set that was armed before answers no tap', async () => {
    await phone.deliver([policy(4)]);
    expect(phone.tap(token, AMOUNT).sw).toBe('6A81');
    await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'blocked_by_policy' });
    await phone.deliver([policy(0)]);
    expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', atc: 1, verdict: 'umd_absent' });
  });

  it('a tap that was under way ends in an AAC', async () => {
    expect(send(0, UP_TO_RECORDS)).toMatch(/9000$/);
    await phone.deliver([policy(4)]);
    const result = phone.judge(token, send(UP_TO_RECORDS, 6), AMOUNT);
    expect(result.values!.get(0x9f27)).toEqual(fromHex('00'));
  });
});

describe.each(['suspended', 'deleted'] as const)('the token is %s', (to) => {
  it('before GPO: nothing is reserved; after it: nothing is answered', async () => {
    send(0, UP_TO_GPO - 1);
    await phone.deliver([state(to)]);
    expect(send(UP_TO_GPO - 1, UP_TO_GPO)).toBe('6985');
    expect(phone.tap(token, AMOUNT).sw).toBe('6A81');
  });

  it('between GPO and GENERATE AC: no cryptogram, and the set comes home as burnt', async () => {
    send(0, UP_TO_RECORDS);
    await phone.deliver([state(to)]);
    expect(send(UP_TO_RECORDS, 6)).toBe('6985');
    expect(await phone.payment.finishTap()).toMatchObject({ atc: 1, cryptogramType: 'none' });
  });

  it('in a bundle that is refused after all: the armed set is burnt, the token goes on with the next', async () => {
    expect(await phone.deliver([state(to), phone.issuer.keySets({ ...token, nextAtc: 1 }, 1)])).not.toBe(0);
    expect(phone.tap(token, AMOUNT).sw).toBe('6985');
    expect(await phone.payment.arm()).toEqual({ atc: 2, keySetsLeft: 8 });
    expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', atc: 2, verdict: 'umd_absent' });
  });
});

describe('another card is chosen', () => {
  it('a reader that selected the first does not get the second under its name', async () => {
    const other = await phone.digitise('tdes');
    send(0, 2);
    await phone.payment.select(other.tokenId);
    await phone.payment.arm();
    expect(send(2, UP_TO_GPO)).toBe('6985');
    expect(phone.tap(other, AMOUNT)).toMatchObject({ sw: '9000', verdict: 'umd_absent' });
  });

  it('between GPO and GENERATE AC: neither answers', async () => {
    const other = await phone.digitise('tdes');
    send(0, UP_TO_RECORDS);
    await phone.payment.select(other.tokenId);
    expect(send(UP_TO_RECORDS, 6)).toBe('6985');
    await phone.payment.select(token.tokenId);
    expect(phone.tap(token, AMOUNT).sw).toBe('6985');
  });

  it('the same card chosen again burns nothing', async () => {
    await phone.payment.select(token.tokenId);
    expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', atc: 1 });
  });
});

describe('a new profile for the token that is armed', () => {
  it('burns the armed set: what a reader was told may have changed', async () => {
    send(0, UP_TO_RECORDS);
    expect(await phone.deliver([phone.issuer.personalise(token)])).toBe(0);
    expect(send(UP_TO_RECORDS, 6)).toBe('6985');
    expect(await phone.payment.arm()).toMatchObject({ atc: 2 });
    expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', atc: 2, verdict: 'umd_absent' });
  });

  it.each([
    ['another cipher', 'tdes', '9702990000000015'],
    ['another token number', 'open', '9702990000000023'],
  ] as const)('is refused with %s: its sets were made for the old one', async (_, profile, digits) => {
    const changed = { ...phone.issuer.newToken(profile, '4929', digits), tokenId: token.tokenId };
    expect(await phone.deliver([phone.issuer.personalise(changed)])).toBe(0x200);
    expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', atc: 1, verdict: 'umd_absent' });
  });
});

it('a lock between GPO and GENERATE AC takes the verification with it', async () => {
  phone.enterPin('4929');
  for (const command of phone.commands(token, '000000012000').slice(0, 5))
    phone.payment.apdu(fromHex(command));
  phone.payment.lock();
  const answer = toHex(phone.payment.apdu(fromHex(phone.commands(token, '000000012000')[5]!)));
  expect(phone.judge(token, answer, '000000012000').values!.get(0x9f27)).toEqual(fromHex('00'));
});
