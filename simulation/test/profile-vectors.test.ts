// vectors/profiles.json and vectors/profile-keys.json on the card side: the payment TA in the real kernel answers the very
// cryptograms that an independent program computed. Counters that a vector names are set in a sealed state.
import { readFileSync } from 'node:fs';
import {
  fromHex,
  parseTlv,
  type TwoCryptogramProfile,
  tlvValues,
  toHex,
  verifyUnderSessionKeys,
} from '@tapseal/emv';
import { type KeySet, paymentRecord } from '@tapseal/protocol';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, expect, it } from 'vitest';
import type { BareToken } from '../src/bare-issuer.ts';
import { BarePhone, START_SECONDS } from '../src/bare-phone.ts';
import type { MemoryStore } from '../src/memory-store.ts';
import { edited, objectOf } from './sealed-state.ts';

type Fields = Readonly<Record<string, string>>;
type Vector = {
  readonly id: string;
  readonly profile: TwoCryptogramProfile;
  readonly token: string;
  readonly psn: string;
  readonly fields: Fields;
  readonly ac?: string;
};
type MaskVector = {
  readonly profile: TwoCryptogramProfile;
  readonly pin: string;
  readonly token: string;
  readonly psn: string;
  readonly atc: string;
  readonly salt: string;
  readonly skUmd: string;
  readonly skUmdMasked: string;
};

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'));
const PIN = '4929';
/** Payment's objects in a sealed state: what changes of a token, and its log (trusted-apps/payment/assembly). */
const PAYMENT_OWNER = 0;
const STATE_TAPS = 12;
const LOG_HEADER = 48;

let kernel: WebAssembly.Module;
beforeAll(async () => {
  kernel = await loadKernel();
});

/** What the card is told or finds in its state, read from the vector's own IAD (docs/profiles.md §3.3, §3.4). */
function circumstances({ profile, fields }: Vector) {
  const iad = fromHex(fields['9F10']!);
  const u16 = (at: number) => (iad[at]! << 8) | iad[at + 1]!;
  return profile === 'open'
    ? {
        aac: (iad[3]! & 0x30) === 0,
        cdcvm: (iad[4]! & 8) !== 0,
        biometric: (iad[5]! & 1) !== 0,
        policy: u16(8),
        response: iad[10]!,
        left: iad[11]!,
        taps: 0,
        seq: new DataView(iad.buffer, iad.byteOffset).getUint32(12),
        keySetId: iad.subarray(25, 32),
        idn: Uint8Array.of(0, 0),
      }
    : {
        aac: (iad[2]! & 0x30) === 0,
        cdcvm: (iad[2]! & 8) !== 0,
        biometric: (iad[2]! & 4) !== 0,
        policy: u16(4),
        response: iad[3]!,
        left: iad[6]!,
        taps: iad[7]!,
        seq: 1,
        keySetId: new Uint8Array(7),
        idn: iad.subarray(8, 10),
      };
}

// A cryptogram that was changed on the way, or made under a wrong key, is the issuer's to judge: those have no `ac`.
// A biometric copy of SK-UMD is reserved (docs/layouts.md §3): the card has no such verification to claim.
const VECTORS = (read('profiles.json').twoCryptograms as Vector[]).filter(
  (vector) => vector.ac !== undefined && !circumstances(vector).biometric,
);

it('eight vectors apply', () => {
  expect(VECTORS.map(({ id }) => id)).toEqual([
    'open-1',
    'open-2',
    'open-4',
    'tdes-1',
    'tdes-2',
    'tdes-4',
    'open-10',
    'tdes-10',
  ]);
});

it.each(VECTORS)('$id', async (vector) => {
  const { fields, profile } = vector;
  const told = circumstances(vector);
  const phone = await BarePhone.enrolled(kernel);
  const token = { ...phone.issuer.newToken(profile, PIN, vector.token), psn: vector.psn };
  const atc = Number.parseInt(fields['9F36']!, 16);
  const first = { ...phone.issuer.keySet(token, atc), keySetId: told.keySetId, idn: told.idn };
  const others = Array.from({ length: told.left }, (_, i) => phone.issuer.keySet(token, atc + 1 + i));
  await digitise(phone, token, [first, ...others]);
  await withCounters(phone, told.seq, told.taps);
  const { policy: version, response } = told;
  await phone.deliver([{ type: 'policy', version, validUntil: START_SECONDS + 86_400, response }]);

  phone.payment.unlock();
  await phone.payment.arm();
  if (told.cdcvm) phone.enterPin(PIN);
  const answered = pay(phone, token, fields, told.aac ? '00' : '80');
  const { '9F10': iad, '9F26': ac, '9F36': counter } = fields;
  expect(answered).toEqual({ '9F27': told.aac ? '00' : '80', '9F36': counter, '9F26': ac, '9F10': iad });
});

