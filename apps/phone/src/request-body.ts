// A request's body as bytes, from which a PIN is taken before anything else looks: its digits move to a buffer of their
// own and are overwritten where they stood, and only then is the rest parsed. The PIN never is a string here.
//
// What remains outside of our reach: the caller's memory, the kernel's socket buffers, and copies that Node's HTTP
// parser may make before it hands the bytes over.
import { PhoneRefusal } from './refusals.ts';

export const BODY_BYTES_MOST = 4096;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const PIN_NAME = new TextEncoder().encode('"pin"');

export interface Body {
  /** The members other than `pin`. */
  readonly members: Readonly<Record<string, unknown>>;
  /** ASCII digits, to be overwritten by whoever takes them. */
  readonly pin: Uint8Array | undefined;
}

/** Overwrites `bytes`. Throws `body_malformed`: not a JSON object, or a `pin` that is not a plain string of digits. */
export function readBody(bytes: Uint8Array): Body {
  let pin: Uint8Array | undefined;
  try {
    pin = takePin(bytes);
    let pinMembers = 0;
    const members: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes),
      (name, value) => {
        if (name === 'pin') pinMembers += 1;
        return value as unknown;
      },
    );
    if (typeof members !== 'object' || members === null || Array.isArray(members)) {
      throw new PhoneRefusal('body_malformed');
    }
    // A PIN in another spelling ("p\u0069n"), twice, or deeper was parsed as text: refused, so that nobody relies on it.
    const { pin: blank, ...others } = members as Record<string, unknown>;
    const expected = pin === undefined ? undefined : '0'.repeat(pin.length);
    if (blank !== expected || pinMembers !== (pin === undefined ? 0 : 1)) {
      throw new PhoneRefusal('body_malformed');
    }
    return { members: others, pin };
  } catch (error) {
    pin?.fill(0);
    // The parser's own message quotes what it read.
    throw error instanceof PhoneRefusal ? error : new PhoneRefusal('body_malformed');
  } finally {
    bytes.fill(0);
  }
}

// Finds the member by its bytes; which object it stands in is checked afterwards, on the parsed value.
function takePin(bytes: Uint8Array): Uint8Array | undefined {
  const start = pinValueStart(bytes);
  if (start === undefined) return undefined;
  let end = start;
  while (end < bytes.length && isDigit(bytes[end]!)) end += 1;
  if (bytes[end] !== QUOTE) throw new PhoneRefusal('body_malformed');
  const pin = bytes.slice(start, end);
  bytes.fill(ZERO, start, end);
  return pin;
}

/** Where the digits begin: behind `"pin" : "`. Strings are skipped whole, so the name inside a value is not taken. */
function pinValueStart(bytes: Uint8Array): number | undefined {
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== QUOTE) {
      at += 1;
      continue;
    }
    const after = stringEnd(bytes, at);
    const colon = skipSpace(bytes, after);
    if (isPinName(bytes, at, after) && bytes[colon] === 0x3a) {
      const value = skipSpace(bytes, colon + 1);
      if (bytes[value] !== QUOTE) throw new PhoneRefusal('body_malformed');
      return value + 1;
    }
    at = after;
  }
  return undefined;
}

function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function isPinName(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === PIN_NAME.length && PIN_NAME.every((byte, index) => bytes[start + index] === byte);
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && [0x20, 0x09, 0x0a, 0x0d].includes(bytes[at]!)) at += 1;
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
