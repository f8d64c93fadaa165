/**
 * A phone's card in software, for tests: docs/profiles.md §2 to §4 on top of `packages/emv`. It shares no code with the
 * secure element, and knows the issuer master keys, which no phone does.
 */
import {
  asSource,
  computeTwoCryptograms,
  concat,
  decodeCommand,
  deriveSessionKeys,
  encodeResponse,
  encodeTlv,
  formatIad,
  formatTrack2,
  fromAscii,
  fromHex,
  INS_GENERATE_AC,
  INS_GET_PROCESSING_OPTIONS,
  INS_READ_RECORD,
  INS_SELECT,
  luhnCheckDigit,
  Pan,
  PPSE_NAME,
  PROFILE_AFL,
  PROFILE_AIP,
  PROFILE_CDOL1,
  PROFILE_PDOL,
  PROFILES,
  packCn,
  packN,
  parseDol,
  parseTlv,
  splitByDol,
  type Tag,
  type TlvSource,
  tlv,
  toHex,
  unpackN,
} from '@tapseal/emv';

/** Made-up keys, the published ones of vectors/test-keys.json. */
export const TEST_KEYS = {
  open: { imkMd: '56EBCB98B83B789A624BBD7D3C355C77', imkUmd: 'B52561977ED0AC8E6F530AD963321C6C' },
  tdes: { imkMd: 'EFCB1A15D9DCF1AB5D9179BF019BBA20', imkUmd: 'E3B5FD029E262ABCA2BA67BF16E5985E' },
} as const;

/** A token of the range 970299 with its check digit. */
export const TOKEN = `970299001234567${luhnCheckDigit('970299001234567')}`;

export interface SoftwareCardOptions {
  readonly profile: 'open' | 'tdes';
  readonly token?: string;
  readonly psn?: string;
  /** YYMMDD */
  readonly expiry?: string;
  readonly atc?: number;
  /** Above it the phone wants the customer's verification first. */
  readonly lowValueLimitMinor?: bigint;
  /** Data objects of the records to replace or, with undefined, to leave out. */
  readonly records?: ReadonlyMap<Tag, Uint8Array | undefined>;
  readonly aip?: Uint8Array;
  /** Answer with AAC whatever was asked. */
  readonly decline?: boolean;
}

export class SoftwareCard {
  locked = false;
  armed = true;
  /** What the customer entered before the tap. */
  pin: 'none' | 'right' | 'wrong' = 'none';
  atc: number;
  readonly token: Pan;
  readonly #options: Required<SoftwareCardOptions>;
  #state: 'idle' | 'selected' | 'reserved' | 'spent' = 'idle';

  constructor(options: SoftwareCardOptions) {
    this.#options = {
      token: TOKEN,
      psn: '01',
      expiry: '301231',
      atc: 1,
      lowValueLimitMinor: 10_000n,
      records: new Map(),
      aip: PROFILE_AIP,
      decline: false,
      ...options,
    };
    this.token = Pan.parse(this.#options.token)!;
    this.atc = this.#options.atc;
  }

  readonly transceive = (command: Uint8Array): Promise<Uint8Array> => Promise.resolve(this.apdu(command));

  apdu(bytes: Uint8Array): Uint8Array {
    const command = decodeCommand(bytes);
    if (!command.ok) return status(0x6700);
    const { ins, p1, p2, data = new Uint8Array(0) } = command.value;
    switch (ins) {
      case INS_SELECT:
        return this.#select(data);
      case INS_GET_PROCESSING_OPTIONS:
        return this.#processingOptions(data);
      case INS_READ_RECORD:
        return this.#record(p2 >> 3, p1);
      case INS_GENERATE_AC:
        return this.#generateAc(p1, data);
      default:
        return status(0x6d00);
    }
  }

