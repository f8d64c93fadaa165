/** The bank's own calls, with the operator credential. docs/api.md, "The bank's own calls" */

import { type Static, Type } from 'typebox';
import { CurrencyCode, Instant, LastFour, MinorAmount, oneLine, Uuid } from './values.ts';
import { TokenState } from './wallet.ts';

export const CustomerRequest = Type.Object({ name: oneLine(120) }, { additionalProperties: false });
export const CustomerAnswer = Type.Object({ customerId: Uuid });

export const CardRequest = Type.Object(
  {
    pan: Type.String({ pattern: '^[0-9]{12,19}$' }),
    /** YYMM, as on the card. */
    expiry: Type.String({ pattern: '^[0-9]{2}(0[1-9]|1[0-2])$' }),
    label: oneLine(40),
    currency: CurrencyCode,
    balanceMinor: MinorAmount,
  },
  { additionalProperties: false },
);
export const CardAnswer = Type.Object({ cardId: Uuid, lastFour: LastFour });

export const ActivationCodeAnswer = Type.Object({ activationCode: Type.String(), expiresAt: Instant });

export const TokenStateRequest = Type.Object(
  { state: TokenState, reason: oneLine(200) },
  { additionalProperties: false },
);
export const TokenStateAnswer = Type.Object({ state: TokenState });

export const AuthorisationRow = Type.Object({
  atc: Type.Integer({ minimum: 0, maximum: 65535 }),
  amountMinor: MinorAmount,
  currency: CurrencyCode,
  /** The refusal's name; null when approved. */
  refusal: Type.Union([Type.String(), Type.Null()]),
  de39: Type.String(),
  at: Instant,
  terminalId: Type.String(),
});
export const AuthorisationsAnswer = Type.Object({ authorisations: Type.Array(AuthorisationRow) });

export const ReconciliationRequest = Type.Object({ tokenId: Uuid }, { additionalProperties: false });
export const ReconciliationAnswer = Type.Object({
  matched: Type.Integer(),
  unseenByAcquirer: Type.Integer(),
  unseenByWallet: Type.Integer(),
  amountDiffers: Type.Integer(),
  outcomeUnknown: Type.Integer(),
  gaps: Type.Integer(),
  forks: Type.Integer(),
  rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
});

export type CustomerRequest = Static<typeof CustomerRequest>;
export type CustomerAnswer = Static<typeof CustomerAnswer>;
export type CardRequest = Static<typeof CardRequest>;
export type CardAnswer = Static<typeof CardAnswer>;
export type ActivationCodeAnswer = Static<typeof ActivationCodeAnswer>;
export type TokenStateRequest = Static<typeof TokenStateRequest>;
export type TokenStateAnswer = Static<typeof TokenStateAnswer>;
export type AuthorisationRow = Static<typeof AuthorisationRow>;
export type AuthorisationsAnswer = Static<typeof AuthorisationsAnswer>;
export type ReconciliationRequest = Static<typeof ReconciliationRequest>;
export type ReconciliationAnswer = Static<typeof ReconciliationAnswer>;
