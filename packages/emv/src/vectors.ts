/**
 * Test vectors from a file, judged by this package. A case is recognised by the fields that it has, never by its `id`,
 * `scheme` or the section it stands in; a field that the shape does not know makes the case unknown, and an unknown case
 * fails in `scripts/vectors.ts` unless another runner (the secure element's primitives) knows it.
 *
 * Keys are compared but never printed: a mismatch shows their key check values.
 */
import { APPLICATION_CRYPTOGRAM_BYTES, CRYPTOGRAM_FIELDS } from './crypto/application-cryptogram.ts';
import { arpcMethod1, arpcMethod2 } from './crypto/arpc.ts';
import { BLOCK_BYTES, type BlockCipher, encryptCbc, encryptEcb } from './crypto/block-cipher.ts';
import { cvc3 } from './crypto/cvc3.ts';
import { cvv, dcvv } from './crypto/cvv.ts';
import { iccMasterKey, type MasterKeyOption } from './crypto/icc-master-key.ts';
import { keyCheckValue } from './crypto/key-check-value.ts';
import { cbcMac, cmac, type MacPadding, retailMac } from './crypto/mac.ts';
import { commonSessionKey, mastercardSessionKey, visaSecureMessagingKey } from './crypto/session-key.ts';
import {
  computeTwoCryptograms,
  deriveSessionKeys,
  PROFILE_VERSION,
  type TwoCryptogramProfile,
  verifyUnderSessionKeys,
} from './crypto/two-cryptograms.ts';
import { concat, fromAscii, parseHex, toHex } from './data/bytes.ts';
import { parseIad } from './data/iad.ts';
import { Pan } from './data/pan.ts';
import { TAG_9F10_ISSUER_APPLICATION_DATA, TAG_9F36_APPLICATION_TRANSACTION_COUNTER } from './data/tags.ts';
import { type Tag, tagHex } from './data/tlv.ts';

export type VectorCase = Readonly<Record<string, unknown>>;

export type VectorCheck = {
  /** The field of the case that was compared: `mk`, `kcv`, `ac`. */
  readonly what: string;
  readonly ok: boolean;
  /** Printable; for keys their check values. */
  readonly expected: string;
  readonly got: string;
};

export type VectorResult = {
  readonly shape: string;
  readonly checks: readonly VectorCheck[];
  /** Why the case could not be computed although its shape is known. */
  readonly malformed?: string;
};

/** A party that judges cases; `undefined` says that the case is not of its kind. */
export type VectorRunner = {
  readonly name: string;
  readonly run: (section: string, vector: VectorCase) => VectorResult | undefined;
};

export const emvRunner: VectorRunner = { name: 'emv', run: (_section, vector) => runVector(vector) };

/** Fields that say something to people only. */
export const REMARK_FIELDS: readonly string[] = ['id', 'source', 'scheme', 'note', 'comment', 'description'];

function runVector(vector: VectorCase): VectorResult | undefined {
  for (const shape of SHAPES) {
    const fields = fieldsFor(shape, vector);
    const outcome = typeof fields === 'string' ? fields : fields && shape.run(fields);
    if (outcome === undefined) continue;
    return typeof outcome === 'string'
      ? { shape: shape.name, checks: [], malformed: outcome }
      : { shape: shape.name, checks: outcome };
  }
  return undefined;
}

/** The case's fields, when it has this shape; as text, which of them is not what the shape takes. */
function fieldsFor(shape: Shape, vector: VectorCase): Fields | string | undefined {
  const present = Object.keys(vector).filter((name) => !REMARK_FIELDS.includes(name));
  const complete = shape.required.every((choice) => choice.split('|').some((name) => present.includes(name)));
  if (!complete || !present.every((name) => shape.fields.has(name))) return undefined;
  const fields = new Map<string, FieldValue>();
  for (const name of present) {
    const value = shape.fields.get(name)!(vector[name]);
    if (value === undefined) return `${name} is not what this shape takes`;
    fields.set(name, value);
  }
  return new Fields(fields);
}

