/**
 * Authorisation response cryptogram: EMV 4.4 Book 2 §8.2. Which key goes in, session key or ICC master key, is the
 * cryptogram version's choice.
 */
import { concat } from '../data/bytes.ts';
import { type BlockCipher, encryptEcb } from './block-cipher.ts';
import { cmac, retailMac } from './mac.ts';

/**
 * §8.2.1, method 1: the 2-byte authorisation response code, filled with zeros, XORed to the ARQC and encrypted; 8 bytes.
 * With AES the 8-byte value is filled with zeros to a block, and the leftmost 8 bytes of the result count.
 */
export function arpcMethod1(
  cipher: BlockCipher,
  key: Uint8Array,
  arqc: Uint8Array,
  arc: Uint8Array,
): Uint8Array {
  if (arqc.length !== 8 || arc.length !== 2) throw new TypeError('an ARQC has 8 bytes, an ARC 2');
  const block = new Uint8Array(cipher === 'AES' ? 16 : 8);
  block.set(arqc);
  block[0]! ^= arc[0]!;
  block[1]! ^= arc[1]!;
  return encryptEcb(cipher, key, block).slice(0, 8);
}

/** §8.2.2, method 2: a 4-byte MAC over ARQC, card status update and 0 to 8 bytes of proprietary data. */
export function arpcMethod2(
  cipher: BlockCipher,
  key: Uint8Array,
  arqc: Uint8Array,
  csu: Uint8Array,
  proprietaryAuthenticationData: Uint8Array = new Uint8Array(0),
): Uint8Array {
  if (arqc.length !== 8 || csu.length !== 4 || proprietaryAuthenticationData.length > 8) {
    throw new TypeError('an ARQC has 8 bytes, a CSU 4, proprietary authentication data at most 8');
  }
  const input = concat(arqc, csu, proprietaryAuthenticationData);
  const mac = cipher === 'AES' ? cmac('AES', key, input) : retailMac(key, input, 'method-2');
  return mac.slice(0, 4);
}
