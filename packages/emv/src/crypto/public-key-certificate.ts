/**
 * Public key certificates of issuer and card: EMV 4.4 Book 2 §5.1, §5.3 (issuer) and §6.1, §6.4 (card). Both have one
 * structure and differ in format byte, length of the identifier, and in what else the hash covers:
 *
 * format 1 · identifier (issuer: first PAN digits, 4 bytes; card: PAN, 10 bytes; both cn) · expiry MMYY 2 · serial 3 ·
 * hash algorithm 1 · key algorithm 1 · key length 1 · exponent length 1 · leftmost bytes of the modulus, filled with BB.
 */
import type { KeyObject } from 'node:crypto';
import { concat, copyOf, equalPublic, toHex } from '../data/bytes.ts';
import { packCn, unpackCn } from '../data/digits.ts';
import { PAN_CN_BYTES, Pan } from '../data/pan.ts';
import { accept, type Result, refuse } from '../data/result.ts';
import {
  exponentAllowed,
  hashMatches,
  messageBytes,
  RSA_MODULUS_BYTES_MAX,
  type RsaPublicKey,
  recoverBlock,
  type SignatureRefusal,
  sha1,
  signBlock,
} from './rsa.ts';

const KINDS = {
  issuer: { format: 0x02, identifierBytes: 4 },
  icc: { format: 0x04, identifierBytes: PAN_CN_BYTES },
} as const;
type Kind = keyof typeof KINDS;

const HASH_ALGORITHM_SHA1 = 0x01;
const KEY_ALGORITHM_RSA = 0x01;
/** Message bytes that are neither identifier nor modulus. */
const FIXED_BYTES = 10;
const FILL = 0xbb;

/** What a card carries: 90, 92, 9F32 for the issuer's key, 9F46, 9F48, 9F47 for its own. */
export type Certificate = {
  readonly certificate: Uint8Array;
  /** The rightmost bytes of the modulus that did not fit; empty when all did. */
  readonly remainder: Uint8Array;
  readonly exponent: Uint8Array;
};

export type CertificateContent = {
  /** Two digits month, two digits year; the key is good to the end of that month. */
  readonly expiryMmyy: string;
  /** 3 bytes, unique for the signer. */
  readonly serial: Uint8Array;
  readonly publicKey: RsaPublicKey;
};

/** In the order of the steps of §5.3 and §6.4. */
export type CertificateRefusal =
  | SignatureRefusal
  | 'certificate_format'
  | 'certificate_hash_algorithm'
  | 'certificate_hash'
  | 'certificate_identifier' // not the PAN's, or not the card's
  | 'certificate_expired'
  | 'certificate_revoked'
  | 'certificate_key_algorithm'
  | 'certificate_key_length' // modulus and remainder do not make the key that is announced
  | 'certificate_exponent';

/** §5.1: the certification authority signs the issuer's key. `identifier` is 3 to 8 leftmost digits of its PANs. */
export function issueIssuerCertificate(
  caKey: KeyObject,
  caPublicKey: RsaPublicKey,
  identifier: string,
  content: CertificateContent,
): Certificate {
  if (!/^[0-9]{3,8}$/.test(identifier)) throw new TypeError('an issuer identifier has 3 to 8 digits');
  return issue('issuer', caKey, caPublicKey, packCn(identifier, 4), content, new Uint8Array(0));
}

/** §6.1: the issuer signs the card's key together with the card's static data. */
export function issueIccCertificate(
  issuerKey: KeyObject,
  issuerPublicKey: RsaPublicKey,
  pan: Pan,
  staticData: Uint8Array,
  content: CertificateContent,
): Certificate {
  return issue('icc', issuerKey, issuerPublicKey, pan.toCn(), content, staticData);
}

function issue(
  kind: Kind,
  signer: KeyObject,
  signerPublicKey: RsaPublicKey,
  identifier: Uint8Array,
  content: CertificateContent,
  staticData: Uint8Array,
): Certificate {
  const { publicKey, serial, expiryMmyy } = content;
  const { modulus, exponent } = publicKey;
  if (modulus.length > RSA_MODULUS_BYTES_MAX) throw new RangeError('a modulus longer than 248 bytes');
  if (!exponentAllowed(exponent)) throw new RangeError('an exponent that is not 3 or 65537');
  if (serial.length !== 3) throw new TypeError('a serial number has 3 bytes');
  const room = messageBytes(signerPublicKey) - FIXED_BYTES - identifier.length;
  const leftmost = new Uint8Array(room).fill(FILL);
  leftmost.set(modulus.subarray(0, room));
  const remainder = copyOf(modulus, Math.min(room, modulus.length));
  const message = concat(
    Uint8Array.of(KINDS[kind].format),
    identifier,
    packCn(expiryMmyy, 2),
    serial,
    Uint8Array.of(HASH_ALGORITHM_SHA1, KEY_ALGORITHM_RSA, modulus.length, exponent.length),
    leftmost,
  );
  const certificate = signBlock(signer, message, remainder, exponent, staticData);
  return { certificate, remainder, exponent: Uint8Array.from(exponent) };
}

