// The element holds four tokens. A deleted one keeps its place until the bank has all of its log, and not a day longer.
import { paymentRecord } from '@tapseal/protocol';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, expect, it } from 'vitest';
import type { BareToken } from '../src/bare-issuer.ts';
import { BarePhone } from '../src/bare-phone.ts';

const AMOUNT = '000000001250';
const TOO_MANY_TOKENS = 0x209;
const NUMBERS = [
  '9702990000000015',
  '9702990000000023',
  '9702990000000031',
  '9702990000000049',
  '9702990000000056',
];

let kernel: WebAssembly.Module;
beforeAll(async () => {
  kernel = await loadKernel();
});

async function fourTokens(): Promise<{ phone: BarePhone; tokens: BareToken[] }> {
  const phone = await BarePhone.enrolled(kernel);
  const tokens = NUMBERS.slice(0, 4).map((number) => phone.issuer.newToken('open', '4929', number));
  for (const token of tokens)
    await phone.deliver([phone.issuer.personalise(token), phone.issuer.keySets(token, 2)]);
  return { phone, tokens };
}
const fifth = (phone: BarePhone) => phone.issuer.newToken('tdes', '4929', NUMBERS[4]);
const deleted = ({ tokenId }: BareToken) =>
  paymentRecord({ command: 'token_state', tokenId, state: 'deleted' });

async function pay(phone: BarePhone, token: BareToken): Promise<void> {
  await phone.payment.select(token.tokenId);
  phone.payment.unlock();
  await phone.payment.arm();
  expect(phone.tap(token, AMOUNT)).toMatchObject({ sw: '9000', verdict: 'umd_absent' });
}

it('four live tokens leave no place', async () => {
  const { phone } = await fourTokens();
  expect(await phone.deliver([phone.issuer.personalise(fifth(phone))])).toBe(TOO_MANY_TOKENS);
});

it('a deleted token gives up its place once its log is acknowledged, not before', async () => {
  const { phone, tokens } = await fourTokens();
  const old = tokens[1]!;
  await pay(phone, old);
  await phone.deliver([deleted(old)]);
  // its record is still in memory, then in the log, then with the bank
  expect(await phone.deliver([phone.issuer.personalise(fifth(phone))])).toBe(TOO_MANY_TOKENS);
  await phone.payment.finishTap();
  expect(await phone.deliver([phone.issuer.personalise(fifth(phone))])).toBe(TOO_MANY_TOKENS);
  const { body } = await phone.issuer.open((await phone.payment.logUplink(old.tokenId))!);
  if (body.kind !== 'log') throw new Error('no log');
  expect(body.records).toHaveLength(1);
  await phone.deliver([phone.issuer.logAcknowledged(old, body.records[0]!)]);

  const token = fifth(phone);
  expect(await phone.deliver([phone.issuer.personalise(token), phone.issuer.keySets(token, 3)])).toBe(0);
  const listed = phone.payment.tokens();
  expect(listed.map(({ tokenId }) => tokenId)).toEqual(
    [tokens[0], token, tokens[2], tokens[3]].map((t) => t!.tokenId),
  );
  expect(listed[1]).toMatchObject({
    state: 'active',
    profile: 'tdes',
    keySetsLive: 3,
    unacknowledged: 0,
    selected: true,
  });
  expect(phone.payment.history(token.tokenId)).toEqual([]);
  expect(() => phone.payment.history(old.tokenId)).toThrow('unknown_token');

  await pay(phone, token);
  await phone.payment.finishTap();
  phone.vse.close();
  await phone.boot();
  for (const each of [tokens[0]!, tokens[2]!, tokens[3]!, token]) await pay(phone, each);
});

it('a deleted token whose last outcome died with a restart still reports it first', async () => {
  const { phone, tokens } = await fourTokens();
  const old = tokens[0]!;
  await pay(phone, old);
  await phone.deliver([deleted(old)]);
  phone.vse.close();
  await phone.boot();
  expect(await phone.deliver([phone.issuer.personalise(fifth(phone))])).toBe(TOO_MANY_TOKENS);
  await phone.refill(tokens[2]!, 1);
  const { body } = await phone.issuer.open((await phone.payment.logUplink(old.tokenId))!);
  if (body.kind !== 'log') throw new Error('no log');
  await phone.deliver([phone.issuer.logAcknowledged(old, body.records.at(-1)!)]);
  expect(await phone.deliver([phone.issuer.personalise(fifth(phone))])).toBe(0);
});

it('a refused bundle takes the exchange back whole', async () => {
  const { phone, tokens } = await fourTokens();
  await phone.deliver([deleted(tokens[3]!)]);
  const token = fifth(phone);
  const refused = phone.issuer.keySets({ ...token, nextAtc: 0 }, 1); // ATC 0 is below every ATC
  expect(await phone.deliver([phone.issuer.personalise(token), refused])).not.toBe(0);
  expect(phone.payment.tokens().map(({ tokenId }) => tokenId)).toEqual(tokens.map(({ tokenId }) => tokenId));
});

it('a deleted token stays deleted: no profile and no keys reach it', async () => {
  const { phone, tokens } = await fourTokens();
  await phone.deliver([deleted(tokens[0]!)]);
  expect(await phone.deliver([phone.issuer.personalise(tokens[0]!)])).toBe(0x201);
  expect(await phone.deliver([phone.issuer.keySets(tokens[0]!, 1)])).toBe(0x201);
});

it('four tokens hold four full logs and all their key sets: 64 records and 30 sets each', async () => {
  const { phone, tokens } = await fourTokens();
  for (const token of tokens) await phone.deliver([phone.issuer.keySets(token, 28)]);
  for (let round = 0; round < 64; round++) {
    for (const token of tokens) {
      if (round === 30 || round === 60) await phone.deliver([phone.issuer.keySets(token, 30)]);
      await phone.payment.select(token.tokenId);
      phone.payment.unlock();
      await phone.payment.arm();
      phone.payment.fieldReset();
    }
  }
  await phone.payment.finishTap();
  for (const token of tokens) expect(phone.payment.history(token.tokenId)).toHaveLength(64);
  await phone.payment.select(tokens[0]!.tokenId);
  phone.payment.unlock();
  await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'log_full' });
});
