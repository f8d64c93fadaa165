// A page's script has replaced what it could, after the element booted. It must see no key and change no result.
import { toHex } from '@tapseal/emv';
import { loadKernel } from '@tapseal/vse/node';
import { expect, it } from 'vitest';
import { BarePhone } from '../src/bare-phone.ts';

type Patch = { readonly owner: Record<PropertyKey, unknown>; readonly key: PropertyKey };

/** Everything reachable on these objects that is a function, or can be made one: the hooks an injected script would lay. */
const OWNERS: readonly unknown[] = [
  WebAssembly,
  Function.prototype,
  Object.prototype,
  Object,
  Reflect,
  Array.prototype,
  Array,
  Object.getPrototypeOf(Uint8Array.prototype),
  Uint8Array.prototype,
  BigInt64Array.prototype,
  DataView.prototype,
  ArrayBuffer.prototype,
  BigInt.prototype,
  BigInt,
  Number,
  Math,
  JSON,
  Promise.prototype,
  Symbol,
];

class Wiretap {
  readonly seen: string[] = [];
  readonly #undo: (() => void)[] = [];

  constructor() {
    const record = (value: unknown) => this.#record(value);
    for (const owner of OWNERS as Patch['owner'][]) {
      for (const key of Reflect.ownKeys(owner)) {
        const descriptor = Object.getOwnPropertyDescriptor(owner, key)!;
        if (typeof descriptor.value !== 'function' || !descriptor.writable || key === 'constructor') continue;
        const original = descriptor.value as (...args: unknown[]) => unknown;
        const { apply } = PRISTINE;
        const hook = function (this: unknown, ...args: unknown[]) {
          record(this);
          for (let i = 0; i < args.length; i++) record(args[i]);
          const result = apply(original, this, args);
          record(result);
          return result;
        };
        owner[key] = hook;
        this.#undo.push(() => {
          owner[key] = original;
        });
      }
    }
  }

  #busy = false;
  /** Bytes of anything byte-like; a bigint as its eight bytes, both ways round. */
  #record(value: unknown): void {
    if (this.#busy) return;
    this.#busy = true;
    if (typeof value === 'bigint') this.seen[this.seen.length] = hexOfBigInt(value);
    else if (isBytes(value)) this.seen[this.seen.length] = hexOfBytes(value);
    this.#busy = false;
  }

  remove(): void {
    for (let i = 0; i < this.#undo.length; i++) this.#undo[i]!();
  }
}

const PRISTINE = { apply: Reflect.apply, isView: ArrayBuffer.isView, Bytes: Uint8Array };
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).toUpperCase().padStart(2, '0'));

function isBytes(value: unknown): value is Uint8Array {
  return typeof value === 'object' && value !== null && PRISTINE.isView(value) && 'byteLength' in value;
}

function hexOfBytes(view: ArrayBufferView): string {
  const bytes = new PRISTINE.Bytes(view.buffer, view.byteOffset, view.byteLength);
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!];
  return text;
}

function hexOfBigInt(value: bigint): string {
  let forwards = '';
  let backwards = '';
  for (let i = 0n; i < 8n; i++) {
    const byte = HEX[Number((value >> (8n * i)) & 0xffn)]!;
    forwards += byte;
    backwards = byte + backwards;
  }
  return `${forwards} ${backwards}`;
}

it.each(['open', 'tdes'] as const)('profile %s', async (profile) => {
  const phone = await BarePhone.enrolled(await loadKernel());
  const token = await phone.digitise(profile);
  phone.payment.unlock();
  await phone.payment.arm();
  const pin = Uint8Array.of(4, 9, 2, 9);
  const planted = new Uint8Array(16).fill(0xd5);
  const keys = phone.issuer.sessionKeys(token, 1);
  const commands = phone
    .commands(token, '000000012000')
    .map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  const answers: Uint8Array[] = [];

  const tap = new Wiretap();
  try {
    planted.slice(); // the positive control: what passes through a patched function is seen
    phone.payment.enterPin(pin);
    for (let i = 0; i < commands.length; i++) answers[i] = phone.payment.apdu(commands[i]!);
  } finally {
    tap.remove();
  }

  const heard = tap.seen.join('\n');
  expect(heard).toContain('D5'.repeat(16));
  for (const key of [keys.md, keys.umd, phone.issuer.logKey]) {
    // whole, and each lane of it in either byte order
    const hex = toHex(key);
    const reversed = toHex(key.slice(0, 8).reverse());
    for (const part of [hex, hex.slice(0, 16), hex.slice(16), reversed]) expect(heard).not.toContain(part);
  }
  // four digits in a row, as bytes or as lanes
  for (const digits of ['04090209', '34393239', '4929AAAA']) expect(heard).not.toContain(digits);
  expect(phone.judge(token, toHex(answers.at(-1)!), '000000012000')).toMatchObject({
    atc: 1,
    verdict: 'umd_valid',
  });
});
