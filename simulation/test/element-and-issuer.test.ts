// The two readings meet: the kernel and the payment TA on one side, packages/protocol and packages/emv on the other.
import { randomBytes } from 'node:crypto';
import {
  cmac,
  fromHex,
  parseTlv,
  type TwoCryptogramProfile,
  tlvValues,
  toHex,
  verifyUnderSessionKeys,
} from '@tapseal/emv';
import { logGenesis, paymentRecord, verifyLogChain } from '@tapseal/protocol';
import { PaymentClient } from '@tapseal/ta-payment';
import { VirtualSecureElement } from '@tapseal/vse';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { BareIssuer, type BareToken } from '../src/bare-issuer.ts';
import { MemoryStore } from '../src/memory-store.ts';

let kernel: WebAssembly.Module;
beforeAll(async () => {
  kernel = await loadKernel();
});

const SECRET = new Uint8Array(32).fill(7);
const FINGERPRINT = new Uint8Array(32).fill(9);
const INSTALLATION = new Uint8Array(16).fill(3);
const START = 1_795_000_000; // 2026-11-18

class Bank {
  now = START;
  readonly store = new MemoryStore();
  readonly issuer = new BareIssuer();
  vse!: VirtualSecureElement;
  payment!: PaymentClient;

  async boot(secret = SECRET, fingerprint = FINGERPRINT) {
    this.vse = await VirtualSecureElement.boot(kernel, {
      entropy: new Uint8Array(randomBytes(64)),
      platformSecret: secret.slice(),
      fingerprint: fingerprint.slice(),
      installation: INSTALLATION,
      store: this.store,
      nowSeconds: () => this.now,
    });
    this.payment = new PaymentClient(this.vse);
    return this;
  }

  async enrol() {
    await this.issuer.enrol(
      await this.vse.enrolmentStatement(this.issuer.nonce, await this.issuer.certificate),
    );
    await this.deliver([
      this.issuer.time(START - 10),
      { type: 'policy', version: 3, validUntil: START + 86_400, response: 0 },
    ]);
    return this;
  }

  async deliver(records: Parameters<BareIssuer['bundle']>[0]): Promise<number> {
    return this.issuer.receipt(await this.vse.acceptBundle(await this.issuer.bundle(records)));
  }

  async digitise(profile: TwoCryptogramProfile, pin = '4929', sets = 10): Promise<BareToken> {
    const token = this.issuer.newToken(profile, pin);
    expect(await this.deliver([this.issuer.personalise(token), this.issuer.keySets(token, sets)])).toBe(0);
    return token;
  }

  /** One tap by hand; answers what GENERATE AC said, or the status word that ended it. */
  tap(
    token: BareToken,
    amount: string,
    currency = '0702',
    overrides: { acAmount?: string; p1?: string } = {},
  ) {
    const aid = token.profile === 'open' ? 'F05441505345414C01' : 'F05441505345414C02';
    const run = (hex: string) => toHex(this.payment.apdu(fromHex(hex)));
    const ppse = run('00A404000E325041592E5359532E444446303100');
    if (!ppse.endsWith('9000')) return { sw: ppse };
    const selected = run(`00A4040009${aid}00`);
    if (!selected.endsWith('9000')) return { sw: selected };
    const gpo = run(`80A800000C830A${amount}${currency}070200`);
    if (!gpo.endsWith('9000')) return { sw: gpo };
    const records = [run('00B2010C00'), run('00B2020C00')];
    const cdol = [
      overrides.acAmount ?? amount,
      '000000000000',
      '0702',
      '0000008000',
      currency,
      '261118',
      '00',
      'CAFEBABE',
      '22',
      '010002',
      '120000',
    ]
      .concat([
        Buffer.from('TERM0001').toString('hex'),
        Buffer.from('MERCHANT0000001').toString('hex'),
        Buffer.from('KOPI TIAM SINGAPORE ').toString('hex'),
      ])
      .join('');
    const answer = run(`80AE${overrides.p1 ?? '80'}004F${cdol}00`);
    if (!answer.endsWith('9000')) return { sw: answer };
    const parsed = parseTlv(fromHex(answer.slice(0, -4)));
    if (!parsed.ok) throw new Error('not TLV');
    const flat = tlvValues(parsed.value[0]!.children!);
    if (!flat.ok) throw new Error('twice');
    const values = new Map(flat.value);
    for (const [tag, hex] of Object.entries({
      40706: overrides.acAmount ?? amount,
      40707: '000000000000',
      40730: '0702',
      149: '0000008000',
      24362: currency,
      154: '261118',
      156: '00',
      40759: 'CAFEBABE',
      130: '1280',
    }))
      values.set(Number(tag), fromHex(hex));
    const atc = (values.get(0x9f36)![0]! << 8) | values.get(0x9f36)![1]!;
    const verdict = verifyUnderSessionKeys(token.profile, this.issuer.sessionKeys(token, atc), (tag) =>
      values.get(tag),
    );
    return { sw: '9000', values, atc, verdict, records, gpo };
  }
}

