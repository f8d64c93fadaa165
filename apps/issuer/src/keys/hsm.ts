/**
 * What the issuer asks of its keys, in the verbs of a payment HSM. No key, PIN or session key crosses this boundary: key
 * sets are derived, masked, wrapped and signed behind it, PINs arrive sealed and stay under the HSM's PIN key.
 *
 * `software-hsm.ts` is the one implementation in this issue; its keys are labelled `software`.
 */

import type { Pan } from '@tapseal/emv';
import type {
  BundleRecord,
  BundleTarget,
  CheckedLogRecord,
  IssuedProfile,
  LayoutRefusal,
  LogAnchor,
  PersonaliseToken,
} from '@tapseal/protocol';

/** Where the keys really are: what a limit or a report may follow. */
export type Assurance = 'software';

/** Demonstration keys never meet a database that has held live keys, nor the other way round. */
export type KeyKind = 'demonstration' | 'live';

/** A token as an input of key derivation. docs/profiles.md §1: token and PSN, never the funding PAN. */
export interface TokenKeys {
  readonly profile: IssuedProfile;
  readonly dki: number;
  readonly token: Pan;
  /** 0 to 99. */
  readonly psn: number;
}

/** A single-use key set without its keys; salt and keys are made inside. docs/profiles.md §4 */
export interface KeySetToDerive {
  /** 7 bytes, unique at the issuer. */
  readonly keySetId: Uint8Array;
  readonly atc: number;
  /** 2 random bytes. */
  readonly idn: Uint8Array;
  /** YYMMDD. */
  readonly expiry: string;
}

/** What a bundle may carry. Everything that holds a key is named here and completed inside. */
export type BundleContent =
  /** Nothing secret in it. */
  | { readonly kind: 'record'; readonly record: BundleRecord }
  /** Profile of a token; K-log is derived inside. */
  | { readonly kind: 'profile'; readonly profile: Omit<PersonaliseToken, 'logKey'> }
  /** Key sets; SK-UMD is masked by the PIN in `pinBlock` (format 4, under the HSM's PIN key). */
  | {
      readonly kind: 'key_sets';
      readonly tokenId: string;
      readonly keys: TokenKeys;
      readonly pinBlock: Uint8Array;
      readonly keySets: readonly KeySetToDerive[];
    };

export interface PresentedCryptogram extends TokenKeys {
  /** The data objects of DE 55 by tag. */
  readonly values: ReadonlyMap<number, Uint8Array>;
}

/** docs/profiles.md §3.2. Only a valid MD gets an answer: the HSM is no oracle for response cryptograms. */
export type CryptogramCheck =
  | { readonly md: 'mismatch' }
  | {
      readonly md: 'valid';
      readonly umd: 'absent' | 'valid' | 'mismatch';
      /**
       * Tag 91 (EMV 4.4 Book 2, 8.2): `tdes` takes the ARC (2 bytes) and answers ARPC 8 || ARC; `open` takes the card
       * status update (4 bytes) and answers ARPC 4 || CSU.
       */
      readonly issuerAuthentication: (response: Uint8Array) => Uint8Array;
    };

export type UplinkOpenRefusal = LayoutRefusal | 'uplink_not_authentic' | 'uplink_kind_mismatch';
export type PinRefusal = UplinkOpenRefusal | 'pin_bound_elsewhere' | 'pin_malformed';

export type Opened<T, R> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: R };

export interface Hsm {
  readonly assurance: Assurance;
  readonly kind: KeyKind;
  /** Names the keystore: a database belongs to one. */
  readonly keystoreId: string;
  readonly issuer: {
    readonly issuerId: Uint8Array;
    readonly ed25519PublicKey: Uint8Array;
    readonly uplinkPublicKey: Uint8Array;
  };

  /** Derive-and-wrap: the finished bundle, sealed to the device's one-time key and signed. */
  sealBundle(target: BundleTarget, contents: readonly BundleContent[]): Promise<Uint8Array>;

  /**
   * Opens a PIN uplink (its device signature already verified), checks that the PIN is for `boundId` (UUID), and
   * translates it into a format 4 block under the HSM's PIN key with `token` as the PAN: 16 bytes. ISO 9564-1, 9.4.4
   */
  receivePin(uplink: Uint8Array, boundId: string, token: Pan): Promise<Opened<Uint8Array, PinRefusal>>;

  /** Opens a log uplink (its device signature already verified): raw records of 160 bytes, oldest first. */
  openLog(uplink: Uint8Array): Promise<Opened<{ tokenId: string; records: Uint8Array[] }, UplinkOpenRefusal>>;

  /** MAC and chain of a token's log records. docs/layouts.md §5 */
  verifyLogRecords(
    token: { readonly tokenId: string; readonly token: Pan; readonly psn: number },
    records: readonly Uint8Array[],
    anchor?: LogAnchor,
  ): Promise<CheckedLogRecord[]>;

  /** Both cryptograms of one presentation. */
  verifyCryptogram(presented: PresentedCryptogram): CryptogramCheck;

  /** Authenticated encryption of a PAN, bound to its card (UUID). */
  encryptPan(cardId: string, pan: Pan): Uint8Array;
  /** Throws when the ciphertext is not the one made for this card: that is damage or an attack, never an answer. */
  decryptPan(cardId: string, ciphertext: Uint8Array): Pan;
  /** Keyed hash of a PAN, 32 bytes: equal PANs are found without being read. */
  panLookup(pan: Pan): Uint8Array;
  /** PAR, 29 characters: the same for every token of one PAN. EMVCo PAR: 4 characters of BIN controller, 25 more. */
  paymentAccountReference(pan: Pan): string;

  /** A device's bearer credential. The same enrolment gets the same one again, though only its hash is stored. */
  deviceCredential(enrolmentId: string, deviceId: Uint8Array): string;

  /** Keyed hash, 32 bytes: for what must be recognised and may hold card data. */
  keyedDigest(text: string): Uint8Array;

  random(length: number): Uint8Array;

  /** Wipes what is cached and what was loaded; the object is of no use afterwards. */
  close(): void;
}
