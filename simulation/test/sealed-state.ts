// A sealed state taken apart and put together again outside of the kernel (docs/layouts.md §6), by noble's AES-SIV: what
// a host with the platform secret can always do, and what lets a test set the element into any state.
import { hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { aessiv } from '@noble/ciphers/aes.js';
import { FINGERPRINT, PLATFORM_SECRET } from '../src/bare-phone.ts';

const HEADER = 34;
const LENGTH_AT = 30;
export const KERNEL_OWNER = 0xff;

/** One object of the kernel or of a trusted application; owners are numbered as the kernel numbers them. */
export type StoredObject = { readonly owner: number; readonly id: Uint8Array; data: Uint8Array };

/** Offsets in the kernel's own record, by the names that packages/vse/assembly/kernel/record.ts gives them. */
export const RECORD: Readonly<Record<string, number>> = Object.fromEntries(
  [
    ...readFileSync(
      new URL('../../packages/vse/assembly/kernel/record.ts', import.meta.url),
      'utf8',
    ).matchAll(/export const ([A-Z0-9_]+): i32 = (\d+);/g),
  ].map(([, name, at]) => [name!, Number(at)]),
);

/** Opens `sealed`, hands its objects to `change`, and seals what it made of them under the same header. */
export function edited(
  sealed: Uint8Array,
  change: (objects: StoredObject[]) => StoredObject[] | undefined,
): Uint8Array {
  const objects = parseObjects(cipher(sealed.subarray(0, HEADER)).decrypt(sealed.subarray(HEADER)));
  return sealedAgain(sealed.subarray(0, HEADER), encodeObjects(change(objects) ?? objects));
}

/** Seals any plain text under the header given, with its length put right: also what no kernel would write. */
export function sealedAgain(header: Uint8Array, plain: Uint8Array): Uint8Array {
  const own = header.slice();
  new DataView(own.buffer).setUint32(LENGTH_AT, plain.length);
  return Buffer.concat([own, cipher(own).encrypt(plain)]);
}

/** The kernel's record, or an application's object by the first letter of its id. */
export function objectOf(objects: readonly StoredObject[], owner: number, letter?: string): StoredObject {
  const found = objects.find(
    (object) => object.owner === owner && (letter === undefined || object.id[0] === letter.charCodeAt(0)),
  );
  if (!found) throw new Error(`no object ${letter} of owner ${owner}`);
  return found;
}

function cipher(header: Uint8Array) {
  const secret = Buffer.concat([PLATFORM_SECRET, FINGERPRINT]);
  const key = new Uint8Array(hkdfSync('sha256', secret, header.subarray(6, 22), 'tapseal seal v1', 32));
  return aessiv(key, header.slice());
}

/** count 2, then owner 1 · id length 1 · length 4 · id · data. */
function parseObjects(plain: Uint8Array): StoredObject[] {
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const objects: StoredObject[] = [];
  let at = 2;
  for (let left = view.getUint16(0); left > 0; left--) {
    const idEnd = at + 6 + plain[at + 1]!;
    const end = idEnd + view.getUint32(at + 2);
    objects.push({ owner: plain[at]!, id: plain.slice(at + 6, idEnd), data: plain.slice(idEnd, end) });
    at = end;
  }
  if (at !== plain.length) throw new Error('bytes left behind the last object');
  return objects;
}

export function encodeObjects(objects: readonly StoredObject[]): Uint8Array {
  const number = (value: number, size: number) =>
    Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');
  return Buffer.concat([
    number(objects.length, 2),
    ...objects.flatMap(({ owner, id, data }) => [
      number(owner, 1),
      number(id.length, 1),
      number(data.length, 4),
      id,
      data,
    ]),
  ]);
}
