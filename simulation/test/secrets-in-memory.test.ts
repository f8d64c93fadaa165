// Between two commands no key, PIN digit string or seed lies whole in the element's memory: what a snapshot of it would show.
// The kernel exports no memory, so this test compiles it a second time with its memory exported, and changes nothing else.
import { hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type BundleRecord, paymentRecord } from '@tapseal/protocol';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BareToken } from '../src/bare-issuer.ts';

/** Every instance that is made; the host takes `WebAssembly.Instance` when it is loaded, so this comes before its import. */
const instances = vi.hoisted(() => {
  const made: WebAssembly.Instance[] = [];
  WebAssembly.Instance = class extends WebAssembly.Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      made.push(this);
    }
  };
  return made;
});

const { BarePhone, FINGERPRINT, PLATFORM_SECRET } = await import('../src/bare-phone.ts');
const { PAYMENT_UUID } = await import('@tapseal/ta-payment');
const { MemoryStore } = await import('../src/memory-store.ts');

const UUID = Buffer.from(PAYMENT_UUID);
const LOG_KEY = 'K-log';
const PIN = '492917385062';
/** 2032: BareIssuer's sets expire with 2031. */
const EXPIRED_SECONDS = 1_960_000_000;
const NO_APPLICATION = '00000000-0000-4000-8000-000000000000';
const EXPORT_SECTION = 7;
const kernel = new WebAssembly.Module(
  withMemoryExported(readFileSync(new URL('../../packages/vse/build/kernel.wasm', import.meta.url))),
);

let phone: Awaited<ReturnType<typeof BarePhone.enrolled>>;
let token: BareToken;
/** Session keys of the token's first thirty key sets. */
let keys: { md: Uint8Array; umd: Uint8Array }[];

beforeEach(async () => {
  instances.length = 0;
  phone = await BarePhone.enrolled(kernel);
  token = await phone.digitise('open', PIN);
  keys = Array.from({ length: 30 }, (_, i) => phone.issuer.sessionKeys(token, i + 1));
});

const memory = () => Buffer.from((instances.at(-1)!.exports.memory as WebAssembly.Memory).buffer);

/** The names of all secrets that lie whole in memory now. */
function found(): string[] {
  const image = memory();
  const installation = new Uint8Array(16).fill(3);
  const secret = Buffer.concat([PLATFORM_SECRET, FINGERPRINT]);
  const sealing = new Uint8Array(hkdfSync('sha256', secret, installation, 'tapseal seal v1', 32));
  const secrets: (readonly [string, Uint8Array])[] = [
    [LOG_KEY, phone.issuer.logKey],
    ['platform secret', PLATFORM_SECRET],
    ['sealing key, first half', sealing.subarray(0, 16)],
    ['sealing key, second half', sealing.subarray(16)],
    ['PIN in ASCII', Buffer.from(PIN)],
    ['PIN in lanes', Uint8Array.from([...PIN].flatMap((d) => [Number(d), 0, 0, 0, 0, 0, 0, 0]))],
    ['PIN block', Buffer.from('4C492917385062AA', 'hex')],
    ...keys.flatMap(({ md, umd }, i) => [[`SK-MD ${i + 1}`, md] as const, [`SK-UMD ${i + 1}`, umd] as const]),
  ];
  return secrets.filter(([, bytes]) => image.includes(Buffer.from(bytes))).map(([name]) => name);
}

async function paid(pin?: string): Promise<void> {
  phone.payment.unlock();
  await phone.payment.arm();
  if (pin) phone.enterPin(pin);
  expect(phone.tap(token, '000000000100').sw).toBe('9000');
}

it('sees what it looks for', () => {
  memory().set(phone.issuer.logKey, 4096);
  expect(found()).toEqual([LOG_KEY]);
});

