/**
 * The commands of a contactless tap: EMV 4.4 Book 1 §11 and Book 3 §6.5, EMV Contactless Book C-2 §5.
 */
import type { Command } from './apdu.ts';
import { fromAscii } from './bytes.ts';
import { encodeTlv, tlv } from './tlv.ts';

/** Proximity payment system environment, EMV Contactless Book B 3.3. */
export const PPSE_NAME = fromAscii('2PAY.SYS.DDF01');

export const INS_SELECT = 0xa4;
export const INS_READ_RECORD = 0xb2;
export const INS_GET_PROCESSING_OPTIONS = 0xa8;
export const INS_GENERATE_AC = 0xae;
export const INS_EXCHANGE_RELAY_RESISTANCE_DATA = 0xea;

/** SELECT by DF name, first occurrence. Book 1 §11.3. */
export function select(dfName: Uint8Array): Command {
  return { cla: 0x00, ins: INS_SELECT, p1: 0x04, p2: 0x00, data: dfName, le: 256 };
}

/** GET PROCESSING OPTIONS with the values that the PDOL asked for, joined. Book 3 §6.5.8. */
export function getProcessingOptions(pdolValues: Uint8Array): Command {
  const data = encodeTlv(tlv(0x83, pdolValues));
  return { cla: 0x80, ins: INS_GET_PROCESSING_OPTIONS, p1: 0x00, p2: 0x00, data, le: 256 };
}

/** READ RECORD of the file with this short file identifier (1 to 30). Book 3 §6.5.11. */
export function readRecord(sfi: number, record: number): Command {
  return { cla: 0x00, ins: INS_READ_RECORD, p1: record, p2: (sfi << 3) | 0x04, le: 256 };
}

/** The reference control parameter of GENERATE AC, bits 8–7. Book 3 §6.5.5. */
export const CRYPTOGRAM_TYPE_BITS = { AAC: 0x00, TC: 0x40, ARQC: 0x80 } as const;
export type CryptogramType = keyof typeof CRYPTOGRAM_TYPE_BITS;

/** GENERATE AC with the values that the CDOL asked for, joined; `cda` asks for a combined signature. */
export function generateAc(type: CryptogramType, cdolValues: Uint8Array, cda = false): Command {
  const p1 = CRYPTOGRAM_TYPE_BITS[type] | (cda ? 0x10 : 0x00);
  return { cla: 0x80, ins: INS_GENERATE_AC, p1, p2: 0x00, data: cdolValues, le: 256 };
}

/** EXCHANGE RELAY RESISTANCE DATA with four bytes of terminal entropy. Book C-2 §5.3. */
export function exchangeRelayResistanceData(entropy: Uint8Array): Command {
  return { cla: 0x80, ins: INS_EXCHANGE_RELAY_RESISTANCE_DATA, p1: 0, p2: 0, data: entropy, le: 256 };
}
