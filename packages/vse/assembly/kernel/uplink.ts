// Uplinks: what a trusted application says to the issuer, sealed and signed inside. docs/layouts.md §4.
import { wipe } from '../crypto/constant-time';
import { ascii } from './ascii';
import { store32be, store64be } from './bytes';
import { nextGeneration } from './generation';
import { HPKE_ENC_SIZE, HPKE_TAG_SIZE, hpkeSeal } from './hpke';
import { CERTIFICATE_X25519, deviceId, signAsDevice } from './identity';
import { randomBytes } from './random';
import * as record from './record';

const HEADER_SIZE: i32 = 42;
const INFO: usize = memory.data(64, 16);
const KEYS: usize = memory.data(64, 16);

/** Its length; 0 when there is no issuer yet or no room. DOMAIN_ROOM bytes in front of `out` are overwritten. */
export function sealUplink(payload: usize, len: i32, out: usize, room: i32): i32 {
  const total = HEADER_SIZE + HPKE_ENC_SIZE + 4 + len + HPKE_TAG_SIZE + 64;
  if (!record.record8(record.ENROLLED) || len < 0 || total > room) return 0;
  const number = record.record64(record.UPLINK_NUMBER) + 1;
  record.setRecord64(record.UPLINK_NUMBER, number);

  ascii(out, 'TSUP');
  store<u8>(out + 4, 1);
  store<u8>(out + 5, 0);
  deviceId(KEYS);
  memory.copy(out + 6, KEYS, 16);
  store64be(out + 22, number);
  store64be(out + 30, nextGeneration());
  store32be(out + 38, record.record32(record.BOOT_COUNT));

  const info = ascii(INFO, 'tapseal uplink v1');
  memory.copy(info, out + 6, 24);
  const infoLen = <i32>(info - INFO) + 24;

  randomBytes(KEYS, 32);
  record.readRecord(record.ISSUER_CERTIFICATE + CERTIFICATE_X25519, KEYS + 32, 32);
  const enc = out + <usize>HEADER_SIZE;
  const ok = hpkeSeal(KEYS, KEYS + 32, INFO, infoLen, out, HEADER_SIZE, payload, len, enc, enc + 36);
  wipe(KEYS, 64);
  if (!ok) return 0;
  store32be(enc + 32, <u32>(len + HPKE_TAG_SIZE));
  signAsDevice('tapseal uplink v1', out, total - 64);
  return total;
}
