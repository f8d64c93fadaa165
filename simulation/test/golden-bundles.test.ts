// vectors/layouts.json against the real kernel: it is given the golden device's identity and one-time keys, accepts the
// golden bundles byte for byte, and what it answers is read by the issuer's codec.
import { readFileSync } from 'node:fs';
import { cmac, fromHex, toHex } from '@tapseal/emv';
import {
  logGenesis,
  openUplink,
  parseUplinkBody,
  verifyLogChain,
  verifyReceipt,
  verifyUplink,
} from '@tapseal/protocol';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { BarePhone } from '../src/bare-phone.ts';
import { MemoryStore } from '../src/memory-store.ts';
import { edited, KERNEL_OWNER, objectOf, RECORD, sealedAgain } from './sealed-state.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'));
const GOLDEN = read('layouts.json');
const TEST_KEYS = read('test-keys.json');
const DEVICE_KEY = fromHex(GOLDEN.device.ed25519PublicKey);
const TOKEN_ID: string = GOLDEN.transactionLog.tokenId;
const LOG_KEY = fromHex(GOLDEN.transactionLog.logKey);
/** 2027-01-01, a minute after the first golden bundle. */
const NOW = 1_798_761_720;

let kernel: WebAssembly.Module;
beforeAll(async () => {
  kernel = await loadKernel();
});

/** Writes hexadecimal fields into the kernel's record in the last stored state. */
function setRecord(store: MemoryStore, fields: Readonly<Record<string, string>>): void {
  store.generations.push(
    edited(store.generations.at(-1)!, (objects) => {
      const record = objectOf(objects, KERNEL_OWNER).data;
      for (const [name, hex] of Object.entries(fields)) record.set(fromHex(hex), RECORD[name]!);
      return undefined;
    }),
  );
}

/** Boots the element as the golden device, about to receive the golden bundle at `index`. */
async function before(index: number, phone: BarePhone): Promise<void> {
  phone.vse.close();
  const { oneTimePrivateKey, oneTimePublicKey } = GOLDEN.bundles[index];
  setRecord(phone.store as MemoryStore, {
    ONE_TIME_PRIVATE: oneTimePrivateKey,
    ONE_TIME_PUBLIC: oneTimePublicKey,
  });
  await phone.boot();
}

async function goldenDevice(): Promise<BarePhone> {
  const phone = await BarePhone.enrolled(kernel);
  phone.nowSeconds = NOW;
  setRecord(phone.store as MemoryStore, {
    ED25519_SEED: GOLDEN.device.ed25519PrivateKey,
    ED25519_PUBLIC: GOLDEN.device.ed25519PublicKey,
    ISSUER_CERTIFICATE: GOLDEN.issuerCertificate.bytes,
    BUNDLE_NUMBER: '00'.repeat(8),
    POLICY_VERSION: '0000',
    ISSUER_TIME: '00'.repeat(8),
    UPLINK_NUMBER: '00'.repeat(8),
  });
  await before(0, phone);
  expect(toHex(phone.vse.deviceId)).toBe(GOLDEN.device.deviceId);
  return phone;
}

async function accept(phone: BarePhone, index: number): Promise<number> {
  const golden = GOLDEN.bundles[index];
  const verified = await verifyReceipt(await phone.vse.acceptBundle(fromHex(golden.bundle)), DEVICE_KEY);
  if (!verified.ok) throw new Error(`${verified.refusal} ${verified.at}`);
  const { bundleNumber, bundleHash, generation, nextOneTimePublicKey, status } = verified.value;
  const of = fromHex(golden.receipt.bytes);
  expect(bundleNumber).toBe(BigInt(golden.bundleNumber));
  expect(toHex(bundleHash)).toBe(toHex(of.subarray(30, 62)));
  expect(generation).toBe(phone.vse.generation);
  expect(toHex(nextOneTimePublicKey)).not.toBe(golden.oneTimePublicKey);
  return status;
}

async function uplinkBody(uplink: Uint8Array) {
  const verified = await verifyUplink(uplink, DEVICE_KEY);
  if (!verified.ok) throw new Error(`${verified.refusal} ${verified.at}`);
  const body = await openUplink(uplink, verified.value, fromHex(TEST_KEYS.issuer.x25519PrivateKey));
  const parsed = parseUplinkBody(body!);
  if (!parsed.ok) throw new Error(`${parsed.refusal} ${parsed.at}`);
  return parsed.value;
}

