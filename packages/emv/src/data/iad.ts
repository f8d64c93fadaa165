/**
 * Issuer application data (tag 9F10) of our profiles: docs/profiles.md §3.3 to §3.5, byte positions counted from 1 as
 * there. Reading is strict: a reserved bit that is set is refused, because the issuer does not know what it would mean.
 */
import { concat, copyOf, toHex } from './bytes.ts';
import type { CryptogramType } from './commands.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { accept, type Result, refuse } from './result.ts';

/** Responses of app protection in force on the device when it tapped, weakest first. */
export const THREAT_RESPONSES = [
  'observe',
  'warn',
  'step-up',
  'lower limits',
  'block payment',
  'suspend',
  'wipe',
] as const;
export type ThreatResponse = (typeof THREAT_RESPONSES)[number];

/** Who the CVR says was asked on the device: nobody, or the customer by PIN or by biometry. */
export type CdcvmPerformed = 'none' | 'pin' | 'biometric';

/** What `open` and `tdes` both say. */
export type IadCommon = {
  readonly dki: number;
  readonly cryptogramType: Extract<CryptogramType, 'ARQC' | 'AAC'>;
  readonly cdcvm: CdcvmPerformed;
  readonly threatResponse: ThreatResponse;
  readonly policyVersion: number;
  /** Key sets left on the device after this one; 255 stands for 255 or more. */
  readonly keySetsLeft: number;
  /** 8 bytes; zero when no UMD cryptogram was made. */
  readonly umd: Uint8Array;
};

export type TdesIad = IadCommon & {
  readonly profile: 'tdes';
  /** 2 bytes, of the key set. */
  readonly idn: Uint8Array;
  /** Taps since the last bundle from the bank; 255 is saturated. */
  readonly tapsSinceBundle: number;
};

export type OpenIad = IadCommon & {
  readonly profile: 'open';
  /** Sequence number of the tap's record in the transaction log. */
  readonly logSequence: number;
  /** 7 bytes. */
  readonly keySetId: Uint8Array;
};

export type LukIad = {
  readonly profile: 'luk';
  readonly dki: number;
  /** 5 bytes, reserved profile: not interpreted. */
  readonly cvr: Uint8Array;
  readonly option: number;
  readonly keyIndex: {
    readonly yearInDecade: number;
    readonly hourOfYear: number;
    readonly renewal: number;
  };
};

export type Iad = OpenIad | TdesIad | LukIad;

export const UMD_BYTES = 8;
export const KEY_SET_ID_BYTES = 7;
export const IDN_BYTES = 2;

/** Where the UMD cryptogram lies, as an index from 0. */
export const UMD_OFFSET = { tdes: 10, open: 17 } as const;

/** In order of precedence. `byte` is counted from 1. */
export type IadRefusal = {
  readonly reason:
    | 'iad_length'
    | 'iad_format'
    | 'iad_version'
    | 'iad_reserved_bits'
    | 'iad_cryptogram_type'
    | 'iad_cdcvm'
    | 'iad_threat_response'
    | 'iad_key_index';
  readonly byte: number;
};

type IadOf<Name extends ProfileName> = Extract<Iad, { profile: Name }>;

/** The IAD of a token whose profile is known. */
export function parseIad<Name extends ProfileName>(
  profile: Name,
  bytes: Uint8Array,
): Result<IadOf<Name>, IadRefusal>;
export function parseIad(profile: ProfileName, bytes: Uint8Array): Result<Iad, IadRefusal> {
  const { iadLength, cvn } = PROFILES[profile];
  if (bytes.length !== iadLength) return no('iad_length', Math.min(bytes.length, iadLength));
  const read = READERS[profile];
  const format = FORMAT_BYTES[profile].find(([byte, value]) => bytes[byte - 1] !== value);
  if (format !== undefined) return no('iad_format', format[0]);
  if (bytes[1] !== cvn) return no('iad_version', 2);
  return read(bytes);
}

/** The bytes of an IAD: for terminals under test and for the issuer's own vectors. */
export function formatIad(iad: Iad): Uint8Array {
  switch (iad.profile) {
    case 'tdes':
      return concat(
        Uint8Array.of(iad.dki, PROFILES.tdes.cvn),
        formatTdesCvr(iad),
        sized(iad.idn, IDN_BYTES),
        sized(iad.umd, UMD_BYTES),
      );
    case 'open':
      return concat(
        Uint8Array.of(0x0f, PROFILES.open.cvn, iad.dki),
        formatOpenCvr(iad),
        u16(iad.policyVersion),
        Uint8Array.of(THREAT_RESPONSES.indexOf(iad.threatResponse), iad.keySetsLeft),
        u32(iad.logSequence),
        Uint8Array.of(0x0f),
        sized(iad.umd, UMD_BYTES),
        sized(iad.keySetId, KEY_SET_ID_BYTES),
      );
    case 'luk': {
      const { yearInDecade, hourOfYear, renewal } = iad.keyIndex;
      const digits = `${yearInDecade}${pad(hourOfYear, 4)}${pad(renewal, 3)}`;
      const keyIndex = Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
      return concat(
        Uint8Array.of(0x1f, PROFILES.luk.cvn, iad.dki),
        sized(iad.cvr, 5),
        Uint8Array.of(iad.option),
        sized(keyIndex, 4),
        new Uint8Array(19),
      );
    }
  }
}

