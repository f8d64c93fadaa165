// An authorisation request as the decision sees it: parsed once, checked against itself. ISO 8583:1987 fields on one
// side, EMV data (DE 55) on the other; where both say the same thing they must agree.
import { Pan, parseIad, parseTlv, parseTrack2, THREAT_RESPONSES, tlvValues, toHex } from '@tapseal/emv/data';
import type { Fields, Message, Mti } from '@tapseal/iso8583';
import { dateOfYymmdd } from './calendar.ts';
import { type MessageIdentity, messageIdentity } from './identity.ts';
import type { MessageRefusal } from './refusals.ts';

export type AuthorisationRequest = {
  readonly identity: MessageIdentity;
  readonly mti: Mti;
  /** 0200: the amount is posted at once; 0100: it is held. */
  readonly financial: boolean;
  /** DE 2. */
  readonly token: Pan;
  /** 5F34 or DE 23; null where the terminal sent neither. */
  readonly psn: number | null;
  readonly amountMinor: number;
  /** ISO 4217 numeric. */
  readonly currency: string;
  /** The first two digits of DE 3. */
  readonly transactionType: string;
  /** The first two digits of DE 22, where it is there. */
  readonly entryMode: string | null;
  readonly acquirerId: string;
  readonly terminalId: string;
  readonly merchantId: string;
  readonly merchantName: string | null;
  readonly chip: ChipData;
};

export type ChipData = {
  readonly atc: number;
  readonly cryptogram: Uint8Array;
  /** 9A, 'YYYY-MM-DD'. */
  readonly transactionDate: string;
  /** 9F1A, ISO 3166-1 numeric. */
  readonly terminalCountry: string;
  readonly iad: {
    readonly profile: 'open' | 'tdes';
    readonly dki: number;
    /** The key set id (`open`) or the IDN (`tdes`), upper-case hex: which key set the phone says it used. */
    readonly keySetBinding: string;
    /** docs/profiles.md §3.4, 0 to 6. */
    readonly threatResponse: number;
    readonly policyVersion: number;
  };
  /** Every data object of DE 55, for the HSM. */
  readonly values: ReadonlyMap<number, Uint8Array>;
};

/** `field` is the data element at fault, `tag` the EMV data object; neither names a value. */
export type RequestRefusal = {
  readonly refusal: MessageRefusal;
  readonly field: number;
  readonly tag?: string;
};

export type ParsedRequest =
  | { readonly ok: true; readonly request: AuthorisationRequest }
  | ({ readonly ok: false } & RequestRefusal);

/** The input of the cryptogram (docs/profiles.md §3.1) and what it is checked with: tag, bytes (null: any). */
const CHIP_TAGS = [
  [0x9f02, 6],
  [0x9f03, 6],
  [0x9f1a, 2],
  [0x95, 5],
  [0x5f2a, 2],
  [0x9a, 3],
  [0x9c, 1],
  [0x9f37, 4],
  [0x82, 2],
  [0x9f36, 2],
  [0x9f10, null],
  [0x9f26, 8],
  [0x9f27, 1],
] as const;

/** docs/profiles.md §2: no advice and no reason code is ever set. */
const CID_ARQC = 0x80;

