/**
 * One presentation of a phone or card, from pre-processing to the outcome: the EMV contactless kernel for the profiles of
 * docs/profiles.md, after EMV Contactless Book C-2 2.11 in EMV mode. One file a phase; nothing here knows a clock,
 * randomness or a socket, and nothing throws for what a card does.
 */
import {
  Pan,
  TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER,
  TAG_5F24_APPLICATION_EXPIRATION_DATE,
  TAG_5F34_PAN_SEQUENCE_NUMBER,
  type Tag,
  unpackN,
} from '@tapseal/emv/data';
import { cardholderVerification } from './cardholder-verification.ts';
import type { Transceive } from './exchange.ts';
import { type Cryptogram, generateCryptogram } from './generate-ac.ts';
import { initiateProcessing } from './initiate-processing.ts';
import { type Stop, stop } from './outcome.ts';
import { preProcess } from './pre-process.ts';
import { processingRestrictions } from './processing-restrictions.ts';
import { readApplicationData } from './read-application-data.ts';
import { selectApplication } from './select-application.ts';
import { selectPpse } from './select-ppse.ts';
import { terminalActionAnalysis } from './terminal-action-analysis.ts';
import type { Profile, TerminalData } from './terminal-data.ts';
import { terminalRiskManagement } from './terminal-risk-management.ts';
import { type CardRead, type Presentation, terminalValues } from './transaction.ts';

/** The card asked for the bank's decision: everything that the acquirer needs to ask for it. */
export interface OnlineRequest {
  readonly outcome: 'online_request';
  readonly profile: Profile;
  readonly aid: Uint8Array;
  readonly label: string;
  /** 5A: a token's number. Prints masked. */
  readonly pan: Pan;
  /** 5F34, two digits; undefined when the card has none. */
  readonly panSequenceNumber: string | undefined;
  /** 5F24, YYMMDD. */
  readonly expiry: string;
  readonly aip: Uint8Array;
  readonly cryptogram: Cryptogram;
  /** The terminal's own values of this presentation by tag: 9F02, 95, 9F34, 9F37 … */
  readonly terminalValues: ReadonlyMap<Tag, Uint8Array>;
  readonly presentation: Presentation;
}

export type Outcome = OnlineRequest | Stop;

export async function present(
  terminal: TerminalData,
  presentation: Presentation,
  transceive: Transceive,
): Promise<Outcome> {
  const prepared = preProcess(terminal, presentation);
  if (!prepared.ok) return prepared.refusal;
  const candidates = await selectPpse(prepared.value, transceive);
  if (!candidates.ok) return candidates.refusal;
  const selected = await selectApplication(prepared.value, candidates.value, transceive);
  if (!selected.ok) return selected.refusal;
  const initiated = await initiateProcessing(selected.value, transceive);
  if (!initiated.ok) return initiated.refusal;
  const read = await readApplicationData(initiated.value, transceive);
  if (!read.ok) return read.refusal;

  const state = terminalRiskManagement(cardholderVerification(processingRestrictions(read.value)));
  const requested = terminalActionAnalysis(state);
  const cryptogram = await generateCryptogram(state, requested, transceive);
  if (!cryptogram.ok) return cryptogram.refusal;
  if (cryptogram.value.type === 'AAC') {
    const reason = requested === 'AAC' ? 'declined_by_terminal' : 'declined_by_card';
    return stopped(reason, `GENERATE AC: AAC for ${requested}`);
  }
  // These profiles are online only: a card of another kind that approves offline is not taken at its word.
  if (cryptogram.value.type === 'TC') return stopped('cryptogram_not_requested', 'GENERATE AC: TC');
  return onlineRequest(state, cryptogram.value);
}

/** The stop that needs no phone, so that a terminal can say it before it asks for one. */
export function refusedBeforeTap(terminal: TerminalData, presentation: Presentation): Stop | undefined {
  const prepared = preProcess(terminal, presentation);
  return prepared.ok ? undefined : prepared.refusal;
}

function stopped(...why: Parameters<typeof stop>): Stop {
  return (stop(...why) as { refusal: Stop }).refusal;
}

function onlineRequest(state: CardRead, cryptogram: Cryptogram): OnlineRequest {
  const sequence = state.card.get(TAG_5F34_PAN_SEQUENCE_NUMBER);
  return {
    outcome: 'online_request',
    profile: state.profile,
    aid: state.aid,
    label: state.label,
    pan: Pan.fromCn(state.card.get(TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER)!)!,
    panSequenceNumber: sequence === undefined ? undefined : unpackN(sequence)!,
    expiry: unpackN(state.card.get(TAG_5F24_APPLICATION_EXPIRATION_DATE)!)!,
    aip: state.aip,
    cryptogram,
    terminalValues: terminalValues(state),
    presentation: state.presentation,
  };
}
