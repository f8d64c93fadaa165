/**
 * A tap as a file that an independent program can check: every APDU, field 55, the cryptogram, the bank's answer, and with
 * test keys the issuer master keys to recompute it from. The format is frozen in DESIGN §8; hex is upper case.
 */
import { toHex } from '@tapseal/emv/data';
import { field55 } from './acquirer/index.ts';
import type { Profile } from './kernel/index.ts';
import type { SaleRecord } from './sale.ts';

/** Published issuer master keys of one profile, upper-case hex. Never live keys. */
export interface TestKeys {
  readonly imkMd: string;
  readonly imkUmd: string;
}

export interface Trace {
  readonly profile: Profile | null;
  readonly aid: string | null;
  /** Of the last presentation; `r` is empty where the link failed. */
  readonly apdus: readonly { readonly c: string; readonly r: string }[];
  readonly de55: string | null;
  /** 9F26 */
  readonly arqc: string | null;
  /** 9F36 */
  readonly atc: string | null;
  /** The token's digits in clear: the derivation input. */
  readonly token: string | null;
  /** 5F34, two digits. */
  readonly psn: string | null;
  /** The type of the bank's answer and its DE 39; null when there was none. */
  readonly authorisation: { readonly mti: string; readonly de39: string } | null;
  readonly testKeys?: TestKeys;
}

export function traceOf(sale: SaleRecord, testKeys: TestKeys | undefined): Trace {
  const { online, response, exchanged } = sale;
  return {
    profile: online?.profile ?? null,
    aid: online === undefined ? null : toHex(online.aid),
    apdus: exchanged.map(({ command, response: r }) => ({
      c: toHex(command),
      r: r === undefined ? '' : toHex(r),
    })),
    de55: online === undefined ? null : toHex(field55(online)),
    arqc: online === undefined ? null : toHex(online.cryptogram.cryptogram),
    atc: online === undefined ? null : toHex(online.cryptogram.atc),
    token: online?.pan.reveal() ?? null,
    psn: online?.panSequenceNumber ?? null,
    authorisation: response === undefined ? null : { mti: response.mti, de39: response.fields[39] ?? '' },
    ...(testKeys === undefined ? {} : { testKeys }),
  };
}