it('all golden bundles, in order: digitised, paid, reported, suspended', async () => {
  const phone = await goldenDevice();
  expect(await accept(phone, 0)).toBe(0);

  await before(1, phone);
  expect(await accept(phone, 1)).toBe(0);
  expect(phone.payment.tokens()).toEqual([
    {
      tokenId: TOKEN_ID,
      profile: 'open',
      label: 'TAPSEAL OPEN',
      lastFour: '0012',
      state: 'active',
      keySetsLive: 2,
      selected: true,
      unacknowledged: 0,
    },
  ]);

  phone.payment.unlock();
  expect(await phone.payment.arm()).toEqual({ atc: 1, keySetsLeft: 1 });
  const token = { ...phone.issuer.newToken('open', '4929', '9702990000000012'), tokenId: TOKEN_ID };
  expect(phone.tap(token, '000000001250')).toMatchObject({ sw: '9000', atc: 1 });
  await phone.payment.finishTap();

  const log = await uplinkBody((await phone.payment.logUplink(TOKEN_ID))!);
  if (log.kind !== 'log') throw new Error('no log');
  const genesis = await logGenesis(TOKEN_ID);
  const chain = await verifyLogChain(log.records, (message) => cmac('AES', LOG_KEY, message), genesis);
  expect(chain.map(({ record, findings }) => [record?.status, record?.seq, findings])).toEqual([
    ['answered_arqc', 1, []],
  ]);
  const pin = await uplinkBody(await phone.payment.pinUplink(TOKEN_ID, Uint8Array.from('4929', Number)));
  expect(pin).toMatchObject({ kind: 'pin', boundId: TOKEN_ID });

  await before(2, phone);
  expect(await accept(phone, 2)).toBe(0);
  expect(phone.payment.tokens()[0]).toMatchObject({ state: 'suspended', keySetsLive: 0 });
  expect(phone.payment.history(TOKEN_ID)[0]).toMatchObject({ outcome: 'approved', de39: '00' });
});

describe('a golden bundle out of its place', () => {
  it('the second first, the first again with another key, the first for another device', async () => {
    const phone = await goldenDevice();
    await expect(accept(phone, 1)).rejects.toMatchObject({ reason: 'bundle_out_of_order' });
    await before(1, phone);
    await expect(accept(phone, 0)).rejects.toMatchObject({ reason: 'bundle_key_unknown' });
    const other = await BarePhone.enrolled(kernel);
    await expect(other.vse.acceptBundle(fromHex(GOLDEN.bundles[0].bundle))).rejects.toMatchObject({
      reason: 'bundle_not_for_this_device',
    });
  });

  it('every single bit turned is refused, and the true one still opens', async () => {
    const phone = await goldenDevice();
    const golden = fromHex(GOLDEN.bundles[0].bundle);
    for (let bit = 0; bit < golden.length * 8; bit += 37) {
      const bad = golden.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      await expect(phone.vse.acceptBundle(bad)).rejects.toMatchObject({
        reason: expect.stringMatching(/^bundle_/),
      });
    }
    expect(await accept(phone, 0)).toBe(0);
  });
});

describe('an authentic state that no kernel wrote', () => {
  const malformed: readonly (readonly [string, () => Uint8Array])[] = [
    ['nothing', () => new Uint8Array()],
    ['no object', () => new Uint8Array(2)],
    ['fewer objects than counted', () => Uint8Array.of(0, 9)],
    ['a record that is too short', () => Uint8Array.of(0, 1, 0xff, 1, 0, 0, 0, 4, 0x6b, 1, 2, 3, 4)],
    ['an object without a name', () => Uint8Array.of(0, 1, 0xff, 0, 0, 0, 0, 0)],
    ['a length of 4 GB', () => Uint8Array.of(0, 1, 0xff, 1, 0xff, 0xff, 0xff, 0xff, 0x6b)],
    ['a length of 2 GB', () => Uint8Array.of(0, 1, 0xff, 1, 0x7f, 0xff, 0xff, 0xff, 0x6b)],
    ['a name of 255 bytes', () => Uint8Array.of(0, 1, 0xff, 0xff, 0, 0, 0, 0, ...new Uint8Array(255))],
    ['the same object twice', () => Uint8Array.of(0, 2, 1, 1, 0, 0, 0, 0, 9, 1, 1, 0, 0, 0, 0, 9)],
  ];
  it.each(malformed)('%s: refused, nothing trapped', async (_, plain) => {
    const store = new MemoryStore();
    const phone = await BarePhone.enrolled(kernel, store);
    phone.vse.close();
    store.generations.push(sealedAgain(store.generations.at(-1)!.subarray(0, 34), plain()));
    await expect(phone.boot()).rejects.toMatchObject({ reason: 'state_malformed' });
    store.generations.pop();
    await phone.boot();
  });

  it.each([
    ['an index of nine tokens', 'I', (data: Uint8Array) => data.fill(9, 0, 1)],
    ['an index that selects what it does not have', 'I', (data: Uint8Array) => data.fill(4, 1, 2)],
    ['a log of 65 records', 'L', (data: Uint8Array) => data.fill(65, 11, 12)],
    ['a log that counts what it does not hold', 'L', (data: Uint8Array) => data.fill(2, 11, 12)],
  ])('%s: the application panics before it reads beyond', async (_, letter, change) => {
    const store = new MemoryStore();
    const phone = await BarePhone.enrolled(kernel, store);
    await phone.digitise('open');
    phone.payment.unlock();
    await phone.payment.arm();
    phone.vse.close();
    store.generations.push(
      edited(store.generations.at(-1)!, (objects) => {
        change(objectOf(objects, 0, letter).data);
        return undefined;
      }),
    );
    await phone.boot();
    expect(() => phone.payment.tokens()).toThrow('trusted_app_panicked');
  });
});
