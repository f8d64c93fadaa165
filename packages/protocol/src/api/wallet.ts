/** A wallet's calls to the issuer, as schemas. docs/api.md, "A wallet's calls" */

import { type Static, Type } from 'typebox';
import { Base64, CurrencyCode, LastFour, Profile, Uuid } from './values.ts';

export const EnrolmentRequest = Type.Object(
  { activationCode: Type.String({ minLength: 8, maxLength: 32, pattern: '^[0-9A-Za-z-]+$' }) },
  { additionalProperties: false },
);
export const EnrolmentAnswer = Type.Object({
  enrolmentId: Uuid,
  nonce: Base64,
  issuerCertificate: Base64,
});

export const StatementRequest = Type.Object({ statement: Base64 }, { additionalProperties: false });
export const StatementAnswer = Type.Object({ deviceId: Uuid, credential: Type.String(), bundle: Base64 });

export const Card = Type.Object({
  cardId: Uuid,
  label: Type.String(),
  lastFour: LastFour,
  currency: CurrencyCode,
  profiles: Type.Array(Profile),
});
export const CardsAnswer = Type.Object({ cards: Type.Array(Card) });

export const DigitisationRequest = Type.Object(
  { cardId: Uuid, profile: Profile, uplink: Base64 },
  { additionalProperties: false },
);
export const DigitisationAnswer = Type.Object({
  tokenId: Uuid,
  decision: Type.Union([Type.Literal('approved'), Type.Literal('step_up'), Type.Literal('declined')]),
  keySets: Type.Integer({ minimum: 0 }),
});

/** Bundle numbers stay far below 2^53: they count the messages to one device. */
const BundleNumber = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const NextBundle = Type.Object({ bundleNumber: BundleNumber, bundle: Base64 });
export const ReceiptRequest = Type.Object({ receipt: Base64 }, { additionalProperties: false });
export const ReceiptAnswer = Type.Object({ next: Type.Union([NextBundle, Type.Null()]) });

export const ReplenishmentRequest = Type.Object({ tokenId: Uuid }, { additionalProperties: false });
export const ReplenishmentAnswer = Type.Object({ keySets: Type.Integer({ minimum: 0 }) });

export const LogRequest = Type.Object({ uplink: Base64 }, { additionalProperties: false });
export const LogAnswer = Type.Object({
  accepted: Type.Integer({ minimum: 0 }),
  firstSeq: Type.Integer({ minimum: 0 }),
  lastSeq: Type.Integer({ minimum: 0 }),
  findings: Type.Array(Type.Object({ seq: Type.Integer({ minimum: 0 }), finding: Type.String() })),
});

export const TokenState = Type.Union([
  Type.Literal('inactive'),
  Type.Literal('active'),
  Type.Literal('suspended'),
  Type.Literal('deactivated'),
]);
export const Token = Type.Object({
  tokenId: Uuid,
  cardId: Uuid,
  label: Type.String(),
  lastFour: LastFour,
  state: TokenState,
  profile: Profile,
  keySetsLive: Type.Integer({ minimum: 0 }),
});
export const TokensAnswer = Type.Object({ tokens: Type.Array(Token) });

export type EnrolmentRequest = Static<typeof EnrolmentRequest>;
export type EnrolmentAnswer = Static<typeof EnrolmentAnswer>;
export type StatementRequest = Static<typeof StatementRequest>;
export type StatementAnswer = Static<typeof StatementAnswer>;
export type Card = Static<typeof Card>;
export type CardsAnswer = Static<typeof CardsAnswer>;
export type DigitisationRequest = Static<typeof DigitisationRequest>;
export type DigitisationAnswer = Static<typeof DigitisationAnswer>;
export type NextBundle = Static<typeof NextBundle>;
export type ReceiptRequest = Static<typeof ReceiptRequest>;
export type ReceiptAnswer = Static<typeof ReceiptAnswer>;
export type ReplenishmentRequest = Static<typeof ReplenishmentRequest>;
export type ReplenishmentAnswer = Static<typeof ReplenishmentAnswer>;
export type LogRequest = Static<typeof LogRequest>;
export type LogAnswer = Static<typeof LogAnswer>;
export type TokenState = Static<typeof TokenState>;
export type Token = Static<typeof Token>;
export type TokensAnswer = Static<typeof TokensAnswer>;