/** One MAC to compute, as the cases of shapes `mac` and `applicationCryptogram` come down to it. */
export type MacTask = {
  readonly kind: 'cmac' | 'retail' | 'cbc-mac';
  readonly cipher: BlockCipher;
  /** Padding method; CMAC has its own. */
  readonly padding: MacPadding;
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  /** Leftmost bytes that count. */
  readonly length: number;
  readonly expected: Uint8Array;
};

/**
 * The MAC that a case asks for, so that another implementation can compute it too: the secure element's own primitives.
 * Undefined when the case asks for something else, or is malformed (which `emvRunner` reports).
 */
export function macTask(vector: VectorCase): MacTask | undefined {
  for (const shape of SHAPES) {
    const fields = fieldsFor(shape, vector);
    if (!(fields instanceof Fields)) continue;
    const task =
      shape.name === 'mac'
        ? plainMac(fields)
        : shape.name === 'applicationCryptogram'
          ? cryptogramMac(fields, [])
          : undefined;
    if (typeof task === 'object') return task;
  }
  return undefined;
}

function computeMac(task: MacTask): Uint8Array {
  const { kind, cipher, key, message, padding, length } = task;
  const mac =
    kind === 'cmac'
      ? cmac(cipher, key, message)
      : kind === 'retail'
        ? retailMac(key, message, padding)
        : cbcMac(cipher, key, message, padding);
  return mac.slice(0, length);
}

// How a field is read; undefined: not of that kind.
type FieldValue = Uint8Array | string | Pan | ReadonlyMap<string, Uint8Array>;
type FieldReader = (value: unknown) => FieldValue | undefined;

const hex: FieldReader = (value) => (typeof value === 'string' ? parseHex(value) : undefined);
const label: FieldReader = (value) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
const digits: FieldReader = (value) =>
  typeof value === 'string' && /^[0-9]+$/.test(value) ? value : undefined;
const pan: FieldReader = (value) => (typeof value === 'string' ? Pan.parse(value) : undefined);
const ascii: FieldReader = (value) =>
  typeof value === 'string' && /^[\x20-\x7e]*$/.test(value) ? fromAscii(value) : undefined;
const tagged: FieldReader = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const map = new Map<string, Uint8Array>();
  for (const [name, text] of Object.entries(value)) {
    const bytes = typeof text === 'string' ? parseHex(text) : undefined;
    if (bytes === undefined) return undefined;
    map.set(name, bytes);
  }
  return map;
};

class Fields {
  readonly #values: ReadonlyMap<string, FieldValue>;

