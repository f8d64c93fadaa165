/**
 * Our payment profiles as the issuer and the terminal read them: docs/profiles.md §1 and §2. The secure element has its
 * own reading; `vectors/` make both agree.
 */
import { fromHex } from './bytes.ts';

export type ProfileName = 'open' | 'tdes' | 'luk';

export type Profile = {
  readonly name: ProfileName;
  /** One byte in layouts. */
  readonly id: number;
  readonly aid: Uint8Array;
  /** Tag 50. */
  readonly label: string;
  /** Bytes of the IAD, tag 9F10. */
  readonly iadLength: number;
  /** Cryptogram version number: the second byte of the IAD (`open`: the common core identifier). */
  readonly cvn: number;
  /** Derivation key index of the first master keys. */
  readonly dki: number;
  /** Whether keys of this profile are given out; `luk` is reserved. */
  readonly issued: boolean;
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  open: {
    name: 'open',
    id: 0x01,
    aid: fromHex('F05441505345414C01'),
    label: 'TAPSEAL OPEN',
    iadLength: 32,
    cvn: 0xa6,
    dki: 0x01,
    issued: true,
  },
  tdes: {
    name: 'tdes',
    id: 0x02,
    aid: fromHex('F05441505345414C02'),
    label: 'TAPSEAL TDES',
    iadLength: 18,
    cvn: 0x15,
    dki: 0x01,
    issued: true,
  },
  luk: {
    name: 'luk',
    id: 0x03,
    aid: fromHex('F05441505345414C03'),
    label: 'TAPSEAL LUK',
    iadLength: 32,
    cvn: 0x22,
    dki: 0x01,
    issued: false,
  },
};

export function profileById(id: number): Profile | undefined {
  return Object.values(PROFILES).find((profile) => profile.id === id);
}

/** Tag 82: cardholder verification, on-device cardholder verification, EMV mode. */
export const PROFILE_AIP = fromHex('1280');
/** Tag 94: SFI 1, records 1 and 2, none in offline data authentication. */
export const PROFILE_AFL = fromHex('08010200');
/** Tag 9F38: amount, currency, terminal country. */
export const PROFILE_PDOL = fromHex('9F02065F2A029F1A02');
/** Tag 8C; the last four (time, terminal, merchant, merchant's name) are for the wallet's log alone. */
export const PROFILE_CDOL1 = fromHex(
  '9F02069F03069F1A0295055F2A029A039C019F37049F35019F34039F21039F1C089F160F9F4E14',
);