/** Bytes that are the same in every IAD of the profile. */
const FORMAT_BYTES: Readonly<Record<ProfileName, readonly (readonly [byte: number, value: number])[]>> = {
  tdes: [],
  open: [
    [1, 0x0f],
    [17, 0x0f],
  ],
  luk: [[1, 0x1f]],
};

const READERS: Readonly<Record<ProfileName, (bytes: Uint8Array) => Result<Iad, IadRefusal>>> = {
  tdes: readTdes,
  open: readOpen,
  luk: readLuk,
};

/** CVR byte 1, bits 8–5, the same in both profiles: `10` (no second GENERATE AC), then the type of the cryptogram. */
const TYPE_BITS: ReadonlyMap<number, 'AAC' | 'ARQC'> = new Map([
  [0b1000, 'AAC'],
  [0b1010, 'ARQC'],
]);

function cdcvmOf(performed: boolean, biometric: boolean): CdcvmPerformed | undefined {
  if (performed) return biometric ? 'biometric' : 'pin';
  return biometric ? undefined : 'none';
}

// docs/profiles.md §3.3
function readTdes(bytes: Uint8Array): Result<TdesIad, IadRefusal> {
  const [first, second] = [bytes[2]!, bytes[3]!];
  if ((first & 0x03) !== 0) return no('iad_reserved_bits', 3);
  if ((second & 0xf0) !== 0) return no('iad_reserved_bits', 4);
  const cryptogramType = TYPE_BITS.get(first >> 4);
  if (cryptogramType === undefined) return no('iad_cryptogram_type', 3);
  const cdcvm = cdcvmOf((first & 0x08) !== 0, (first & 0x04) !== 0);
  if (cdcvm === undefined) return no('iad_cdcvm', 3);
  const threatResponse = THREAT_RESPONSES[second];
  if (threatResponse === undefined) return no('iad_threat_response', 4);
  return accept({
    profile: 'tdes',
    dki: bytes[0]!,
    cryptogramType,
    cdcvm,
    threatResponse,
    policyVersion: bytes[4]! * 256 + bytes[5]!,
    keySetsLeft: bytes[6]!,
    tapsSinceBundle: bytes[7]!,
    idn: copyOf(bytes, 8, 10),
    umd: copyOf(bytes, 10, 18),
  });
}

function formatTdesCvr(iad: TdesIad): Uint8Array {
  const first =
    (iad.cryptogramType === 'ARQC' ? 0xa0 : 0x80) |
    (iad.cdcvm === 'none' ? 0 : 0x08) |
    (iad.cdcvm === 'biometric' ? 0x04 : 0);
  return concat(
    Uint8Array.of(first, THREAT_RESPONSES.indexOf(iad.threatResponse)),
    u16(iad.policyVersion),
    Uint8Array.of(iad.keySetsLeft, iad.tapsSinceBundle),
  );
}

// docs/profiles.md §3.4
function readOpen(bytes: Uint8Array): Result<OpenIad, IadRefusal> {
  const cvr = bytes.subarray(3, 8);
  const reserved = [0x0f, 0xf7, 0xfe, 0xff, 0xff];
  for (let i = 0; i < cvr.length; i++) {
    if ((cvr[i]! & reserved[i]!) !== 0) return no('iad_reserved_bits', 4 + i);
  }
  const cryptogramType = TYPE_BITS.get(cvr[0]! >> 4);
  if (cryptogramType === undefined) return no('iad_cryptogram_type', 4);
  const cdcvm = cdcvmOf((cvr[1]! & 0x08) !== 0, (cvr[2]! & 0x01) !== 0);
  if (cdcvm === undefined) return no('iad_cdcvm', 6);
  const threatResponse = THREAT_RESPONSES[bytes[10]!];
  if (threatResponse === undefined) return no('iad_threat_response', 11);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return accept({
    profile: 'open',
    dki: bytes[2]!,
    cryptogramType,
    cdcvm,
    threatResponse,
    policyVersion: view.getUint16(8),
    keySetsLeft: bytes[11]!,
    logSequence: view.getUint32(12),
    umd: copyOf(bytes, 17, 25),
    keySetId: copyOf(bytes, 25, 32),
  });
}

function formatOpenCvr(iad: OpenIad): Uint8Array {
  return Uint8Array.of(
    iad.cryptogramType === 'ARQC' ? 0xa0 : 0x80,
    iad.cdcvm === 'none' ? 0 : 0x08,
    iad.cdcvm === 'biometric' ? 0x01 : 0,
    0,
    0,
  );
}

// docs/profiles.md §3.5
function readLuk(bytes: Uint8Array): Result<LukIad, IadRefusal> {
  for (let i = 13; i < bytes.length; i++) if (bytes[i] !== 0) return no('iad_reserved_bits', i + 1);
  const digits = /^([0-9])([0-9]{4})([0-9]{3})$/.exec(toHex(bytes.subarray(9, 13)));
  if (!digits) return no('iad_key_index', 10);
  return accept({
    profile: 'luk',
    dki: bytes[2]!,
    cvr: copyOf(bytes, 3, 8),
    option: bytes[8]!,
    keyIndex: {
      yearInDecade: Number(digits[1]),
      hourOfYear: Number(digits[2]),
      renewal: Number(digits[3]),
    },
  });
}

function no(
  reason: IadRefusal['reason'],
  byte: number,
): { readonly ok: false; readonly refusal: IadRefusal } {
  return refuse({ reason, byte });
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new TypeError(`${bytes.length} bytes where ${length} belong`);
  return bytes;
}
