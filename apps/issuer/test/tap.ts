/** A tap of the device double: DE 55 as a terminal would send it, from the keys that its bundles brought. */

import { randomBytes } from 'node:crypto';
import { computeTwoCryptograms, encodeTlv, formatIad, fromHex, packN, tlv } from '@tapseal/emv';
import type { Message } from '@tapseal/iso8583';
import type { LogRecord } from '@tapseal/protocol';
import type { SoftwareDevice } from './software-device.ts';

export interface Tap {
  readonly atc: number;
  readonly amountMinor: number;
  /** What the customer typed; none: no CDCVM. */
  readonly pin?: string;
  /** YYMMDD. */
  readonly date: string;
}

export interface Tapped {
  readonly chipData: Uint8Array;
  readonly log: Omit<LogRecord, 'mac' | 'previousHash' | 'seq'>;
}

export function tap(device: SoftwareDevice, tokenId: string, { atc, amountMinor, pin, date }: Tap): Tapped {
  const { profile, keySets, anchor } = device.tokens.get(tokenId)!;
  const keySet = keySets.get(atc)!;
  const iadWith = (umd: Uint8Array) => {
    const common = {
      dki: profile.dki,
      cryptogramType: 'ARQC',
      cdcvm: pin === undefined ? 'none' : 'pin',
      threatResponse: 'observe',
      policyVersion: 1,
      keySetsLeft: 9,
      umd,
    } as const;
    return profile.profile === 'open'
      ? formatIad({ ...common, profile: 'open', logSequence: anchor.seq + 1, keySetId: keySet.keySetId })
      : formatIad({ ...common, profile: 'tdes', idn: keySet.idn, tapsSinceBundle: 0 });
  };
  const values = new Map<number, Uint8Array>([
    [0x9f02, packN(amountMinor, 6)],
    [0x9f03, packN(0, 6)],
    [0x9f1a, fromHex('0702')],
    [0x95, fromHex('0000000000')],
    [0x5f2a, fromHex('0702')],
    [0x9a, fromHex(date)],
    [0x9c, fromHex('00')],
    [0x9f37, new Uint8Array(randomBytes(4))],
    [0x82, profile.aip],
    [0x9f36, Uint8Array.of(atc >> 8, atc & 0xff)],
    [0x9f10, iadWith(new Uint8Array(8))],
  ]);
  const keys = { md: keySet.mdKey, umd: device.unmask(tokenId, atc, pin ?? '0000') };
  const issued = profile.profile === 'tdes' ? 'tdes' : 'open';
  const made = computeTwoCryptograms(issued, keys, (tag) => values.get(tag), pin !== undefined);
  if (!made.ok) throw new Error(made.refusal);
  values.set(0x9f10, iadWith(made.value.umd));
  values.set(0x9f26, made.value.cryptogram);
  values.set(0x9f27, Uint8Array.of(0x80));
  values.set(0x5f34, fromHex(profile.psn));
  return {
    chipData: encodeTlv(...Array.from(values, ([tag, value]) => tlv(tag, value))),
    log: {
      status: 'answered_arqc',
      atc,
      keySetId: keySet.keySetId,
      cryptogramInformationData: 0x80,
      amountAuthorised: String(amountMinor).padStart(12, '0'),
      amountOther: '000000000000',
      currency: '702',
      terminalCountry: '702',
      transactionDate: date,
      transactionTime: '120000',
      transactionType: '00',
      unpredictableNumber: values.get(0x9f37)!,
      applicationCryptogram: made.value.cryptogram,
      verification: pin === undefined ? 0 : 1,
      threatResponse: 0,
      policyVersion: 1,
      terminalId: new TextEncoder().encode('TERM0001'),
      merchantId: new TextEncoder().encode('MERCHANT0000001'),
      merchantNameAndLocation: new TextEncoder().encode('KOPI HOUSE SINGAPORE'),
      deviceTime: 1_799_000_000,
      terminalVerificationResults: new Uint8Array(5),
    },
  };
}

/** The 0100 that carries it. */
export function request(
  token: string,
  { chipData, log }: Tapped,
  stan: string,
  terminalId = 'TERM0001',
): Message {
  return {
    mti: '0100',
    fields: {
      2: token,
      3: '000000',
      4: log.amountAuthorised,
      7: `${log.transactionDate.slice(2)}040000`,
      11: stan,
      12: '120000',
      13: log.transactionDate.slice(2),
      18: '5411',
      19: '702',
      22: '071',
      23: '001',
      25: '00',
      32: '970200',
      37: `6327040${stan.slice(1)}`,
      41: terminalId,
      42: 'MERCHANT0000001',
      49: '702',
      55: chipData,
    },
  };
}