  #select(name: Uint8Array): Uint8Array {
    const { aid, label } = PROFILES[this.#options.profile];
    this.#state = 'idle';
    const entry = [tlv(0x4f, aid), tlv(0x50, fromAscii(label)), tlv(0x87, Uint8Array.of(0x01))];
    if (toHex(name) === toHex(PPSE_NAME)) {
      return done(tlv(0x6f, [tlv(0x84, PPSE_NAME), tlv(0xa5, [tlv(0xbf0c, [tlv(0x61, entry)])])]));
    }
    if (toHex(name) !== toHex(aid)) return status(0x6a82);
    this.#state = 'selected';
    const proprietary = [
      tlv(0x50, fromAscii(label)),
      tlv(0x87, Uint8Array.of(0x01)),
      tlv(0x5f2d, fromAscii('en')),
      tlv(0x9f38, PROFILE_PDOL),
    ];
    return done(tlv(0x6f, [tlv(0x84, aid), tlv(0xa5, proprietary)]));
  }

  #processingOptions(data: Uint8Array): Uint8Array {
    if (this.#state !== 'selected') return status(0x6985);
    const values = dolValues(PROFILE_PDOL, commandTemplate(data));
    if (values === undefined) return status(0x6a80);
    if (this.locked) return status(0x6982);
    const amount = BigInt(unpackN(values.get(0x9f02)!) ?? '0');
    if (amount > this.#options.lowValueLimitMinor && this.pin === 'none') return status(0x6986);
    if (!this.armed) return status(0x6985);
    this.#state = 'reserved';
    return done(tlv(0x77, [tlv(0x82, this.#options.aip), tlv(0x94, PROFILE_AFL)]));
  }

  #record(sfi: number, record: number): Uint8Array {
    if (this.#state !== 'reserved') return status(0x6985);
    const objects = sfi === 1 ? this.#records()[record - 1] : undefined;
    if (objects === undefined) return status(0x6a83);
    const changed = objects
      .map((object) => {
        if (!this.#options.records.has(object.tag)) return object;
        const value = this.#options.records.get(object.tag);
        return value === undefined ? undefined : tlv(object.tag, value);
      })
      .filter((object) => object !== undefined);
    const known = this.#records().flat();
    // Data objects that no record has are added to the last one.
    const added = [...this.#options.records]
      .filter(([tag]) => record === 2 && !known.some((object) => object.tag === tag))
      .map(([tag, value]) => tlv(tag, value!));
    return done(tlv(0x70, [...changed, ...added]));
  }

  #records(): TlvSource[][] {
    const { psn, expiry } = this.#options;
    return [
      [
        tlv(
          0x57,
          formatTrack2({
            pan: this.token,
            expiry: expiry.slice(0, 4),
            serviceCode: '201',
            discretionary: '0000000000000',
          }),
        ),
        tlv(0x5a, packCn(this.token.reveal(), 8)),
        tlv(0x5f24, packN(expiry, 3)),
        tlv(0x5f34, packN(psn, 1)),
        tlv(0x5f28, fromHex('0702')),
        tlv(0x9f42, fromHex('0702')),
        tlv(0x9f07, fromHex('FF00')),
      ],
      [
        tlv(0x8c, PROFILE_CDOL1),
        tlv(0x8e, fromHex('00000000000000001F00')),
        tlv(0x9f0d, fromHex('0000000000')),
        tlv(0x9f0e, fromHex('0000000000')),
        tlv(0x9f0f, fromHex('FFFFFFFFFF')),
        tlv(0x9f08, fromHex('0002')),
        tlv(0x9f24, fromAscii('TAPSEALPAR00000000000000000A1')),
        tlv(0x9f19, packN('12345678901', 6)),
      ],
    ];
  }

  #generateAc(p1: number, data: Uint8Array): Uint8Array {
    if (this.#state !== 'reserved') return status(0x6985);
    if ((p1 & 0x10) !== 0) return status(0x6a86);
    const values = dolValues(PROFILE_CDOL1, data);
    if (values === undefined) return status(0x6a80);
    this.#state = 'spent';
    const { profile, psn, decline } = this.#options;
    const cryptogramType = decline || (p1 & 0xc0) === 0x00 ? 'AAC' : 'ARQC';
    const cdcvm = this.pin === 'none' ? 'none' : 'pin';
    const common = {
      dki: 1,
      cryptogramType,
      cdcvm,
      threatResponse: 'observe',
      policyVersion: 1,
      keySetsLeft: 9,
      umd: new Uint8Array(8),
    } as const;
    const iad = formatIad(
      profile === 'open'
        ? { ...common, profile, logSequence: this.atc, keySetId: fromHex('00112233445566') }
        : { ...common, profile, idn: fromHex('A1B2'), tapsSinceBundle: 0 },
    );
    const atc = Uint8Array.of(this.atc >> 8, this.atc & 0xff);
    this.atc += 1;
    this.armed = false;
    const keys = deriveSessionKeys({
      profile,
      imkMd: fromHex(TEST_KEYS[profile].imkMd),
      imkUmd: fromHex(TEST_KEYS[profile].imkUmd),
      token: this.token,
      psn,
      atc,
    });
    // A wrong PIN unmasks to a plausible key of its own.
    if (this.pin === 'wrong') keys.umd.fill(0x5d);
    const own = new Map<Tag, Uint8Array>([
      [0x82, this.#options.aip],
      [0x9f36, atc],
      [0x9f10, iad],
    ]);
    const withUmd = cdcvm === 'pin' && cryptogramType === 'ARQC';
    const made = computeTwoCryptograms(profile, keys, (tag) => own.get(tag) ?? values.get(tag), withUmd);
    if (!made.ok) return status(0x6f00);
    iad.set(made.value.umd, profile === 'open' ? 17 : 10);
    this.pin = 'none';
    return done(
      tlv(0x77, [
        tlv(0x9f27, Uint8Array.of(cryptogramType === 'ARQC' ? 0x80 : 0x00)),
        tlv(0x9f36, atc),
        tlv(0x9f26, made.value.cryptogram),
        tlv(0x9f10, iad),
      ]),
    );
  }
}

function commandTemplate(data: Uint8Array): Uint8Array {
  const parsed = parseTlv(data);
  const template = parsed.ok && parsed.value.length === 1 ? parsed.value[0]! : undefined;
  return template?.tag === 0x83 ? template.value : new Uint8Array(0);
}

function dolValues(dol: Uint8Array, data: Uint8Array): ReadonlyMap<Tag, Uint8Array> | undefined {
  const entries = parseDol(dol);
  if (!entries.ok) throw new Error('a DOL of ours does not parse');
  const values = splitByDol(entries.value, data);
  return values.ok ? values.value : undefined;
}

function done(object: TlvSource): Uint8Array {
  return encodeResponse({ data: encodeTlv(object), sw: 0x9000 });
}

export function status(sw: number): Uint8Array {
  return encodeResponse({ data: new Uint8Array(0), sw });
}

/** An answer with one data object, found by its path of tags, replaced, or left out with undefined. */
export function withObject(
  answer: Uint8Array,
  path: readonly Tag[],
  value: Uint8Array | undefined,
): Uint8Array {
  const parsed = parseTlv(answer.subarray(0, -2));
  if (!parsed.ok) throw new Error('not an answer of ours');
  const edit = (list: readonly TlvSource[], [tag, ...rest]: readonly Tag[]): TlvSource[] =>
    list.flatMap((object) => {
      if (object.tag !== tag) return [object];
      if (rest.length > 0) return [tlv(object.tag, edit(object.value as readonly TlvSource[], rest))];
      return value === undefined ? [] : [tlv(tag, value)];
    });
  return concat(encodeTlv(...edit(parsed.value.map(asSource), path)), answer.subarray(-2));
}