describe('nothing lies whole', () => {
  it('after digitisation, and after a restart', async () => {
    expect(found()).toEqual([]);
    phone.vse.close();
    await phone.boot();
    expect(found()).toEqual([]);
  });

  it('while a set is armed, while the PIN unmasks it, after the tap, after its record', async () => {
    phone.payment.unlock();
    await phone.payment.arm();
    expect(found()).toEqual([]);
    phone.enterPin(PIN);
    expect(found()).toEqual([]);
    phone.tap(token, '000000000100');
    expect(found()).toEqual([]);
    await phone.payment.finishTap();
    expect(found()).toEqual([]);
    await phone.payment.logUplink(token.tokenId);
    phone.payment.history(token.tokenId);
    phone.payment.tokens();
    expect(found()).toEqual([]);
  });

  it('after a PIN uplink', async () => {
    await phone.payment.pinUplink(token.tokenId, Uint8Array.from(PIN, Number));
    expect(found()).toEqual([]);
  });

  const refused: readonly (readonly [string, () => BundleRecord[], number])[] = [
    ['more sets than a token holds', () => [phone.issuer.keySets(token, 25)], 0x20a],
    ['sets whose ATCs were issued before', () => [phone.issuer.keySets({ ...token, nextAtc: 1 }, 3)], 0x20b],
    [
      'good sets, then a message to an application that is not there',
      () => [phone.issuer.keySets(token, 2), { ...stateOf('active'), trustedApplication: NO_APPLICATION }],
      0x10b,
    ],
    ['a deleted token made active again', () => [stateOf('deleted'), stateOf('active')], 0x200],
  ];
  it.each(refused)('after a bundle that is refused: %s', async (_, records, status) => {
    expect(await phone.deliver(records())).toBe(status);
    expect(found()).toEqual([]);
  });

  it('after arming is refused', async () => {
    await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'wallet_locked' });
    expect(found()).toEqual([]);
    phone.nowSeconds = EXPIRED_SECONDS;
    phone.payment.unlock();
    await expect(phone.payment.arm()).rejects.toMatchObject({ reason: 'no_keys_left' });
    expect(found()).toEqual([]);
  });

  it('after a state that does not open', async () => {
    const store = phone.store as InstanceType<typeof MemoryStore>;
    store.generations.at(-1)![60]! ^= 1;
    await expect(phone.boot()).rejects.toMatchObject({ reason: 'state_not_authentic' });
    expect(found()).toEqual([]);
  });
});

describe('an instance that ended holds nothing at all', () => {
  const empty = () => memory().every((byte) => byte === 0);

  it('closed', async () => {
    await paid(PIN);
    phone.vse.close();
    expect(empty()).toBe(true);
  });

  it('poisoned by a trap', async () => {
    await paid(PIN);
    // the entry point that stands behind the application's UUID in the kernel's table now names no function
    const image = memory();
    for (let at = image.indexOf(UUID); at >= 0; at = image.indexOf(UUID, at + 1))
      image.writeUInt32LE(0xffff, at + 16);
    expect(() => phone.payment.tokens()).toThrow('trusted_app_panicked');
    expect(empty()).toBe(true);
    expect(() => phone.payment.tokens()).toThrow('poisoned');
  });
});

function stateOf(state: 'active' | 'deleted'): BundleRecord {
  return paymentRecord({ command: 'token_state', tokenId: token.tokenId, state });
}

/** The module with one export more: memory 0 as `memory` (WebAssembly 2.0, 5.5.10 export section). */
function withMemoryExported(module: Uint8Array): Uint8Array<ArrayBuffer> {
  for (let at = 8; at < module.length; ) {
    const id = module[at]!;
    const size = leb(module, at + 1);
    const body = module.subarray(size.next, size.next + size.value);
    if (id === EXPORT_SECTION) {
      const count = leb(body, 0);
      const name = Buffer.from('memory');
      const entry = [name.length, ...name, 0x02, 0x00];
      const exports = [...uleb(count.value + 1), ...body.subarray(count.next), ...entry];
      return Uint8Array.from([
        ...module.subarray(0, at + 1),
        ...uleb(exports.length),
        ...exports,
        ...module.subarray(size.next + size.value),
      ]);
    }
    at = size.next + size.value;
  }
  throw new Error('no export section');
}

function leb(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: at };
  }
}

function uleb(value: number): number[] {
  const out: number[] = [];
  for (; value >= 0x80; value >>>= 7) out.push((value & 0x7f) | 0x80);
  return [...out, value];
}
