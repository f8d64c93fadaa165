// A third reading of docs/profiles.md, for the trace alone: shares no line with packages/emv or the secure element. AES by
// noble, DES by OpenSSL through node:crypto. What a bank's own tool would do with a trace and the printed master keys.
import { createCipheriv } from 'node:crypto';
import { ecb } from '@noble/ciphers/aes.js';

export type Trace = {
  readonly profile: 'open' | 'tdes';
  readonly aid: string;
  readonly apdus: readonly { readonly c: string; readonly r: string }[];
  readonly de55: string;
  readonly arqc: string;
  readonly atc: string;
  readonly token: string;
  readonly psn: string;
  readonly authorisation: { readonly mti: string; readonly de39: string };
  readonly testKeys: { readonly imkMd: string; readonly imkUmd: string };
};

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex').toUpperCase();

const aes = (key: Uint8Array, block: Uint8Array) => ecb(key, { disablePadding: true }).encrypt(block);

function des3(key: Uint8Array, block: Uint8Array): Uint8Array {
  const cipher = createCipheriv('des-ede3', Buffer.concat([key, key.subarray(0, 8)]), null).setAutoPadding(
    false,
  );
  return Uint8Array.from(cipher.update(block));
}

/** MD over the IAD as it was sent; UMD as it should be (zeros without CDCVM); the UMD that was sent. Hex. */
export function recompute(trace: Trace): { md: string; umd: string; iadUmd: string } {
  const values = flatTlv(bytes(trace.de55));
  const iad = values.get('9F10')!;
  const common = ['9F02', '9F03', '9F1A', '95', '5F2A', '9A', '9C', '9F37', '82', '9F36'].flatMap((tag) => [
    ...values.get(tag)!,
  ]);
  const at = trace.profile === 'open' ? 17 : 10;
  const iadUmd = iad.slice(at, at + 8);
  const input = (umd: Uint8Array) => {
    const filled = iad.slice();
    filled.set(umd, at);
    const tail = trace.profile === 'open' ? [...filled] : [...filled.slice(2, 8), ...filled.slice(10, 18)];
    return Uint8Array.from([...common, ...tail]);
  };
  const verified = trace.profile === 'open' ? (iad[4]! & 8) !== 0 : (iad[2]! & 8) !== 0;
  const mac = trace.profile === 'open' ? aesCmac8 : retailMac;
  const umd = verified
    ? mac(sessionKey(trace, trace.testKeys.imkUmd), input(new Uint8Array(8)))
    : new Uint8Array(8);
  return {
    md: hex(mac(sessionKey(trace, trace.testKeys.imkMd), input(iadUmd))),
    umd: hex(umd),
    iadUmd: hex(iadUmd),
  };
}

function sessionKey(trace: Trace, imk: string): Uint8Array {
  const digits = trace.token + trace.psn;
  if (trace.profile === 'open') {
    const master = aes(bytes(imk), bytes(digits.padStart(32, '0')));
    return aes(master, bytes(trace.atc.padEnd(32, '0')));
  }
  const y = bytes(digits.slice(-16));
  const master = parity(
    Buffer.concat([
      des3(bytes(imk), y),
      des3(
        bytes(imk),
        y.map((byte) => byte ^ 0xff),
      ),
    ]),
  );
  const left = des3(master, bytes(`${trace.atc}F0`.padEnd(16, '0')));
  const right = des3(master, bytes(`${trace.atc}0F`.padEnd(16, '0')));
  return parity(Buffer.concat([left, right]));
}

function parity(key: Uint8Array): Uint8Array {
  return key.map((byte) => {
    const ones = [...(byte & 0xfe).toString(2)].filter((bit) => bit === '1').length;
    return (byte & 0xfe) | (ones % 2 === 0 ? 1 : 0);
  });
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!);
}

function aesCmac8(key: Uint8Array, message: Uint8Array): Uint8Array {
  const twice = (block: Uint8Array) => {
    const value = (BigInt(`0x${hex(block)}`) << 1n) ^ (block[0]! & 0x80 ? 0x87n : 0n);
    return bytes((value & ((1n << 128n) - 1n)).toString(16).padStart(32, '0'));
  };
  let subkey = twice(aes(key, new Uint8Array(16)));
  const whole = message.length > 0 && message.length % 16 === 0;
  if (!whole) subkey = twice(subkey);
  const padded = whole
    ? message
    : Uint8Array.from([...message, 0x80, ...new Array(15 - (message.length % 16)).fill(0)]);
  let chain: Uint8Array = new Uint8Array(16);
  for (let i = 0; i < padded.length; i += 16) {
    const block = padded.slice(i, i + 16);
    chain = aes(key, xor(chain, i + 16 === padded.length ? xor(block, subkey) : block));
  }
  return chain.slice(0, 8);
}

function retailMac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const padded = Uint8Array.from([...message, 0x80, ...new Array(7 - (message.length % 8)).fill(0)]);
  // single DES is 3DES with equal halves
  const single = Uint8Array.from([...key.slice(0, 8), ...key.slice(0, 8)]);
  let chain: Uint8Array = new Uint8Array(8);
  for (let i = 0; i < padded.length; i += 8) {
    const last = i + 8 === padded.length;
    chain = des3(last ? key : single, xor(chain, padded.slice(i, i + 8)));
  }
  return chain;
}

function flatTlv(data: Uint8Array): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (let at = 0; at < data.length; ) {
    const size = (data[at]! & 0x1f) === 0x1f ? 2 : 1;
    const length = data[at + size]!;
    values.set(hex(data.slice(at, at + size)), data.slice(at + size + 1, at + size + 1 + length));
    at += size + 1 + length;
  }
  return values;
}
