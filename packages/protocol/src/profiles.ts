/** The payment profiles by name and by the byte that names them in layouts. docs/profiles.md §1 */

/** One byte in layouts. `luk` is reserved and not issued yet. */
export const PROFILE_ID = { open: 0x01, tdes: 0x02, luk: 0x03 } as const;

/** Every profile that has a number. */
export type ProfileName = keyof typeof PROFILE_ID;

/** The profiles that an issuer issues today. */
export const ISSUED_PROFILES = ['open', 'tdes'] as const;
export type IssuedProfile = (typeof ISSUED_PROFILES)[number];

/** ADF names: proprietary, unregistered category (ISO/IEC 7816-5), `TAPSEAL` in ASCII, profile id. */
export const PROFILE_AID: Readonly<Record<ProfileName, string>> = {
  open: 'F05441505345414C01',
  tdes: 'F05441505345414C02',
  luk: 'F05441505345414C03',
};

/** Application labels, tag 50. */
export const PROFILE_LABEL: Readonly<Record<ProfileName, string>> = {
  open: 'TAPSEAL OPEN',
  tdes: 'TAPSEAL TDES',
  luk: 'TAPSEAL LUK',
};