/** `message` carries every mandatory field (`validate`). */
export function parseRequest(message: Message): ParsedRequest {
  const { fields } = message;
  const token = Pan.parse(fields[2] ?? panOfTrack2(fields[35]));
  if (token === undefined) return no('field_missing', 2);
  if (fields[55] === undefined) return no('chip_data_missing', 55);

  // DE 55: BER-TLV, EMV 4.4 Book 3 Annex B.
  const objects = parseTlv(fields[55]);
  const found = objects.ok ? tlvValues(objects.value) : objects;
  if (!found.ok) return no('chip_data_malformed', 55, found.refusal.path);
  const values = found.value;
  for (const [tag, length] of CHIP_TAGS) {
    const value = values.get(tag);
    if (value === undefined) return no('chip_data_missing', 55, hex(tag));
    if (length !== null && value.length !== length) return no('chip_data_malformed', 55, hex(tag));
  }
  const digits = (tag: number) => toHex(values.get(tag)!);
  const transactionDate = dateOfYymmdd(digits(0x9a));
  if (transactionDate === undefined) return no('chip_data_malformed', 55, '9A');
  const sequenceNumber = values.get(0x5f34);
  if (sequenceNumber !== undefined && !/^[0-9]{2}$/.test(toHex(sequenceNumber))) {
    return no('chip_data_malformed', 55, '5F34');
  }

  // What both sides say must be the same.
  const elsewhere = otherTokens(fields, values);
  if (elsewhere.some((other) => other === undefined || !other.equals(token))) return no('token_mismatch', 2);
  if (fields[4] !== digits(0x9f02)) return no('amount_mismatch', 4, '9F02');
  if (`0${fields[49]}` !== digits(0x5f2a)) return no('currency_mismatch', 49, '5F2A');
  if (
    sequenceNumber !== undefined &&
    fields[23] !== undefined &&
    fields[23] !== `0${toHex(sequenceNumber)}`
  ) {
    return no('sequence_number_mismatch', 23, '5F34');
  }
  if (fields[3]!.slice(0, 2) !== digits(0x9c)) return no('transaction_type_mismatch', 3, '9C');
  if (values.get(0x9f27)![0] !== CID_ARQC) return no('cryptogram_type_mismatch', 55, '9F27');

  const iadBytes = values.get(0x9f10)!;
  const iad = parseIad(iadBytes.length === TDES_IAD_BYTES ? 'tdes' : 'open', iadBytes);
  if (!iad.ok) return no('issuer_application_data_malformed', 55, '9F10');
  // 9F27 is outside of the cryptogram, the CVR's type is inside.
  if (iad.value.cryptogramType !== 'ARQC') return no('cryptogram_type_mismatch', 55, '9F10');

  return {
    ok: true,
    request: {
      identity: messageIdentity(message),
      mti: message.mti,
      financial: message.mti.startsWith('02'),
      token,
      psn: sequenceNumber ? Number(toHex(sequenceNumber)) : fields[23] ? Number(fields[23]) : null,
      amountMinor: Number(fields[4]),
      currency: fields[49]!,
      transactionType: fields[3]!.slice(0, 2),
      entryMode: fields[22]?.slice(0, 2) ?? null,
      acquirerId: fields[32]!,
      terminalId: fields[41]!,
      merchantId: fields[42]!,
      merchantName: fields[43] ?? null,
      chip: {
        atc: Number.parseInt(digits(0x9f36), 16),
        cryptogram: values.get(0x9f26)!,
        transactionDate,
        terminalCountry: digits(0x9f1a).slice(1),
        iad: {
          profile: iad.value.profile,
          dki: iad.value.dki,
          keySetBinding: toHex(iad.value.profile === 'open' ? iad.value.keySetId : iad.value.idn),
          threatResponse: THREAT_RESPONSES.indexOf(iad.value.threatResponse),
          policyVersion: iad.value.policyVersion,
        },
        values,
      },
    },
  };
}

const TDES_IAD_BYTES = 18;

/** DE 35: the number up to the separator. */
function panOfTrack2(track2: string | undefined): string {
  return track2?.split(/[=D]/, 1)[0] ?? '';
}

/** The token wherever else the message carries it; undefined where such a place is not readable. */
function otherTokens(fields: Fields, values: ReadonlyMap<number, Uint8Array>): (Pan | undefined)[] {
  const others: (Pan | undefined)[] = [];
  if (fields[35] !== undefined) others.push(Pan.parse(panOfTrack2(fields[35])));
  const track2 = values.get(0x57);
  if (track2 !== undefined) others.push(parseTrack2(track2)?.pan);
  const panField = values.get(0x5a);
  if (panField !== undefined) others.push(Pan.fromCn(panField));
  return others;
}

function hex(tag: number): string {
  return tag.toString(16).toUpperCase();
}

function no(refusal: MessageRefusal, field: number, tag?: string): { readonly ok: false } & RequestRefusal {
  return tag === undefined ? { ok: false, refusal, field } : { ok: false, refusal, field, tag };
}
