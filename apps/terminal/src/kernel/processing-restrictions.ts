/**
 * Processing restrictions: EMV 4.4 Book 3 §10.4, EMV Contactless Book C-2 2.11, 7.7. Nothing is refused here; the TVR
 * remembers, and terminal action analysis decides.
 */
import {
  equalPublic,
  packN,
  TAG_5F24_APPLICATION_EXPIRATION_DATE,
  TAG_5F25_APPLICATION_EFFECTIVE_DATE,
  TAG_5F28_ISSUER_COUNTRY_CODE,
  TAG_9F07_APPLICATION_USAGE_CONTROL,
  TAG_9F08_APPLICATION_VERSION_NUMBER,
  unpackN,
} from '@tapseal/emv/data';
import type { CardRead } from './transaction.ts';
import { type TvrBit, withTvrBits } from './tvr.ts';

/** Application usage control, Book 3 Annex C2, byte 1. */
const AUC_DOMESTIC_GOODS_OR_SERVICES = 0x20 | 0x08;
const AUC_INTERNATIONAL_GOODS_OR_SERVICES = 0x10 | 0x04;
const AUC_AT_TERMINALS_OTHER_THAN_ATM = 0x01;

export function processingRestrictions(state: CardRead): CardRead {
  const bits: TvrBit[] = [];
  // §10.4.1
  const version = state.card.get(TAG_9F08_APPLICATION_VERSION_NUMBER);
  if (version !== undefined && !equalPublic(version, state.terminal.applicationVersion)) {
    bits.push('application_versions_differ');
  }
  // §10.4.2
  if (!serviceAllowed(state)) bits.push('service_not_allowed');
  // §10.4.3
  const today = calendar(state.presentation.date);
  const effective = state.card.get(TAG_5F25_APPLICATION_EFFECTIVE_DATE);
  if (effective !== undefined && calendar(unpackN(effective)!) > today)
    bits.push('application_not_yet_effective');
  const expiry = state.card.get(TAG_5F24_APPLICATION_EXPIRATION_DATE)!;
  if (calendar(unpackN(expiry)!) < today) bits.push('expired_application');
  return { ...state, tvr: withTvrBits(state.tvr, bits) };
}

function serviceAllowed(state: CardRead): boolean {
  const control = state.card.get(TAG_9F07_APPLICATION_USAGE_CONTROL);
  if (control === undefined) return true;
  const where = control[0]!;
  if ((where & AUC_AT_TERMINALS_OTHER_THAN_ATM) === 0) return false;
  const issuerCountry = state.card.get(TAG_5F28_ISSUER_COUNTRY_CODE);
  if (issuerCountry === undefined) return true;
  const domestic = equalPublic(issuerCountry, packN(state.terminal.countryCode, 2));
  return (where & (domestic ? AUC_DOMESTIC_GOODS_OR_SERVICES : AUC_INTERNATIONAL_GOODS_OR_SERVICES)) !== 0;
}

/** YYMMDD with its century, EMV 4.4 Book 4 §6.7.3 (years 50 to 99 are of the 20th century). */
function calendar(yymmdd: string): number {
  const year = Number(yymmdd.slice(0, 2));
  return (year < 50 ? 20_000_000 : 19_000_000) + Number(yymmdd);
}
