// For tests and measurements: a bank with customers, cards and key sets in a real database, and the taps that those cards
// would make. The cryptograms come from packages/emv, under published test keys.
import { hash, randomBytes, randomUUID } from 'node:crypto';
import {
  computeTwoCryptograms,
  deriveSessionKeys,
  encodeTlv,
  formatIad,
  fromHex,
  Pan,
  packN,
  type SessionKeys,
  type ThreatResponse,
  tlv,
} from '@tapseal/emv';
import type { Message, Mti } from '@tapseal/iso8583';
import type { Pool } from 'pg';
import type { Hsm } from '../keys/hsm.ts';
import { createSoftwareHsm } from '../keys/software-hsm.ts';
import { testKeyMaterial } from '../keys/test-keys.ts';

export const TEST_NOW = new Date('2026-11-23T04:00:00Z');

export type TestCard = {
  readonly tokenId: string;
  readonly token: string;
  readonly accountId: string;
  readonly deviceId: Buffer;
  readonly profile: 'open' | 'tdes';
  readonly sessionKeys: (atc: number) => SessionKeys;
};

export type TestCardOptions = {
  readonly profile?: 'open' | 'tdes';
  readonly balanceMinor?: number;
  /** ATCs 1 to this are issued. */
  readonly keySets?: number;
  /** Another card of the same customer, device and account. */
  readonly besides?: TestCard;
  readonly tapLimitMinor?: number;
  readonly dayLimitMinor?: number;
};

/** The keys of the test bank behind the HSM's verbs. */
export function testHsm(): Hsm {
  return createSoftwareHsm(testKeyMaterial(), (length) => randomBytes(length));
}

export async function issueTestCard(pool: Pool, options: TestCardOptions = {}): Promise<TestCard> {
  const { profile = 'open', besides } = options;
  const ids = { customer: randomUUID(), card: randomUUID(), account: besides?.accountId ?? randomUUID() };
  const tokenId = randomUUID();
  const token = withCheckDigit(`970299${String(randomBytes(6).readUIntBE(0, 6)).padStart(9, '0').slice(-9)}`);
  const deviceId = besides?.deviceId ?? randomBytes(16);

  await pool.query('INSERT INTO customers (customer_id, name) VALUES ($1, $2)', [
    ids.customer,
    'Test Customer',
  ]);
  if (besides === undefined) {
    await pool.query(
      `INSERT INTO devices (device_id, customer_id, ed25519_public_key, next_one_time_public_key, credential_hash)
       VALUES ($1, $2, $3, $4, $5)`,
      [deviceId, ids.customer, randomBytes(32), randomBytes(32), randomBytes(32)],
    );
    await pool.query(
      'INSERT INTO accounts (account_id, customer_id, currency, balance_minor) VALUES ($1, $2, $3, $4)',
      [ids.account, ids.customer, '702', options.balanceMinor ?? 1_000_000],
    );
  }
  await pool.query(
    `INSERT INTO cards (card_id, customer_id, account_id, label, last_four, currency, expiry)
     VALUES ($1, $2, $3, 'Test card', '0000', '702', '2911')`,
    [ids.card, ids.customer, ids.account],
  );
  await pool.query(
    `INSERT INTO tokens (token_id, token, psn, card_id, customer_id, device_id, account_id, profile, dki, expires_on, par,
            state, state_reason, state_actor, home_currency, tap_limit_minor, day_limit_minor)
     VALUES ($1, $2, 1, $3, $4, $5, $6, $7, 1, '2029-11-30', $8, 'ACTIVE', 'issued', 'test', '702', $9, $10)`,
    [
      tokenId,
      token,
      ids.card,
      ids.customer,
      deviceId,
      ids.account,
      profile,
      `TEST${'0'.repeat(25)}`,
      options.tapLimitMinor ?? 50_000,
      options.dayLimitMinor ?? 200_000,
    ],
  );
  await issueKeySets(pool, tokenId, 1, options.keySets ?? 10);

  return {
    tokenId,
    token,
    accountId: ids.account,
    deviceId,
    profile,
    sessionKeys: sessionKeysOf(profile, token),
  };
}

/** A card that no database knows: for what comes before one is asked. */
export function testCard(profile: 'open' | 'tdes'): TestCard {
  const token = withCheckDigit('970299000000000');
  const ids = {
    tokenId: '7b1e9a50-0000-4000-8000-000000000001',
    accountId: '7b1e9a50-0000-4000-8000-000000000002',
  };
  return { ...ids, token, deviceId: Buffer.alloc(16), profile, sessionKeys: sessionKeysOf(profile, token) };
}

function sessionKeysOf(profile: 'open' | 'tdes', token: string): TestCard['sessionKeys'] {
  const { imkMd, imkUmd } = testKeyMaterial().masterKeys.find((keys) => keys.profile === profile)!;
  const pan = Pan.parse(token)!;
  return (atc) =>
    deriveSessionKeys({
      profile,
      imkMd,
      imkUmd,
      token: pan,
      psn: '01',
      atc: Uint8Array.of(atc >> 8, atc & 0xff),
    });
}

export async function issueKeySets(pool: Pool, tokenId: string, from: number, count: number): Promise<void> {
  const atcs = Array.from({ length: count }, (_, index) => from + index);
  await pool.query(
    `INSERT INTO key_sets (token_id, atc, key_set_id, idn, expires_on, issued_at)
     SELECT $1, atc, key_set_id, idn, '2026-12-23', $5 FROM unnest($2::integer[], $3::bytea[], $4::bytea[]) AS s (atc, key_set_id, idn)`,
    [
      tokenId,
      atcs,
      atcs.map((atc) => keySetId(tokenId, atc)),
      atcs.map((atc) => idn(tokenId, atc)),
      TEST_NOW,
    ],
  );
}