it.each(read('profile-keys.json').pinMask as MaskVector[])(
  'PIN mask: $profile, a PIN of $pin.length digits',
  async ({ profile, pin, token: digits, psn, atc, salt, skUmd, skUmdMasked }) => {
    const phone = await BarePhone.enrolled(kernel);
    const token = { ...phone.issuer.newToken(profile, pin, digits), psn };
    const set = phone.issuer.keySet(token, Number.parseInt(atc, 16));
    const umdKeyMaskedByPin = fromHex(skUmdMasked);
    await digitise(phone, token, [{ ...set, salt: fromHex(salt), umdKeyMaskedByPin }]);
    phone.payment.unlock();
    await phone.payment.arm();
    phone.enterPin(pin);
    const answered: Fields = { ...TERMINAL, ...pay(phone, token, TERMINAL, '80'), '82': '1280' };
    const keys = { md: set.mdKey, umd: fromHex(skUmd) };
    const value = (tag: number) => fromHex(answered[tag.toString(16).toUpperCase()] ?? '');
    expect(verifyUnderSessionKeys(profile, keys, value)).toBe('umd_valid');
  },
);

const TERMINAL: Fields = {
  '9F02': '000000012000',
  '9F03': '000000000000',
  '9F1A': '0702',
  '95': '0000008000',
  '5F2A': '0702',
  '9A': '261118',
  '9C': '00',
  '9F37': 'CAFEBABE',
};

async function digitise(phone: BarePhone, token: BareToken, keySets: KeySet[]): Promise<void> {
  const { tokenId } = token;
  const sets = paymentRecord({ command: 'key_sets', tokenId, keySets });
  expect(await phone.deliver([phone.issuer.personalise(token), sets])).toBe(0);
}

/** Restarts the phone from its state with the log's next sequence number and the taps since the last bundle set. */
async function withCounters(phone: BarePhone, seq: number, taps: number): Promise<void> {
  const { generations } = phone.store as MemoryStore;
  phone.vse.close();
  const state = edited(generations.at(-1)!, (objects) => {
    const { id, data } = objectOf(objects, PAYMENT_OWNER, 'S');
    data[STATE_TAPS] = taps;
    const log = new Uint8Array(LOG_HEADER);
    new DataView(log.buffer).setUint32(0, seq);
    return [
      ...objects,
      { owner: PAYMENT_OWNER, id: Buffer.concat([Buffer.from('L'), id.subarray(1)]), data: log },
    ];
  });
  generations.push(state);
  await phone.boot();
}

/** A tap with these values; what GENERATE AC answers, by tag. */
function pay(phone: BarePhone, token: BareToken, f: Fields, p1: string): Fields {
  const send = (command: string) => toHex(phone.payment.apdu(fromHex(command)));
  const [, selectAid] = phone.commands(token, f['9F02']!);
  expect(send(selectAid!)).toMatch(/9000$/);
  expect(send(`80A800000C830A${f['9F02']}${f['5F2A']}${f['9F1A']}00`)).toMatch(/9000$/);
  const covered = ['9F02', '9F03', '9F1A', '95', '5F2A', '9A', '9C', '9F37'].map((tag) => f[tag]).join('');
  const answer = send(`80AE${p1}004F${covered}${'00'.repeat(79 - covered.length / 2)}00`);
  const parsed = parseTlv(fromHex(answer.slice(0, -4)));
  if (!parsed.ok) throw new Error(`answered ${answer}`);
  const values = tlvValues(parsed.value[0]!.children!);
  if (!values.ok) throw new Error('a tag twice');
  return Object.fromEntries(
    [...values.value].map(([tag, value]) => [tag.toString(16).toUpperCase(), toHex(value)]),
  );
}