  constructor(values: ReadonlyMap<string, FieldValue>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  bytes(...names: readonly string[]): Uint8Array | undefined {
    return this.#first(names, (value) => value instanceof Uint8Array) as Uint8Array | undefined;
  }

  text(...names: readonly string[]): string | undefined {
    return this.#first(names, (value) => typeof value === 'string') as string | undefined;
  }

  pan(...names: readonly string[]): Pan | undefined {
    return this.#first(names, (value) => value instanceof Pan) as Pan | undefined;
  }

  map(name: string): ReadonlyMap<string, Uint8Array> | undefined {
    return this.#first([name], (value) => value instanceof Map) as
      | ReadonlyMap<string, Uint8Array>
      | undefined;
  }

  #first(names: readonly string[], fits: (value: FieldValue) => boolean): FieldValue | undefined {
    return names.map((name) => this.#values.get(name)).find((value) => value !== undefined && fits(value));
  }
}

/** The checks; or, as text, why it could not be computed; or undefined: not of this kind after all. */
type Outcome = readonly VectorCheck[] | string | undefined;

type Shape = {
  readonly name: string;
  /** Each entry must be there; `a|b` is a choice. */
  readonly required: readonly string[];
  /** Every field that may be there, and how it is read. */
  readonly fields: ReadonlyMap<string, FieldReader>;
  readonly run: (fields: Fields) => Outcome;
};

const DERIVATION = { option: label, imk: hex, pan, psn: digits, algorithm: label } as const;

function shape(
  name: string,
  required: readonly string[],
  fields: Readonly<Record<string, FieldReader>>,
  run: Shape['run'],
): Shape {
  return { name, required, fields: new Map(Object.entries(fields)), run };
}

/** The first shape that fits judges the case: those with a telling result field before the bare derivations. */
const SHAPES: readonly Shape[] = [
  shape(
    'applicationCryptogram',
    ['ac', 'data|fields', 'sk|key|mk|imk'],
    {
      ...DERIVATION,
      ...{ key: hex, mk: hex, sk: hex, kcv: hex, method: label, r: hex, atc: hex, un: hex },
      ...{ data: hex, fields: tagged, padding: label, ac: hex },
    },
    runApplicationCryptogram,
  ),
  shape(
    'arpc',
    ['arpc', 'arqc', 'arc|csu', 'sk|key|mk'],
    {
      ...{ key: hex, mk: hex, sk: hex, method: label, algorithm: label, arqc: hex, arc: hex, csu: hex },
      ...{ proprietaryAuthenticationData: hex, arpc: hex },
    },
    runArpc,
  ),
  shape(
    'cvc3',
    [
      'atc',
      'un',
      'trackTemplate|trackTemplateAscii',
      'imk|mk|key',
      'ivCvc3|cvc3|cvc3Last3|cvc3Last4|cvc3Last5',
    ],
    {
      ...DERIVATION,
      ...{ key: hex, mk: hex, kcv: hex, track: label, trackTemplate: hex, trackTemplateAscii: ascii },
      ...{
        atc: hex,
        un: hex,
        ivCvc3: hex,
        cvc3: digits,
        cvc3Last3: digits,
        cvc3Last4: digits,
        cvc3Last5: digits,
      },
    },
    runCvc3,
  ),
  shape(
    'dcvv',
    ['pan', 'serviceCode', 'expiry|expiryDate|expirationDate', 'imk|mk|key', 'dcvv|cvv'],
    {
      ...DERIVATION,
      ...{ key: hex, mk: hex, kcv: hex, atc: hex, serviceCode: digits, dcvv: digits, cvv: digits },
      ...{ expiry: digits, expiryDate: digits, expirationDate: digits },
    },
    runDcvv,
  ),
  shape(
    'twoCryptograms',
    ['profile', 'imkMd', 'imkUmd', 'token', 'fields', 'ac|umd|verdict'],
    {
      ...{ profile: label, imkMd: hex, imkUmd: hex, token: pan, psn: digits, fields: tagged },
      ...{ mkMd: hex, mkUmd: hex, skMd: hex, skUmd: hex, umd: hex, ac: hex, verdict: label },
    },
    runTwoCryptograms,
  ),
  shape(
    'mac',
    ['mac', 'key', 'data|ascii'],
    { key: hex, data: hex, ascii, algorithm: label, padding: label, mac: hex },
    runMac,
  ),
  shape(
    'sessionKey',
    ['mk', 'r|atc', 'sk|kcv'],
    { mk: hex, r: hex, atc: hex, un: hex, method: label, algorithm: label, sk: hex, kcv: hex },
    runSessionKey,
  ),
  shape('iccMasterKey', ['imk', 'pan', 'mk|kcv'], { ...DERIVATION, mk: hex, kcv: hex }, runIccMasterKey),
  shape(
    'blockCipher',
    ['key', 'plaintext', 'ciphertext', 'algorithm'],
    { key: hex, plaintext: hex, ascii, ciphertext: hex, iv: hex, algorithm: label },
    runBlockCipher,
  ),
  shape(
    'keyCheckValue',
    ['key', 'kcv'],
    { key: hex, kcv: hex, algorithm: label, method: label },
    runKeyCheckValue,
  ),
];

/** `AES-192` in any spelling, or DES; else what the key's length leaves open: 32 bytes are AES, others 3DES. */
function cipherOf(names: readonly (string | undefined)[], key: Uint8Array): BlockCipher {
  const text = names.join(' ');
  if (/AES/i.test(text)) return 'AES';
  if (/DES/i.test(text)) return '3DES';
  return key.length === 32 ? 'AES' : '3DES';
}

function runIccMasterKey(fields: Fields): Outcome {
  const derived = masterKey(fields);
  if (typeof derived === 'string') return derived;
  return [...keyCheck('mk', fields, derived), ...kcvCheck(fields, derived)];
}

type CipherKey = { readonly cipher: BlockCipher; readonly key: Uint8Array };

function masterKey(fields: Fields): CipherKey | string {
  const imk = fields.bytes('imk')!;
  const number = fields.pan('pan');
  if (number === undefined) return 'pan is missing';
  const aes = cipherOf([fields.text('algorithm'), fields.text('method')], imk) === 'AES';
  const option = fields.text('option') ?? (aes ? 'C' : 'A');
  if (!/^[ABC]$/.test(option)) return `option ${option} is not A, B or C`;
  const cipher: BlockCipher = option === 'C' ? 'AES' : '3DES';
  if (!keyFits(cipher, imk) || (cipher === '3DES' && imk.length !== 16)) return 'imk has no key length';
  const psn = fields.text('psn');
  if (psn !== undefined && psn.length !== 2) return 'psn is not two digits';
  // A derived AES key may be longer than its master: said in the algorithm, or by the expected key.
  const bits = Number(/AES-?(128|192|256)/i.exec(fields.text('algorithm') ?? '')?.[1] ?? 0);
  const expected = fields.bytes('mk')?.length ?? imk.length;
  const keyBits = (bits || (keyFits('AES', new Uint8Array(expected)) ? expected * 8 : imk.length * 8)) as 128;
  const key = iccMasterKey({
    option: option as MasterKeyOption,
    imk,
    pan: number,
    ...(psn === undefined ? {} : { psn }),
    keyBits,
  });
  return { cipher, key };
}

function keyFits(cipher: BlockCipher, key: Uint8Array): boolean {
  return (cipher === 'AES' ? [16, 24, 32] : [8, 16, 24]).includes(key.length);
}

function runSessionKey(fields: Fields): Outcome {
  const mk = fields.bytes('mk')!;
  const cipher = cipherOf([fields.text('method'), fields.text('algorithm')], mk);
  const derived = sessionKey(fields, { cipher, key: mk }, fields.bytes('atc'), fields.bytes('un'));
  if (typeof derived === 'string') return derived;
  return [...keyCheck('sk', fields, derived), ...kcvCheck(fields, derived)];
}

/** The method by its name; without one, R decides, then ATC with or without an unpredictable number. */
function sessionKey(
  fields: Fields,
  mk: CipherKey,
  atc: Uint8Array | undefined,
  un: Uint8Array | undefined,
): CipherKey | string {
  const { cipher, key } = mk;
  const method = fields.text('method') ?? '';
  if (!keyFits(cipher, key) || (cipher === '3DES' && key.length !== 16)) return 'mk has no key length';
  if (/visa/i.test(method)) {
    return atc?.length === 2 ? { cipher, key: visaSecureMessagingKey(key, atc) } : 'atc is not two bytes';
  }
  const named = /mastercard|m\/?chip|SKD/i.test(method);
  const common = /CSK|common/i.test(method);
  if (method !== '' && !named && !common) return `method ${method} is not known`;
  const r = fields.bytes('r');
  if (r !== undefined) {
    if (r.length === 0 || r.length > (cipher === 'AES' ? 16 : 8)) return 'r is longer than a block';
    return { cipher, key: commonSessionKey(cipher, key, r) };
  }
  if (atc?.length !== 2) return 'atc is not two bytes';
  if (named || (!common && fields.has('un'))) {
    if (cipher !== '3DES' || un?.length !== 4) return 'un is not four bytes';
    return { cipher, key: mastercardSessionKey(key, atc, un) };
  }
  return { cipher, key: commonSessionKey(cipher, key, atc) };
}

/** The names behind the standard's order of values; 9F10 is the IAD by its tag. */
const BEHIND: readonly string[] = ['CVR', 'IAD', '9F10', 'counters'];

function joinedFields(map: ReadonlyMap<string, Uint8Array>): Uint8Array | string {
  const order = [...CRYPTOGRAM_FIELDS.map(tagHex), ...BEHIND];
  const names = new Map([...map.keys()].map((name) => [name.toLowerCase(), name]));
  const unknown = [...names.keys()].find((name) => !order.some((known) => known.toLowerCase() === name));
  if (unknown !== undefined) return `field ${unknown} has no place in the cryptogram input`;
  return concat(
    ...order.flatMap((known) => {
      const name = names.get(known.toLowerCase());
      return name === undefined ? [] : [map.get(name)!];
    }),
  );
}

function runApplicationCryptogram(fields: Fields): Outcome {
  const checks: VectorCheck[] = [];
  const task = cryptogramMac(fields, checks);
  if (task === undefined || typeof task === 'string') return task;
  return [...checks, compared('ac', task.expected, computeMac(task))];
}

/** The keys that are derived on the way are compared into `checks`. */
function cryptogramMac(fields: Fields, checks: VectorCheck[]): MacTask | string | undefined {
  const map = fields.map('fields');
  const input = map === undefined ? fields.bytes('data')! : joinedFields(map);
  if (typeof input === 'string') return input;
  const names = [fields.text('algorithm'), fields.text('method')];

  // From as far up the chain as the case goes: issuer master key, ICC master key, session key.
  const mk = masterKeyOf(fields, names, checks);
  if (typeof mk === 'string') return mk;
  let sk: CipherKey;
  if (mk !== undefined) {
    const atc = fields.bytes('atc') ?? map?.get('9F36');
    const un = fields.bytes('un') ?? map?.get('9F37');
    const derived = /none/i.test(fields.text('method') ?? '') ? mk : sessionKey(fields, mk, atc, un);
    if (typeof derived === 'string') return derived;
    sk = derived;
    checks.push(...keyCheck('sk', fields, sk));
  } else {
    const key = fields.bytes('sk', 'key')!;
    sk = { cipher: cipherOf(names, key), key };
  }
  checks.push(...kcvCheck(fields, sk));

  // EMV 4.4 Book 2 A1.2: AES means CMAC; Triple DES means algorithm 3, with padding method 2 unless the version says else.
  const algorithm = fields.text('algorithm') ?? '';
  const padding = paddingOf(fields) ?? (fields.has('padding') ? undefined : 'method-2');
  const name = sk.cipher === 'AES' ? 'AES-CMAC' : /CMAC/i.test(algorithm) ? algorithm : 'retail';
  return macOf(name, padding, sk.key, input, fields.bytes('ac')!, APPLICATION_CRYPTOGRAM_BYTES);
}

/** The ICC master key, derived when the case begins at the issuer's; undefined when it begins at the session key. */
function masterKeyOf(
  fields: Fields,
  names: readonly (string | undefined)[],
  checks: VectorCheck[],
): CipherKey | string | undefined {
  if (!fields.has('imk')) {
    const key = fields.bytes('mk');
    return key && { cipher: cipherOf(names, key), key };
  }
  const derived = masterKey(fields);
  if (typeof derived !== 'string') checks.push(...keyCheck('mk', fields, derived));
  return derived;
}

function runArpc(fields: Fields): Outcome {
  const key = fields.bytes('key', 'sk', 'mk')!;
  const cipher = cipherOf([fields.text('algorithm')], key);
  if (!keyFits(cipher, key) || (cipher === '3DES' && key.length !== 16)) return 'key has no key length';
  const arqc = fields.bytes('arqc')!;
  const method = fields.text('method') ?? (fields.has('csu') ? '2' : '1');
  const expected = fields.bytes('arpc')!;
  if (arqc.length !== 8) return 'arqc is not eight bytes';
  if (method === '1') {
    const arc = fields.bytes('arc');
    if (arc?.length !== 2) return 'arc is not two bytes';
    return [compared('arpc', expected, arpcMethod1(cipher, key, arqc, arc))];
  }
  if (method === '2') {
    const csu = fields.bytes('csu');
    const proprietary = fields.bytes('proprietaryAuthenticationData') ?? new Uint8Array(0);
    if (csu?.length !== 4 || proprietary.length > 8) return 'csu is not four bytes, or the rest is too long';
    return [compared('arpc', expected, arpcMethod2(cipher, key, arqc, csu, proprietary))];
  }
  return `method ${method} is not 1 or 2`;
}

/** The card's key: derived when the case begins at the issuer master key, else as given. */
function cardKey(fields: Fields, checks: VectorCheck[]): Uint8Array | string {
  if (!fields.has('imk')) {
    const key = fields.bytes('key', 'mk')!;
    return key.length === 16 ? key : 'key is not 16 bytes';
  }
  const derived = masterKey(fields);
  if (typeof derived === 'string') return derived;
  checks.push(...keyCheck('mk', fields, derived), ...kcvCheck(fields, derived));
  return derived.key;
}

function runCvc3(fields: Fields): Outcome {
  const checks: VectorCheck[] = [];
  const key = cardKey(fields, checks);
  if (typeof key === 'string') return key;
  const [atc, unpredictableNumber] = [fields.bytes('atc')!, fields.bytes('un')!];
  if (atc.length !== 2 || unpredictableNumber.length !== 4) return 'atc is not two bytes, or un not four';
  const trackTemplate = fields.bytes('trackTemplate', 'trackTemplateAscii')!;
  const computed = cvc3({ key, trackTemplate, atc, unpredictableNumber });
  const iv = fields.bytes('ivCvc3');
  if (iv !== undefined) checks.push(compared('ivCvc3', iv, computed.ivCvc3));
  for (const name of ['cvc3', 'cvc3Last3', 'cvc3Last4', 'cvc3Last5']) {
    const expected = fields.text(name);
    if (expected === undefined) continue;
    const wanted = /[345]$/.exec(name.slice(4))?.[0];
    if (wanted !== undefined && expected.length !== Number(wanted))
      return `${name} has ${expected.length} digits`;
    if (expected.length > 5) return `${name} has more than five digits`;
    checks.push(comparedText(name, expected, computed.digits.slice(-expected.length)));
  }
  return checks;
}

function runDcvv(fields: Fields): Outcome {
  const checks: VectorCheck[] = [];
  const key = cardKey(fields, checks);
  if (typeof key === 'string') return key;
  const expiry = fields.text('expiry', 'expiryDate', 'expirationDate')!;
  const serviceCode = fields.text('serviceCode')!;
  if (expiry.length !== 4 || serviceCode.length !== 3)
    return 'expiry is not YYMM, or the service code not 3 digits';
  const input = { key, pan: fields.pan('pan')!, expiry, serviceCode };
  const name = fields.has('dcvv') ? 'dcvv' : 'cvv';
  const expected = fields.text(name)!;
  if (expected.length > 5) return `${name} has more than five digits`;
  if (name === 'cvv') return [...checks, comparedText(name, expected, cvv(input, expected.length))];
  const atc = fields.bytes('atc');
  if (atc?.length !== 2) return 'atc is not two bytes';
  const got = dcvv({ ...input, atc: atc[0]! * 256 + atc[1]! }, expected.length);
  return [...checks, comparedText(name, expected, got)];
}

function runMac(fields: Fields): Outcome {
  const task = plainMac(fields);
  if (task === undefined || typeof task === 'string') return task;
  return [compared('mac', task.expected, computeMac(task))];
}

function plainMac(fields: Fields): MacTask | string | undefined {
  const algorithm = fields.text('algorithm') ?? (fields.has('padding') ? 'retail' : undefined);
  if (algorithm === undefined) return 'algorithm is missing';
  const message = fields.bytes('data', 'ascii')!;
  const part = /(?:first|leftmost)\s+(\d+)\s*(bits?)?/i.exec(algorithm);
  const length = part === null ? undefined : Number(part[1]) / (part[2] === undefined ? 1 : 8);
  return macOf(algorithm, paddingOf(fields), fields.bytes('key')!, message, fields.bytes('mac')!, length);
}

/** Undefined when the algorithm is none of ours (HMAC, GMAC); as text, what does not fit. */
function macOf(
  algorithm: string,
  padding: MacPadding | undefined,
  key: Uint8Array,
  message: Uint8Array,
  expected: Uint8Array,
  truncated: number | undefined,
): MacTask | string | undefined {
  const kind = MAC_KINDS.find(([pattern]) => pattern.test(algorithm))?.[1];
  if (kind === undefined || kind === 'foreign') return undefined;
  const des = kind === 'cmac' ? /DES/i.test(algorithm) : !/AES/i.test(algorithm);
  const cipher: BlockCipher = des ? '3DES' : 'AES';
  const length = truncated ?? BLOCK_BYTES[cipher];
  if (!keyFits(cipher, key) || (kind === 'retail' && key.length !== 16)) return 'key has no key length';
  if (kind === 'cmac') return { kind, cipher, padding: 'none', key, message, length, expected };
  if (padding === undefined) return 'padding is missing, or not known';
  if (padding === 'none' && (message.length === 0 || message.length % BLOCK_BYTES[cipher] !== 0)) {
    return 'no whole blocks';
  }
  return { kind, cipher, padding, key, message, length, expected };
}

/** The first that fits. */
const MAC_KINDS: readonly (readonly [RegExp, MacTask['kind'] | 'foreign'])[] = [
  [/HMAC|GMAC|KMAC|poly/i, 'foreign'],
  [/CMAC|alg(?:orithm)?\.?\s*5/i, 'cmac'],
  [/retail|X9\.19|alg(?:orithm)?\.?\s*3/i, 'retail'],
  [/CBC-?MAC|X9\.9|DAA|alg(?:orithm)?\.?\s*1/i, 'cbc-mac'],
];

const PADDINGS: readonly (readonly [RegExp, MacPadding])[] = [
  [/\bP00\b|^00$|^1$|method[ -]?1/i, 'method-1'],
  [/\bP80\b|^80$|^2$|method[ -]?2/i, 'method-2'],
  [/\bPLEN\b|^3$|method[ -]?3/i, 'method-3'],
  [/no padding|padding none|^none$/i, 'none'],
];

function paddingOf(fields: Fields): MacPadding | undefined {
  const text = fields.text('padding') ?? fields.text('algorithm') ?? '';
  return PADDINGS.find(([pattern]) => pattern.test(text))?.[1];
}

function runBlockCipher(fields: Fields): Outcome {
  const algorithm = fields.text('algorithm')!;
  const mode = /(ECB|CBC)/i.exec(algorithm)?.[1]?.toUpperCase();
  if (mode === undefined || !/AES|DES/i.test(algorithm)) return undefined;
  const [key, plaintext, iv] = [fields.bytes('key')!, fields.bytes('plaintext')!, fields.bytes('iv')];
  const cipher = cipherOf([algorithm], key);
  const block = cipher === 'AES' ? 16 : 8;
  if (!keyFits(cipher, key) || plaintext.length % block !== 0) return 'key or plaintext has a wrong length';
  if ((mode === 'CBC') !== (iv?.length === block)) return 'iv does not fit the mode';
  const got = mode === 'ECB' ? encryptEcb(cipher, key, plaintext) : encryptCbc(cipher, key, iv)(plaintext);
  return [compared('ciphertext', fields.bytes('ciphertext')!, got)];
}

function runKeyCheckValue(fields: Fields): Outcome {
  const key = fields.bytes('key')!;
  const names = [fields.text('algorithm'), fields.text('method')];
  const cipher = cipherOf(names, key);
  if (!keyFits(cipher, key)) return 'key has no key length';
  const expected = fields.bytes('kcv')!;
  const method = names.some((name) => /CMAC/i.test(name ?? '')) ? 'cmac' : 'zeros';
  return [compared('kcv', expected, keyCheckValue(cipher, key, expected.length, method))];
}

/** Our profiles, from the issuer master keys to the verdict: what the card side must meet too. */
function runTwoCryptograms(fields: Fields): Outcome {
  const profile = fields.text('profile') as TwoCryptogramProfile;
  const version = PROFILE_VERSION[profile];
  if (version === undefined) return undefined;
  const map = fields.map('fields')!;
  const sent = (tag: Tag): Uint8Array | undefined => map.get(tagHex(tag));
  const [iad, atc] = [sent(TAG_9F10_ISSUER_APPLICATION_DATA), sent(TAG_9F36_APPLICATION_TRANSACTION_COUNTER)];
  if (iad === undefined || atc?.length !== 2) return '9F10 is missing, or 9F36 not two bytes';
  const [token, psn] = [fields.pan('token')!, fields.text('psn') ?? '00'];
  const [imkMd, imkUmd] = [fields.bytes('imkMd')!, fields.bytes('imkUmd')!];
  if (imkMd.length !== 16 || imkUmd.length !== 16 || psn.length !== 2)
    return 'a key or the PSN has a wrong length';

  const { cipher, masterKey: option } = version;
  const mk = (imk: Uint8Array): CipherKey => ({
    cipher,
    key: iccMasterKey({ option, imk, pan: token, psn }),
  });
  const keys = deriveSessionKeys({ profile, imkMd, imkUmd, token, psn, atc });
  const checks = [
    ...keyCheck('mkMd', fields, mk(imkMd)),
    ...keyCheck('mkUmd', fields, mk(imkUmd)),
    ...keyCheck('skMd', fields, { cipher, key: keys.md }),
    ...keyCheck('skUmd', fields, { cipher, key: keys.umd }),
  ];
  const read = parseIad(profile, iad);
  if (!read.ok) return `9F10: ${read.refusal.reason}`;
  const withUmd = read.value.cdcvm !== 'none' && read.value.cryptogramType === 'ARQC';
  const computed = computeTwoCryptograms(profile, keys, sent, withUmd);
  if (!computed.ok) return `not computed: ${computed.refusal}`;
  const [umd, ac, verdict] = [fields.bytes('umd'), fields.bytes('ac'), fields.text('verdict')];
  if (umd !== undefined) checks.push(compared('umd', umd, computed.value.umd));
  if (ac !== undefined) checks.push(compared('ac', ac, computed.value.cryptogram));
  if (verdict !== undefined) {
    checks.push(comparedText('verdict', verdict, verifyUnderSessionKeys(profile, keys, sent)));
  }
  return checks;
}

function compared(what: string, expected: Uint8Array, got: Uint8Array): VectorCheck {
  return comparedText(what, toHex(expected), toHex(got));
}

function comparedText(what: string, expected: string, got: string): VectorCheck {
  return { what, ok: expected === got, expected, got };
}

/** A derived key against the expected one, if the case has it. */
function keyCheck(what: string, fields: Fields, derived: CipherKey): readonly VectorCheck[] {
  const expected = fields.bytes(what);
  if (expected === undefined) return [];
  const shown = (key: Uint8Array): string =>
    keyFits(derived.cipher, key)
      ? `key with check value ${toHex(keyCheckValue(derived.cipher, key))}`
      : `key of ${key.length} bytes`;
  const ok = toHex(expected) === toHex(derived.key);
  return [{ what, ok, expected: shown(expected), got: shown(derived.key) }];
}

function kcvCheck(fields: Fields, derived: CipherKey): readonly VectorCheck[] {
  const expected = fields.bytes('kcv');
  if (expected === undefined) return [];
  return [compared('kcv', expected, keyCheckValue(derived.cipher, derived.key, expected.length))];
}
