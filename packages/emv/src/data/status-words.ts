/**
 * Status words SW1 SW2: EMV 4.4 Book 1 §9.4.3 and Book 3 §6.3.5, ISO/IEC 7816-4:2020 table 6.
 */

export const SW_9000_OK = 0x9000;
export const SW_6283_SELECTED_FILE_INVALIDATED = 0x6283;
export const SW_6300_NO_INFORMATION = 0x6300;
export const SW_6400_NO_CHANGE = 0x6400;
export const SW_6700_WRONG_LENGTH = 0x6700;
export const SW_6982_SECURITY_STATUS_NOT_SATISFIED = 0x6982;
export const SW_6983_AUTHENTICATION_METHOD_BLOCKED = 0x6983;
export const SW_6984_REFERENCE_DATA_INVALIDATED = 0x6984;
export const SW_6985_CONDITIONS_NOT_SATISFIED = 0x6985;
export const SW_6986_SEE_PHONE = 0x6986;
export const SW_6A80_INCORRECT_DATA = 0x6a80;
export const SW_6A81_FUNCTION_NOT_SUPPORTED = 0x6a81;
export const SW_6A82_NOT_FOUND = 0x6a82;
export const SW_6A83_RECORD_NOT_FOUND = 0x6a83;
export const SW_6A86_WRONG_P1_P2 = 0x6a86;
export const SW_6A88_DATA_NOT_FOUND = 0x6a88;
export const SW_6D00_INS_NOT_SUPPORTED = 0x6d00;
export const SW_6E00_CLA_NOT_SUPPORTED = 0x6e00;
export const SW_6F00_INTERNAL = 0x6f00;

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [SW_9000_OK, 'done'],
  [SW_6283_SELECTED_FILE_INVALIDATED, 'selected file invalidated'],
  [SW_6300_NO_INFORMATION, 'state of non-volatile memory changed'],
  [SW_6400_NO_CHANGE, 'state of non-volatile memory unchanged'],
  [SW_6700_WRONG_LENGTH, 'wrong length'],
  [SW_6982_SECURITY_STATUS_NOT_SATISFIED, 'security status not satisfied'],
  [SW_6983_AUTHENTICATION_METHOD_BLOCKED, 'authentication method blocked'],
  [SW_6984_REFERENCE_DATA_INVALIDATED, 'referenced data invalidated'],
  [SW_6985_CONDITIONS_NOT_SATISFIED, 'conditions of use not satisfied'],
  [SW_6986_SEE_PHONE, 'command not allowed: see phone'],
  [SW_6A80_INCORRECT_DATA, 'incorrect command data'],
  [SW_6A81_FUNCTION_NOT_SUPPORTED, 'function not supported'],
  [SW_6A82_NOT_FOUND, 'file or application not found'],
  [SW_6A83_RECORD_NOT_FOUND, 'record not found'],
  [SW_6A86_WRONG_P1_P2, 'wrong P1 P2'],
  [SW_6A88_DATA_NOT_FOUND, 'referenced data not found'],
  [SW_6D00_INS_NOT_SUPPORTED, 'instruction not supported'],
  [SW_6E00_CLA_NOT_SUPPORTED, 'class not supported'],
  [SW_6F00_INTERNAL, 'no precise diagnosis'],
]);

/** `6A82 file or application not found`; families with a count in the last byte are read too. */
export function statusWordText(sw: number): string {
  const code = sw.toString(16).toUpperCase().padStart(4, '0');
  const known = MEANINGS.get(sw);
  if (known !== undefined) return `${code} ${known}`;
  if (sw >> 8 === 0x61) return `${code} ${sw & 0xff || 256} more bytes to get`;
  if (sw >> 8 === 0x6c) return `${code} wrong Le: ${sw & 0xff || 256} expected`;
  if ((sw & 0xfff0) === 0x63c0) return `${code} ${sw & 0x0f} tries left`;
  return `${code} not in the table`;
}
