/**
 * Combined DDA/application cryptogram generation (CDA): EMV 4.4 Book 2 §6.6. The card signs its dynamic number, the
 * cryptogram information, the cryptogram and a hash of the whole transaction, so that the terminal knows that the
 * cryptogram came from this card.
 *
 * Our phone has no RSA key (docs/divergences.md); issuer and terminal of other cards have this.
 */
import type { KeyObject } from 'node:crypto';
import { concat, equalPublic } from '../data/bytes.ts';
import { accept, type Result, refuse } from '../data/result.ts';
import { TAG_9F4B_SIGNED_DYNAMIC_APPLICATION_DATA } from '../data/tags.ts';
import type { Tlv } from '../data/tlv.ts';
import {
  hashMatches,
  messageBytes,
  type RsaPublicKey,
  recoverBlock,
  type SignatureRefusal,
  sha1,
  signBlock,
} from './rsa.ts';

const FORMAT_SIGNED_DYNAMIC_DATA = 0x05;
const HASH_ALGORITHM_SHA1 = 0x01;
const FILL = 0xbb;
/** Length of the IDN, CID, cryptogram and transaction data hash code beside the IDN: table 19. */
const DYNAMIC_DATA_FIXED_BYTES = 1 + 1 + 8 + 20;

/** In the order of the steps of §6.6.2. */
export type CdaRefusal =
  | SignatureRefusal
  | 'cda_format'
  | 'cda_hash_algorithm'
  | 'cda_dynamic_data_length'
  | 'cda_cid' // not the cryptogram information that the response shows
  | 'cda_hash'
  | 'cda_transaction_data_hash';

/** What the hash of the transaction covers, §6.6.2 step 11. */
export type CdaTransaction = {
  /** Values that the PDOL asked for, joined; empty without a PDOL. */
  readonly pdolValues: Uint8Array;
  readonly cdol1Values: Uint8Array;
  /** For the second GENERATE AC: also these. */
  readonly cdol2Values?: Uint8Array;
  /** Data objects inside template 77 of the response, in their order; the signature itself is left out. */
  readonly response: readonly Tlv[];
};

export function transactionDataHash(transaction: CdaTransaction): Uint8Array {
  const { pdolValues, cdol1Values, cdol2Values = new Uint8Array(0), response } = transaction;
  const objects = response
    .filter((object) => object.tag !== TAG_9F4B_SIGNED_DYNAMIC_APPLICATION_DATA)
    .map((object) => object.encoded);
  return sha1(pdolValues, cdol1Values, cdol2Values, ...objects);
}

export type CdaContent = {
  /** ICC dynamic number, 2 to 8 bytes. */
  readonly idn: Uint8Array;
  /** Tag 9F27. */
  readonly cid: number;
  /** Tag 9F26, which a CDA response does not carry in clear. */
  readonly cryptogram: Uint8Array;
};

/** §6.6.1: tag 9F4B, signed with the card's key. `unpredictableNumber` is the terminal's, tag 9F37. */
export function signCda(
  iccKey: KeyObject,
  iccPublicKey: RsaPublicKey,
  content: CdaContent,
  transaction: CdaTransaction,
  unpredictableNumber: Uint8Array,
): Uint8Array {
  const { idn, cid, cryptogram } = content;
  if (idn.length < 2 || idn.length > 8) throw new TypeError('an ICC dynamic number has 2 to 8 bytes');
  const dynamicData = concat(
    Uint8Array.of(idn.length),
    idn,
    Uint8Array.of(cid),
    cryptogram,
    transactionDataHash(transaction),
  );
  const message = new Uint8Array(messageBytes(iccPublicKey)).fill(FILL);
  message.set([FORMAT_SIGNED_DYNAMIC_DATA, HASH_ALGORITHM_SHA1, dynamicData.length]);
  message.set(dynamicData, 3);
  return signBlock(iccKey, message, unpredictableNumber);
}

/** §6.6.2: what the card signed, when all of it holds. `cid` is the one that the response shows in clear. */
export function verifyCda(
  iccKey: RsaPublicKey,
  signature: Uint8Array,
  cid: number,
  transaction: CdaTransaction,
  unpredictableNumber: Uint8Array,
): Result<CdaContent, CdaRefusal> {
  const recovered = recoverBlock(iccKey, signature);
  if (!recovered.ok) return recovered;
  const { message } = recovered.value;
  if (message[0] !== FORMAT_SIGNED_DYNAMIC_DATA) return refuse('cda_format');
  if (message[1] !== HASH_ALGORITHM_SHA1) return refuse('cda_hash_algorithm');
  const length = message[2]!;
  const idnLength = message[3]!;
  if (3 + length > message.length || length !== idnLength + DYNAMIC_DATA_FIXED_BYTES) {
    return refuse('cda_dynamic_data_length');
  }
  if (idnLength < 2 || idnLength > 8) return refuse('cda_dynamic_data_length');
  const at = 4 + idnLength;
  if (message[at] !== cid) return refuse('cda_cid');
  if (!hashMatches(recovered.value, unpredictableNumber)) return refuse('cda_hash');
  const hash = message.subarray(at + 9, at + 29);
  if (!equalPublic(hash, transactionDataHash(transaction))) return refuse('cda_transaction_data_hash');
  return accept({ idn: message.slice(4, at), cid, cryptogram: message.slice(at + 1, at + 9) });
}
