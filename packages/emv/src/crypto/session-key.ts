/**
 * Session keys from the ICC master key: EMV common session key (EMV 4.4 Book 2 A1.3.1), the older M/Chip derivation that
 * also takes the unpredictable number, and Visa's for secure messaging.
 */
import { BLOCK_BYTES, type BlockCipher, encryptEcb } from './block-cipher.ts';
import { setOddParity } from './key-check-value.ts';

/**
 * A1.3.1 for a diversification value `r` of at most one block, filled with zeros on the right: the ATC for application
 * cryptograms, the application cryptogram for secure messaging.
 */
export function commonSessionKey(cipher: BlockCipher, masterKey: Uint8Array, r: Uint8Array): Uint8Array {
  const size = BLOCK_BYTES[cipher];
  if (r.length === 0 || r.length > size)
    throw new TypeError(`a diversification value has 1 to ${size} bytes`);
  if (masterKey.length === size) {
    const block = new Uint8Array(size);
    block.set(r);
    return encryptEcb(cipher, masterKey, block);
  }
  // A key longer than a block takes two of them, told apart by the third byte.
  const blocks = new Uint8Array(2 * size);
  blocks.set(r, 0);
  blocks.set(r, size);
  blocks[2] = 0xf0;
  blocks[size + 2] = 0x0f;
  const sessionKey = encryptEcb(cipher, masterKey, blocks).slice(0, masterKey.length);
  return cipher === '3DES' ? setOddParity(sessionKey) : sessionKey;
}

/** The M/Chip session key: as A1.3.1 with R = ATC ‖ 00 00 ‖ unpredictable number. */
export function mastercardSessionKey(
  masterKey: Uint8Array,
  atc: Uint8Array,
  unpredictableNumber: Uint8Array,
): Uint8Array {
  const r = new Uint8Array(8);
  r.set(atc, 0);
  r.set(unpredictableNumber, 4);
  return commonSessionKey('3DES', masterKey, r);
}

/** Visa (VIS), secure messaging only: each half of the key with the ATC, or its inverse, XORed to its end. */
export function visaSecureMessagingKey(masterKey: Uint8Array, atc: Uint8Array): Uint8Array {
  if (masterKey.length !== 16 || atc.length !== 2) throw new TypeError('a 16-byte key and a 2-byte ATC');
  const key = Uint8Array.from(masterKey);
  for (let i = 0; i < 2; i++) {
    key[6 + i]! ^= atc[i]!;
    key[14 + i]! ^= atc[i]! ^ 0xff;
  }
  return setOddParity(key);
}
