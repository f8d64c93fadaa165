// Sync: everything that wallet and bank owe each other, in an order in which each step may be the last before a
// crash. What was begun goes first (its uplink has the lowest number), then the bank's bundles, the log, the keys.
import { type Bank, credentialOf } from './bank.ts';
import { takeBundles } from './bundles.ts';
import { resumeDigitisation } from './digitisation.ts';
import type { Payment, TokenSummary } from './element.ts';
import { resumeEnrolment } from './enrolment.ts';
import { BankRefusal } from './refusals.ts';

/** An uplink holds a part of a long log; a log of any length that the element can hold takes fewer than this. */
const LOG_PARTS_MOST = 64;

export interface SyncReport {
  readonly bundles: number;
  readonly logRecords: number;
  readonly keySetsAsked: number;
  /** Steps that the bank refused by name; the others were done. */
  readonly refused: readonly { readonly step: SyncStep; readonly reason: string }[];
}

export type SyncStep = 'digitisation' | 'log' | 'replenishment';

/** Throws `not_enrolled`, `bank_unreachable` and what else stops every step; may be repeated at any time. */
export async function sync(bank: Bank, payment: Payment, replenishAt: number): Promise<SyncReport> {
  const refused: { step: SyncStep; reason: string }[] = [];
  const attempt = async (step: SyncStep, work: () => Promise<number>): Promise<number> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BankRefusal) || error.status === 401) throw error;
      // A sealed PIN that still waits has the lowest uplink number: nothing may overtake it, or it could never be sent.
      if (bank.memory.state.digitisation !== undefined) throw error;
      refused.push({ step, reason: error.reason });
      return 0;
    }
  };

  await resumeEnrolment(bank);
  credentialOf(bank);
  await attempt('digitisation', async () => ((await resumeDigitisation(bank)) === undefined ? 0 : 1));
  let bundles = await takeBundles(bank);
  let logRecords = 0;
  for (const { tokenId } of await tokens(bank, payment)) {
    logRecords += await attempt('log', () =>
      uploadLog(bank, payment, tokenId, async () => {
        const taken = await takeBundles(bank);
        bundles += taken;
        return taken;
      }),
    );
  }
  let keySetsAsked = 0;
  for (const token of await tokens(bank, payment)) {
    if (!needsKeys(bank, token, replenishAt)) continue;
    keySetsAsked += await attempt('replenishment', () => replenish(bank, token.tokenId));
  }
  bundles += await takeBundles(bank);
  bank.listeners.tell({ event: 'synced', bundles, logRecords });
  return { bundles, logRecords, keySetsAsked, refused };
}

function tokens(bank: Bank, payment: Payment): Promise<TokenSummary[]> {
  return bank.turns.take(() => payment.tokens());
}

// An uplink is never kept: after a crash it is made again, with a higher number, and the bank knows the records.
// The acknowledgement comes as a bundle, for which `take` asks; without it the next uplink would begin at the same
// record.
async function uploadLog(
  bank: Bank,
  payment: Payment,
  tokenId: string,
  take: () => Promise<number>,
): Promise<number> {
  let records = 0;
  let uploadedTo = 0;
  for (let part = 0; part < LOG_PARTS_MOST; part += 1) {
    const uplink = await bank.turns.take(() => payment.logUplink(tokenId));
    if (uplink === undefined) break;
    const answer = await bank.issuer.uploadLog(credentialOf(bank), uplink, bank.newKey());
    if (answer.lastSeq <= uploadedTo) break;
    uploadedTo = answer.lastSeq;
    records += answer.accepted;
    if ((await take()) === 0) break;
  }
  return records;
}

function needsKeys(bank: Bank, token: TokenSummary, replenishAt: number): boolean {
  if (token.state !== 'active') return false;
  return token.keySetsLive <= replenishAt || token.tokenId in bank.memory.state.replenishments;
}

async function replenish(bank: Bank, tokenId: string): Promise<number> {
  const idempotencyKey = bank.memory.state.replenishments[tokenId] ?? bank.newKey();
  await bank.memory.change((state) => ({
    ...state,
    replenishments: { ...state.replenishments, [tokenId]: idempotencyKey },
  }));
  const forget = () =>
    bank.memory.change(({ replenishments: { [tokenId]: _, ...others }, ...state }) => ({
      ...state,
      replenishments: others,
    }));
  try {
    const keySets = await bank.issuer.replenish(credentialOf(bank), tokenId, idempotencyKey);
    await forget();
    return keySets;
  } catch (error) {
    if (error instanceof BankRefusal && error.status !== 429 && error.status < 500) await forget();
    throw error;
  }
}
