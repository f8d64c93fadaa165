/** The wallet's transaction log: one record of 160 bytes, and the chain that joins them. docs/layouts.md §5 */

import { joined, sameBytes, sha256 } from './digest.ts';
import {
  asciiBytes,
  bcd,
  encode,
  named,
  octets,
  type Parsed,
  parse,
  struct,
  u8,
  u16,
  u32,
  uuidBytes,
  type ValueOf,
  version,
  zeros,
} from './fields.ts';

export const LOG_RECORD_LENGTH = 160;
const MACED_LENGTH = 144;

/** What became of the slot that arming had committed. */
export const LOG_STATUS = {
  outcome_unknown: 0x00,
  answered_arqc: 0x01,
  answered_aac: 0x02,
  burnt: 0x03,
} as const;

const fields = {
  version: version(1),
  status: named(LOG_STATUS),
  seq: u32,
  atc: u16,
  keySetId: octets(7),
  cryptogramInformationData: u8, // 9F27
  amountAuthorised: bcd(12), // 9F02
  amountOther: bcd(12), // 9F03
  currency: bcd(3), // 5F2A
  terminalCountry: bcd(3), // 9F1A
  transactionDate: bcd(6), // 9A
  transactionTime: bcd(6), // 9F21
  transactionType: bcd(2), // 9C
  unpredictableNumber: octets(4), // 9F37
  applicationCryptogram: octets(8), // 9F26
  verification: u8,
  threatResponse: u8,
  policyVersion: u16,
  terminalId: octets(8), // 9F1C
  merchantId: octets(15), // 9F16
  merchantNameAndLocation: octets(20), // 9F4E
  deviceTime: u32,
  terminalVerificationResults: octets(5), // 95
  reserved: zeros(5),
  previousHash: octets(32),
  mac: octets(16),
} as const;
const layout = struct(fields);

/** A log record. Fields that the tap did not reach are zero; texts of the terminal are raw bytes, not trusted text. */
export type LogRecord = ValueOf<typeof fields>;

export const VERIFICATION_CDCVM = 0x01;
export const VERIFICATION_BIOMETRIC = 0x02;

/** The 160 bytes of a record. */
export function encodeLogRecord(record: LogRecord): Uint8Array<ArrayBuffer> {
  return encode(layout, record, 'logRecord');
}

/** Reads one record; neither MAC nor chain is checked here: `verifyLogChain`. */
export function parseLogRecord(bytes: Uint8Array): Parsed<LogRecord> {
  return parse(layout, bytes, 'logRecord');
}

/** AES-CMAC (RFC 4493) under the token's K-log: 16 bytes. */
export type LogMac = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Where a chain continues: the sequence number and the hash of the record before. */
export interface LogAnchor {
  readonly seq: number;
  readonly hash: Uint8Array;
}

export type LogFinding = 'unreadable' | 'mac_invalid' | 'sequence_gap' | 'chain_broken';

export interface CheckedLogRecord {
  readonly bytes: Uint8Array;
  /** SHA-256 of the 160 bytes. */
  readonly hash: Uint8Array;
  /** Absent only for `unreadable`. */
  readonly record?: LogRecord;
  /** In the order of the type's names; empty when the record is good. */
  readonly findings: readonly LogFinding[];
}

/** Where a token's log begins: SHA-256(`tapseal log v1` || tokenId), before sequence number 1. */
export async function logGenesis(tokenId: string): Promise<LogAnchor> {
  const id = uuidBytes(tokenId);
  if (!id) throw new RangeError('tokenId: not a UUID');
  return { seq: 0, hash: await sha256(Uint8Array.from(asciiBytes('tapseal log v1')), id) };
}

/**
 * Checks records, oldest first, against the record before each. Without an anchor the first record is taken at its
 * word (the issuer no longer has the one before); from then on every number and every hash must follow.
 */
export async function verifyLogChain(
  records: readonly Uint8Array[],
  mac: LogMac,
  anchor?: LogAnchor,
): Promise<CheckedLogRecord[]> {
  const checked: CheckedLogRecord[] = [];
  let before = anchor;
  for (const bytes of records) {
    const hash = await sha256(bytes);
    const parsed = parseLogRecord(bytes);
    if (!parsed.ok) {
      checked.push({ bytes, hash, findings: ['unreadable'] });
      before = before && { seq: before.seq + 1, hash };
      continue;
    }
    const record = parsed.value;
    const findings: LogFinding[] = [];
    if (!sameBytes(record.mac, await mac(bytes.subarray(0, MACED_LENGTH)))) findings.push('mac_invalid');
    if (before && record.seq !== before.seq + 1) findings.push('sequence_gap');
    if (before && !sameBytes(record.previousHash, before.hash)) findings.push('chain_broken');
    checked.push({ bytes, hash, record, findings });
    before = { seq: record.seq, hash };
  }
  return checked;
}

/** A record with its MAC, for writers of logs (tests, vectors): all of `record` but `mac`, chained to `anchor`. */
export async function chainedLogRecord(
  record: Omit<LogRecord, 'mac' | 'previousHash' | 'seq'>,
  anchor: LogAnchor,
  mac: LogMac,
): Promise<Uint8Array<ArrayBuffer>> {
  const unmaced = encodeLogRecord({
    ...record,
    seq: anchor.seq + 1,
    previousHash: anchor.hash,
    mac: new Uint8Array(16),
  }).subarray(0, MACED_LENGTH);
  return joined(unmaced, await mac(unmaced));
}
