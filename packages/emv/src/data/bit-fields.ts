/**
 * The bit fields that people read in traces: AIP, CID, TVR and CVM results. EMV 4.4 Book 3 Annex C.
 */

/** [byte from 1, bit from 8 (most significant), meaning when set] */
type Bit = readonly [byte: number, bit: number, meaning: string];

/** Tag 82, Book 3 C1; bit 2 of byte 1 and bit 8 of byte 2 are those of EMV Contactless Book C-2. */
const AIP: readonly Bit[] = [
  [1, 7, 'SDA supported'],
  [1, 6, 'DDA supported'],
  [1, 5, 'cardholder verification supported'],
  [1, 4, 'terminal risk management to be performed'],
  [1, 3, 'issuer authentication by EXTERNAL AUTHENTICATE'],
  [1, 2, 'on-device cardholder verification supported'],
  [1, 1, 'CDA supported'],
  [2, 8, 'EMV mode supported'],
  [2, 1, 'relay resistance protocol supported'],
];

/** Tag 95, Book 3 C5. */
const TVR: readonly Bit[] = [
  [1, 8, 'offline data authentication not performed'],
  [1, 7, 'SDA failed'],
  [1, 6, 'ICC data missing'],
  [1, 5, 'card on terminal exception file'],
  [1, 4, 'DDA failed'],
  [1, 3, 'CDA failed'],
  [1, 2, 'SDA selected'],
  [2, 8, 'ICC and terminal have different application versions'],
  [2, 7, 'expired application'],
  [2, 6, 'application not yet effective'],
  [2, 5, 'requested service not allowed for card product'],
  [2, 4, 'new card'],
  [3, 8, 'cardholder verification not successful'],
  [3, 7, 'unrecognised CVM'],
  [3, 6, 'PIN try limit exceeded'],
  [3, 5, 'PIN entry required and PIN pad not present or not working'],
  [3, 4, 'PIN entry required, PIN pad present, PIN not entered'],
  [3, 3, 'online CVM captured'],
  [4, 8, 'transaction exceeds floor limit'],
  [4, 7, 'lower consecutive offline limit exceeded'],
  [4, 6, 'upper consecutive offline limit exceeded'],
  [4, 5, 'transaction selected randomly for online processing'],
  [4, 4, 'merchant forced transaction online'],
  [5, 8, 'default TDOL used'],
  [5, 7, 'issuer authentication failed'],
  [5, 6, 'script processing failed before final GENERATE AC'],
  [5, 5, 'script processing failed after final GENERATE AC'],
  [5, 4, 'relay resistance threshold exceeded'],
  [5, 3, 'relay resistance time limits exceeded'],
];

/** Byte 5 bits 2–1 of the TVR, EMV Contactless Book C-2 A.1: a two-bit value. */
const RELAY_RESISTANCE = ['', 'relay resistance not performed', 'relay resistance performed', ''] as const;

export function describeAip(value: Uint8Array): readonly string[] {
  return meanings(AIP, value);
}

export function describeTvr(value: Uint8Array): readonly string[] {
  const relay = RELAY_RESISTANCE[value[4]! & 0x03]!;
  return relay === '' ? meanings(TVR, value) : [...meanings(TVR, value), relay];
}

/** Bits that the table does not know are reported, not dropped. */
function meanings(bits: readonly Bit[], value: Uint8Array): readonly string[] {
  const found: string[] = [];
  for (let byte = 1; byte <= value.length; byte++) {
    for (let bit = 8; bit >= 1; bit--) {
      if ((value[byte - 1]! & (1 << (bit - 1))) === 0) continue;
      const meaning = bits.find(([b, i]) => b === byte && i === bit)?.[2];
      const twoBit = bits === TVR && byte === 5 && bit <= 2;
      if (!twoBit) found.push(meaning ?? `byte ${byte} bit ${bit} (reserved)`);
    }
  }
  return found;
}

const CID_TYPES = ['AAC', 'TC', 'ARQC', 'AAR (reserved)'] as const;
const CID_REASONS = [
  'no information given',
  'service not allowed',
  'PIN try limit exceeded',
  'issuer authentication failed',
] as const;

/** Tag 9F27, Book 3 §6.5.5.4. */
export function describeCid(value: Uint8Array): readonly string[] {
  const cid = value[0]!;
  const reason = CID_REASONS[cid & 0x07] ?? 'reason reserved';
  return [
    CID_TYPES[cid >> 6]!,
    ...((cid & 0x08) !== 0 ? ['advice required'] : []),
    ...((cid & 0x07) !== 0 ? [reason] : []),
  ];
}

/** Book 3 C3: the CVM codes, bits 6–1 of byte 1. */
const CVM_CODES: ReadonlyMap<number, string> = new Map([
  [0x00, 'fail CVM processing'],
  [0x01, 'plaintext PIN verified by ICC (contactless: on-device CVM)'],
  [0x02, 'enciphered PIN verified online'],
  [0x03, 'plaintext PIN verified by ICC and signature'],
  [0x04, 'enciphered PIN verified by ICC'],
  [0x05, 'enciphered PIN verified by ICC and signature'],
  [0x1e, 'signature'],
  [0x1f, 'no CVM required'],
  [0x3f, 'no CVM performed'],
]);

const CVM_CONDITIONS = [
  'always',
  'if unattended cash',
  'if not unattended cash, not manual cash, not purchase with cashback',
  'if terminal supports the CVM',
  'if manual cash',
  'if purchase with cashback',
  'if in application currency and under X',
  'if in application currency and over X',
  'if in application currency and under Y',
  'if in application currency and over Y',
] as const;

const CVM_OUTCOMES = ['unknown', 'failed', 'successful'] as const;

/** Tag 9F34, Book 4 A4. */
export function describeCvmResults(value: Uint8Array): readonly string[] {
  const method = CVM_CODES.get(value[0]! & 0x3f) ?? 'CVM reserved';
  return [
    method,
    CVM_CONDITIONS[value[1]!] ?? 'condition reserved',
    CVM_OUTCOMES[value[2]!] ?? 'outcome reserved',
  ];
}
