/** What a phone is told about a token: the data elements of docs/profiles.md §2, as the secure element answers them. */

import {
  encodeTlv,
  fromHex,
  type Pan,
  PROFILE_AFL,
  PROFILE_AIP,
  PROFILE_CDOL1,
  PROFILE_PDOL,
  PROFILES,
  packN,
  type Tag,
  type TlvSource,
  tlv,
} from '@tapseal/emv';
import type { IssuedProfile, PersonaliseToken } from '@tapseal/protocol';
import { psnDigits } from '../keys/derivation.ts';

export interface TokenProfile {
  readonly tokenId: string;
  readonly profile: IssuedProfile;
  readonly token: Pan;
  readonly psn: number;
  /** Last day, 'YYYY-MM-DD'. */
  readonly expiresOn: string;
  readonly dki: number;
  readonly par: string;
  readonly homeCurrency: string;
  readonly issuerCountry: string;
  readonly lowValueTapMinor: number;
  readonly lowValueTapsMax: number;
  readonly lowValueSumMinor: number;
}

export interface ProfileSettings {
  readonly tokenRequestorId: string;
  readonly cdcvmFreshSeconds: number;
}

const TEMPLATE_70: Tag = 0x70;

/** The message that personalises a token, all but its K-log. */
export function personalisation(
  token: TokenProfile,
  settings: ProfileSettings,
): Omit<PersonaliseToken, 'logKey'> {
  const { aid, label, cvn } = PROFILES[token.profile];
  const expiry = token.expiresOn.slice(2).replaceAll('-', '');
  return {
    profile: token.profile,
    tokenId: token.tokenId,
    token: token.token.reveal(),
    psn: psnDigits(token.psn),
    expiry,
    dki: token.dki,
    cvn,
    aip: PROFILE_AIP,
    homeCurrency: token.homeCurrency,
    issuerCountry: token.issuerCountry,
    lowValueTapLimitMinor: BigInt(token.lowValueTapMinor),
    lowValueTapsMax: token.lowValueTapsMax,
    lowValueSumMinor: BigInt(token.lowValueSumMinor),
    cdcvmFreshSeconds: settings.cdcvmFreshSeconds,
    aid,
    label: new TextEncoder().encode(label),
    pdol: PROFILE_PDOL,
    afl: PROFILE_AFL,
    cdol1: PROFILE_CDOL1,
    records: [record1(token, expiry), record2(token, settings)].map((objects, index) => ({
      sfi: 1,
      recordNumber: index + 1,
      template: encodeTlv(tlv(TEMPLATE_70, objects)),
    })),
  };
}

function record1(token: TokenProfile, expiry: string): TlvSource[] {
  return [
    tlv(0x57, track2(token.token, expiry)),
    tlv(0x5a, fromHex(evenWithF(token.token.reveal()))),
    tlv(0x5f24, packN(expiry, 3)),
    tlv(0x5f34, packN(psnDigits(token.psn), 1)),
    tlv(0x5f28, packN(token.issuerCountry, 2)),
    tlv(0x9f42, packN(token.homeCurrency, 2)),
    tlv(0x9f07, fromHex('FF00')),
  ];
}

function record2(token: TokenProfile, settings: ProfileSettings): TlvSource[] {
  return [
    tlv(0x8c, PROFILE_CDOL1),
    tlv(0x8e, fromHex('00000000000000001F00')),
    tlv(0x9f0d, fromHex('0000000000')),
    tlv(0x9f0e, fromHex('0000000000')),
    tlv(0x9f0f, fromHex('FFFFFFFFFF')),
    tlv(0x9f08, fromHex('0002')),
    tlv(0x9f24, new TextEncoder().encode(token.par)),
    tlv(0x9f19, packN(settings.tokenRequestorId, 6)),
  ];
}

/** Track 2 equivalent data: token, D, YYMM, service code 201, thirteen discretionary zeros. EMV 4.4 Book 3 Annex A */
function track2(token: Pan, expiry: string): Uint8Array {
  return fromHex(evenWithF(`${token.reveal()}D${expiry.slice(0, 4)}201${'0'.repeat(13)}`));
}

function evenWithF(digits: string): string {
  return digits.length % 2 === 0 ? digits : `${digits}F`;
}