const digits = (pin: string) => Uint8Array.from(pin, Number);
const ready = async () => (await new Bank().boot()).enrol();

describe.each(['open', 'tdes'] as const)('profile %s', (profile) => {
  it('pays: MD valid, UMD absent without CDCVM, valid with the PIN, mismatch with a wrong one', async () => {
    const bank = await ready();
    const token = await bank.digitise(profile);
    bank.payment.unlock();
    expect(await bank.payment.arm()).toEqual({ atc: 1, keySetsLeft: 9 });
    expect(bank.tap(token, '000000001250')).toMatchObject({ sw: '9000', atc: 1, verdict: 'umd_absent' });
    expect(await bank.payment.finishTap()).toEqual({
      atc: 1,
      amountMinor: 1250n,
      currency: 702,
      cdcvm: false,
      cryptogramType: 'ARQC',
    });

    await bank.payment.arm();
    expect(bank.tap(token, '000000012000').sw).toBe('6986');
    bank.payment.enterPin(digits('4929'));
    expect(bank.tap(token, '000000012000')).toMatchObject({ atc: 2, verdict: 'umd_valid' });

    await bank.payment.arm();
    bank.payment.enterPin(digits('1111'));
    expect(bank.tap(token, '000000012000')).toMatchObject({ atc: 3, verdict: 'umd_mismatch' });
  });
});

it('each set answers once, and nothing answers unarmed', async () => {
  const bank = await ready();
  const token = await bank.digitise('open');
  expect(bank.tap(token, '000000000100').sw).toBe('6982');
  bank.payment.unlock();
  expect(bank.tap(token, '000000000100').sw).toBe('6985');
  await bank.payment.arm();
  expect(bank.tap(token, '000000000100').sw).toBe('9000');
  expect(toHex(bank.payment.apdu(fromHex(`80AE80004F${'00'.repeat(79)}00`)))).toBe('6985');
  expect(bank.tap(token, '000000000100').sw).toBe('6985');
});

it('a restart burns what was armed: its slot comes home as outcome unknown, the next set is another', async () => {
  const bank = await ready();
  const token = await bank.digitise('open');
  bank.payment.unlock();
  await bank.payment.arm();
  bank.vse.close();
  await bank.boot();
  bank.payment.unlock();
  expect((await bank.payment.arm()).atc).toBe(2);
  bank.tap(token, '000000000500');
  await bank.payment.finishTap();
  const { body } = await bank.issuer.open((await bank.payment.logUplink(token.tokenId))!);
  expect(body.kind).toBe('log');
  if (body.kind !== 'log') return;
  const chain = await verifyLogChain(
    body.records,
    (message) => cmac('AES', bank.issuer.logKey, message),
    await logGenesis(token.tokenId),
  );
  expect(chain.map(({ record, findings }) => [record?.status, record?.seq, record?.atc, findings])).toEqual([
    ['outcome_unknown', 1, 1, []],
    ['answered_arqc', 2, 2, []],
  ]);
});