/** What a terminal brings to the check of a certificate. */
export type CertificateContext = {
  /** From tag 5A. */
  readonly pan: Pan;
  /** YYMMDD, the terminal's date. */
  readonly date: string;
  /** True for a serial number on the revocation list; issuer certificates only. */
  readonly revoked?: (serial: Uint8Array) => boolean;
};

/** §5.3: the issuer's public key from its certificate. */
export function verifyIssuerCertificate(
  caKey: RsaPublicKey,
  card: Certificate,
  context: CertificateContext,
): Result<RsaPublicKey, CertificateRefusal> {
  return verify('issuer', caKey, card, context, new Uint8Array(0), (identifier) => {
    const digits = unpackCn(identifier);
    return digits !== undefined && digits.length >= 3 && context.pan.reveal().startsWith(digits);
  });
}

/** §6.4: the card's public key from its certificate; `staticData` is what the hash covers beside it. */
export function verifyIccCertificate(
  issuerKey: RsaPublicKey,
  card: Certificate,
  staticData: Uint8Array,
  context: CertificateContext,
): Result<RsaPublicKey, CertificateRefusal> {
  return verify('icc', issuerKey, card, context, staticData, (identifier) => {
    return Pan.fromCn(identifier)?.equals(context.pan) === true;
  });
}

function verify(
  kind: Kind,
  signer: RsaPublicKey,
  card: Certificate,
  context: CertificateContext,
  staticData: Uint8Array,
  identifies: (identifier: Uint8Array) => boolean,
): Result<RsaPublicKey, CertificateRefusal> {
  const { format, identifierBytes } = KINDS[kind];
  const recovered = recoverBlock(signer, card.certificate);
  if (!recovered.ok) return recovered;
  const { message } = recovered.value;
  if (message.length <= FIXED_BYTES + identifierBytes) return refuse('signature_length');
  if (message[0] !== format) return refuse('certificate_format');
  const at = 1 + identifierBytes;
  const [hashAlgorithm, keyAlgorithm, keyLength, exponentLength] = message.subarray(at + 5, at + 9);
  if (hashAlgorithm !== HASH_ALGORITHM_SHA1) return refuse('certificate_hash_algorithm');
  if (!hashMatches(recovered.value, card.remainder, card.exponent, staticData)) {
    return refuse('certificate_hash');
  }
  if (!identifies(message.subarray(1, at))) return refuse('certificate_identifier');
  if (expired(toHex(message.subarray(at, at + 2)), context.date)) return refuse('certificate_expired');
  if (context.revoked?.(message.slice(at + 2, at + 5)) === true) return refuse('certificate_revoked');
  if (keyAlgorithm !== KEY_ALGORITHM_RSA) return refuse('certificate_key_algorithm');

  const leftmost = message.subarray(at + 9);
  const inside = Math.min(keyLength!, leftmost.length);
  const fill = leftmost.subarray(inside);
  if (inside + card.remainder.length !== keyLength || fill.some((byte) => byte !== FILL)) {
    return refuse('certificate_key_length');
  }
  if (card.exponent.length !== exponentLength || !exponentAllowed(card.exponent)) {
    return refuse('certificate_exponent');
  }
  const modulus = concat(leftmost.subarray(0, inside), card.remainder);
  return accept({ modulus, exponent: card.exponent });
}

/** Book 4 §6.7.3: two-digit years from 50 belong to the last century. What is no date has expired. */
function expired(mmyy: string, yymmdd: string): boolean {
  const month = /^(0[1-9]|1[0-2])([0-9]{2})$/.exec(mmyy);
  const today = /^([0-9]{2})([0-9]{2})[0-9]{2}$/.exec(yymmdd);
  if (month === null || today === null) return true;
  const index = (year: string, monthOfYear: string): number =>
    (Number(year) + (Number(year) < 50 ? 100 : 0)) * 12 + Number(monthOfYear);
  return index(month[2]!, month[1]!) < index(today[1]!, today[2]!);
}

/** A certification authority's key as the terminal holds it, Book 2 §11.2.2. */
export type CaPublicKey = RsaPublicKey & {
  /** 5 bytes. */
  readonly rid: Uint8Array;
  /** Tag 8F. */
  readonly index: number;
  /** SHA-1 over RID, index, modulus and exponent. */
  readonly checksum: Uint8Array;
};

export function caChecksum(key: Omit<CaPublicKey, 'checksum'>): Uint8Array {
  return sha1(key.rid, Uint8Array.of(key.index), key.modulus, key.exponent);
}

/** The key for an application (its AID begins with the RID) and index, if the table has it and its checksum is right. */
export function findCaKey(
  table: readonly CaPublicKey[],
  aid: Uint8Array,
  index: number,
): Result<CaPublicKey, 'ca_key_unknown' | 'ca_key_checksum'> {
  const rid = aid.subarray(0, 5);
  const key = table.find((candidate) => candidate.index === index && equalPublic(candidate.rid, rid));
  if (key === undefined) return refuse('ca_key_unknown');
  return equalPublic(key.checksum, caChecksum(key)) ? accept(key) : refuse('ca_key_checksum');
}
