/**
 * Command and response APDUs, short lengths: ISO/IEC 7816-4:2020 §5 and EMV 4.4 Book 1 §9.4.
 */
import { concat } from './bytes.ts';
import { accept, type Result, refuse } from './result.ts';

/** `le` is the number of bytes expected, 1 to 256 (256 is coded `00`); absent in cases 1 and 3. */
export type Command = {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data?: Uint8Array;
  readonly le?: number;
};

/** `sw` is SW1 SW2 as a number: 0x9000. */
export type Response = { readonly data: Uint8Array; readonly sw: number };

export const APDU_DATA_BYTES_MAX = 255;
export const APDU_LE_MAX = 256;

export type ApduRefusal = {
  readonly reason:
    | 'too_short'
    | 'extended_length' // Lc 00 with more bytes behind it
    | 'data_cut'
    | 'bytes_left_over'
    | 'too_long';
  readonly offset: number;
};

/** Cases 1 to 4 by what is there: neither, Le, data, both. An empty `data` counts as none. */
export function encodeCommand(command: Command): Uint8Array {
  const data = command.data ?? new Uint8Array(0);
  if (data.length > APDU_DATA_BYTES_MAX) throw new RangeError('command data longer than 255 bytes');
  const header = Uint8Array.of(command.cla, command.ins, command.p1, command.p2);
  const lc = data.length === 0 ? new Uint8Array(0) : Uint8Array.of(data.length);
  return concat(header, lc, data, encodeLe(command.le));
}

function encodeLe(le: number | undefined): Uint8Array {
  if (le === undefined) return new Uint8Array(0);
  if (!Number.isInteger(le) || le < 1 || le > APDU_LE_MAX) throw new RangeError('Le outside 1 to 256');
  return Uint8Array.of(le & 0xff);
}

export function decodeCommand(bytes: Uint8Array): Result<Command, ApduRefusal> {
  if (bytes.length < 4) return refuse({ reason: 'too_short', offset: bytes.length });
  const header = { cla: bytes[0]!, ins: bytes[1]!, p1: bytes[2]!, p2: bytes[3]! };
  if (bytes.length === 4) return accept(header); // case 1
  const fifth = bytes[4]!;
  if (bytes.length === 5) return accept({ ...header, le: fifth === 0 ? 256 : fifth }); // case 2
  if (fifth === 0) return refuse({ reason: 'extended_length', offset: 4 });
  const end = 5 + fifth;
  if (bytes.length < end) return refuse({ reason: 'data_cut', offset: bytes.length });
  const data = bytes.subarray(5, end);
  if (bytes.length === end) return accept({ ...header, data }); // case 3
  if (bytes.length > end + 1) return refuse({ reason: 'bytes_left_over', offset: end + 1 });
  const le = bytes[end]!;
  return accept({ ...header, data, le: le === 0 ? 256 : le }); // case 4
}

export function encodeResponse(response: Response): Uint8Array {
  return concat(response.data, Uint8Array.of(response.sw >> 8, response.sw & 0xff));
}

export function decodeResponse(bytes: Uint8Array): Result<Response, ApduRefusal> {
  if (bytes.length < 2) return refuse({ reason: 'too_short', offset: bytes.length });
  if (bytes.length > APDU_LE_MAX + 2) return refuse({ reason: 'too_long', offset: APDU_LE_MAX + 2 });
  const end = bytes.length - 2;
  return accept({ data: bytes.subarray(0, end), sw: bytes[end]! * 256 + bytes[end + 1]! });
}