it('state of another device does not open; every flipped bit is refused', async () => {
  const bank = await ready();
  await bank.digitise('open');
  await expect(bank.boot(new Uint8Array(32).fill(8))).rejects.toMatchObject({
    reason: 'state_not_authentic',
  });
  await expect(bank.boot(SECRET, new Uint8Array(32))).rejects.toMatchObject({
    reason: 'state_not_authentic',
  });
  const sealed = bank.store.generations.at(-1)!;
  for (let i = 0; i < 60; i++) {
    const bad = sealed.slice();
    const bit = (i * 7919) % (bad.length * 8);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    bank.store.generations.push(bad);
    await expect(bank.boot()).rejects.toMatchObject({ reason: expect.stringMatching(/^state_/) });
    bank.store.generations.pop();
  }
  await bank.boot();
});

it('bundles: a repeat gets the same receipt, another number or a changed byte is refused, a refusal is receipted', async () => {
  const bank = await ready();
  const token = bank.issuer.newToken('open', '4929');
  const bundle = await bank.issuer.bundle([bank.issuer.personalise(token)]);
  const bad = bundle.slice();
  bad[100]! ^= 1;
  await expect(bank.vse.acceptBundle(bad)).rejects.toMatchObject({ reason: 'bundle_not_authentic' });
  const receipt = await bank.vse.acceptBundle(bundle);
  expect(await bank.vse.acceptBundle(bundle)).toEqual(receipt);
  expect(await bank.issuer.receipt(receipt)).toBe(0);
  expect(await bank.deliver([bank.issuer.keySets(token, 2)])).toBe(0);
  token.nextAtc = 1;
  expect(await bank.deliver([bank.issuer.keySets(token, 2)])).toBe(0x20b);
  expect(
    await bank.deliver([
      paymentRecord({ command: 'token_state', tokenId: token.tokenId, state: 'suspended' }),
    ]),
  ).toBe(0);
  bank.payment.unlock();
  await expect(bank.payment.arm()).rejects.toMatchObject({ reason: 'card_not_active' });
});

it('the low-value counters ask for the customer after five taps', async () => {
  const bank = await ready();
  const token = await bank.digitise('open');
  for (let i = 0; i < 5; i++) {
    bank.payment.unlock();
    await bank.payment.arm();
    expect(bank.tap(token, '000000000100').sw).toBe('9000');
    await bank.payment.finishTap();
  }
  bank.payment.unlock();
  await bank.payment.arm();
  expect(bank.tap(token, '000000000100').sw).toBe('6986');
  expect(bank.tap(token, '000000000100', '0840').sw).toBe('6986');
});

it('a terminal that changes the amount between GPO and GENERATE AC gets an AAC', async () => {
  const bank = await ready();
  const token = await bank.digitise('open');
  bank.payment.unlock();
  await bank.payment.arm();
  const answer = bank.tap(token, '000000000100', '0702', { acAmount: '000000009900' });
  expect(answer.values!.get(0x9f27)).toEqual(fromHex('00'));
  expect(answer.verdict).toBe('umd_absent');
});

it('the unlock ends after 120 s or 5 arms, CDCVM after 45 s; a clock that goes back ends both', async () => {
  const bank = await ready();
  const token = await bank.digitise('open');
  bank.payment.unlock();
  await bank.payment.arm();
  bank.payment.enterPin(digits('4929'));
  bank.now += 46;
  expect(bank.tap(token, '000000012000').sw).toBe('6986');
  bank.payment.enterPin(digits('4929'));
  bank.now -= 5;
  expect(bank.tap(token, '000000012000').sw).toBe('6986');
  bank.now += 200;
  expect(bank.tap(token, '000000000100').sw).toBe('6982');
});

it('a PIN uplink carries an ISO 9564 format 4 field, bound to its card', async () => {
  const bank = await ready();
  const cardId = '0b8e6d5c-1f2a-4b3c-9d4e-5f60718293a4';
  const pin = digits('4929');
  const { body } = await bank.issuer.open(await bank.payment.pinUplink(cardId, pin));
  expect(pin).toEqual(new Uint8Array(4));
  expect(body).toMatchObject({ kind: 'pin', boundId: cardId });
  if (body.kind === 'pin') expect(toHex(body.plainTextPinField)).toMatch(/^444929AAAAAAAAAA[0-9A-F]{16}$/);
});
