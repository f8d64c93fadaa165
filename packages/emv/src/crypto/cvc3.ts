/**
 * CVC3, the dynamic card verification code of contactless mag-stripe mode (EMV Contactless Book C-2). Our profiles leave
 * mag-stripe mode out, because its key lives long; this is for issuers that still have such cards, and for vectors.
 */
import { concat } from '../data/bytes.ts';
import { encryptEcb } from './block-cipher.ts';
import { retailMac } from './mac.ts';

export type Cvc3Input = {
  /** 16 bytes: the card's key for CVC3, derived by option A or B. */
  readonly key: Uint8Array;
  /**
   * Track 1 in ASCII or track 2 in its binary form, as personalised: before ATC, unpredictable number and CVC3 go in.
   */
  readonly trackTemplate: Uint8Array;
  /** 2 bytes. */
  readonly atc: Uint8Array;
  /** 4 bytes, numeric. */
  readonly unpredictableNumber: Uint8Array;
};

export type Cvc3 = {
  /** 2 bytes: the static part, which a card may hold instead of computing it. */
  readonly ivCvc3: Uint8Array;
  /** Five decimal digits; a track carries as many of the last ones as it has room for. */
  readonly digits: string;
};

export function cvc3(input: Cvc3Input): Cvc3 {
  const { key, trackTemplate, atc, unpredictableNumber } = input;
  if (atc.length !== 2 || unpredictableNumber.length !== 4) throw new TypeError('ATC 2 bytes, UN 4');
  const ivCvc3 = retailMac(key, trackTemplate, 'method-2').slice(6);
  const block = encryptEcb('3DES', key, concat(ivCvc3, unpredictableNumber, atc));
  return { ivCvc3, digits: String(block[6]! * 256 + block[7]!).padStart(5, '0') };
}