export type Tap = {
  readonly atc: number;
  readonly amountMinor?: number;
  /** Who was asked on the phone, and what came of it. */
  readonly umd?: 'absent' | 'valid' | 'mismatch';
  readonly currency?: string;
  readonly date?: string;
  readonly threatResponse?: ThreatResponse;
  readonly keySetOf?: number;
};

export type Presentation = {
  readonly mti?: Mti;
  readonly stan?: string;
  readonly terminalId?: string;
  readonly merchantId?: string;
  readonly transmission?: string;
};

/** DE 55 of a tap: the data objects in the terminal's order. */
export function chipData(card: TestCard, tap: Tap): Uint8Array {
  const { atc, amountMinor = 2500, umd = 'valid', currency = '702', date = '261123' } = tap;
  const iadOf = (field: Uint8Array) => {
    const common = {
      dki: 1,
      cryptogramType: 'ARQC',
      cdcvm: umd === 'absent' ? 'none' : 'pin',
      threatResponse: tap.threatResponse ?? 'observe',
      policyVersion: 1,
      keySetsLeft: 5,
      umd: field,
    } as const;
    const set = tap.keySetOf ?? atc;
    return card.profile === 'open'
      ? formatIad({ ...common, profile: 'open', logSequence: atc, keySetId: keySetId(card.tokenId, set) })
      : formatIad({ ...common, profile: 'tdes', idn: idn(card.tokenId, set), tapsSinceBundle: 0 });
  };
  const values = new Map<number, Uint8Array>([
    [0x9f02, packN(amountMinor, 6)],
    [0x9f03, packN(0, 6)],
    [0x9f1a, fromHex('0702')],
    [0x95, fromHex('0000000000')],
    [0x5f2a, packN(currency, 2)],
    [0x9a, fromHex(date)],
    [0x9c, fromHex('00')],
    [0x9f37, hash('sha256', `${card.tokenId} ${atc}`, 'buffer').subarray(0, 4)],
    [0x82, fromHex('1280')],
    [0x9f36, Uint8Array.of(atc >> 8, atc & 0xff)],
    [0x9f10, iadOf(new Uint8Array(8))],
  ]);
  const keys = card.sessionKeys(atc);
  const made = (sessionKeys: SessionKeys) => {
    const result = computeTwoCryptograms(
      card.profile,
      sessionKeys,
      (tag) => values.get(tag),
      umd !== 'absent',
    );
    if (!result.ok) throw new Error(result.refusal);
    return result.value;
  };
  // A wrong PIN unmasks another key, and the MD cryptogram covers what that key made.
  const wrong = umd === 'mismatch' ? { ...keys, umd: keys.umd.map((byte) => byte ^ 0x10) } : keys;
  const { umd: field, cryptogram } = made(wrong);
  values.set(0x9f10, iadOf(field));
  values.set(0x9f26, cryptogram);
  values.set(0x9f27, Uint8Array.of(0x80));
  values.set(0x5f34, Uint8Array.of(0x01));
  return encodeTlv(...Array.from(values, ([tag, value]) => tlv(tag, value)));
}

/** The request that a terminal makes of it. */
export function authorisationMessage(card: TestCard, tap: Tap, presentation: Presentation = {}): Message {
  const { amountMinor = 2500, currency = '702' } = tap;
  return {
    mti: presentation.mti ?? '0100',
    fields: {
      2: card.token,
      3: '000000',
      4: String(amountMinor).padStart(12, '0'),
      7: presentation.transmission ?? '1123040000',
      11: presentation.stan ?? String(tap.atc).padStart(6, '0'),
      12: '120000',
      13: '1123',
      18: '5411',
      19: '702',
      22: '071',
      23: '001',
      25: '00',
      32: '970200',
      37: '632704000001',
      41: presentation.terminalId ?? 'TERM0001',
      42: presentation.merchantId ?? 'MERCHANT0000001',
      49: currency,
      55: chipData(card, tap),
    },
  };
}

/** The reversal of a request, as a terminal makes it. */
export function reversalMessage(
  original: Message,
  stan: string,
  mti: Mti = '0400',
  replacementMinor?: number,
): Message {
  const { 55: _chip, ...fields } = original.fields;
  const institution = (id: string | undefined) => (id ?? '').padStart(11, '0');
  const de90 = `${original.mti}${fields[11]}${fields[7]}${institution(fields[32])}${institution(fields[33])}`;
  const de95 =
    replacementMinor === undefined
      ? {}
      : { 95: `${String(replacementMinor).padStart(12, '0')}${'0'.repeat(30)}` };
  return { mti, fields: { ...fields, 7: '1123040100', 11: stan, 90: de90, ...de95 } };
}

function keySetId(tokenId: string, atc: number): Buffer {
  return hash('sha256', `key set ${tokenId} ${atc}`, 'buffer').subarray(0, 7);
}

function idn(tokenId: string, atc: number): Buffer {
  return hash('sha256', `idn ${tokenId} ${atc}`, 'buffer').subarray(0, 2);
}

/** ISO/IEC 7812-1 Annex B. */
function withCheckDigit(digits: string): string {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
