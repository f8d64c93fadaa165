/**
 * The counter: one sale at a time, the last ones kept by number so that their results can be read again, and a recorded
 * sale replayed from another terminal for the demonstration.
 */
import type { Message } from '@tapseal/iso8583';
import { DE39_APPROVED, replayOf, responseWords } from './acquirer/index.ts';
import { AMOUNT_MINOR_MAX, limitsOf, type Profile } from './kernel/index.ts';
import {
  SALE_REASONS,
  type SaleDependencies,
  type SaleRecord,
  type SaleRequest,
  type SaleResult,
  takeSale,
} from './sale.ts';

export type DeskRefusal = 'sale_in_progress' | 'sale_unknown' | 'sale_not_sent' | 'request_invalid';

export interface KeptSale {
  readonly saleId: string;
  readonly state: 'in_progress' | 'completed';
  readonly result?: SaleResult;
}

export interface ReplayResult {
  readonly saleId: string;
  readonly terminalId: string;
  readonly result: SaleResult['result'];
  readonly words: string;
  readonly de39?: string;
  readonly stan?: string;
}

/** More than a shift of demonstrations; the oldest is forgotten. */
export const SALES_KEPT_MAX = 200;
export const PRESENT_WITHIN_SECONDS_MAX = 300;

export class SaleDesk {
  readonly #dependencies: SaleDependencies;
  readonly #sales = new Map<string, KeptSale & { readonly request?: Message }>();
  #inProgress: string | undefined;

  constructor(dependencies: SaleDependencies) {
    this.#dependencies = dependencies;
  }

  get inProgress(): string | undefined {
    return this.#inProgress;
  }

  /** Resolves when the sale has its result. */
  async sell(
    sale: SaleRequest,
    presentWithinMs?: number,
  ): Promise<(KeptSale & { result: SaleResult; record: SaleRecord }) | DeskRefusal> {
    if (this.#inProgress !== undefined) return 'sale_in_progress';
    const saleId = uuid(this.#dependencies.random(16));
    this.#inProgress = saleId;
    this.#keep({ saleId, state: 'in_progress' });
    try {
      const record = await takeSale(sale, this.#dependencies, presentWithinMs);
      const kept = { saleId, state: 'completed', result: record.result } as const;
      this.#keep({ ...kept, ...(record.request === undefined ? {} : { request: record.request }) });
      return { ...kept, record };
    } finally {
      this.#inProgress = undefined;
      // A sale that a bug broke off has no result to be read.
      if (this.#sales.get(saleId)?.state === 'in_progress') this.#sales.delete(saleId);
    }
  }

  sale(saleId: string): KeptSale | undefined {
    const kept = this.#sales.get(saleId);
    if (kept === undefined) return undefined;
    const { request: _, ...shown } = kept;
    return shown;
  }

  /** Sends a sale's DE 55 once more, as another terminal, with a STAN of its own. */
  async replay(saleId: string, terminalId: string): Promise<ReplayResult | DeskRefusal> {
    const original = this.#sales.get(saleId);
    if (original === undefined) return 'sale_unknown';
    if (original.request === undefined) return 'sale_not_sent';
    if (!/^[A-Z0-9]{8}$/.test(terminalId)) return 'request_invalid';
    const make = replayOf(original.request, terminalId, this.#dependencies.clock);
    const authorised = await this.#dependencies.acquirer.authorise(make);
    const facts = { saleId, terminalId };
    if (authorised.result !== 'answered') {
      return { ...facts, result: 'not_completed', words: SALE_REASONS[authorised.result] };
    }
    const { de39, request } = authorised;
    const result = de39 === DE39_APPROVED ? 'approved' : 'declined';
    return { ...facts, result, words: responseWords(de39), de39, stan: request.fields[11]! };
  }

  /** A sale from what came over HTTP, or undefined. */
  parse(body: unknown): { sale: SaleRequest; presentWithinMs?: number } | undefined {
    const { amountMinor, currency, profile, presentWithinSeconds } = (body ?? {}) as Record<string, unknown>;
    const amount = Number.isSafeInteger(amountMinor) ? BigInt(amountMinor as number) : 0n;
    if (amount <= 0n || amount > AMOUNT_MINOR_MAX) return undefined;
    if (typeof currency !== 'string') return undefined;
    if (limitsOf(this.#dependencies.terminal.limits, currency) === undefined) return undefined;
    const sale = { amountMinor: amount, currency, profile: profile as Profile | undefined };
    if (profile !== undefined && profile !== 'open' && profile !== 'tdes') return undefined;
    if (presentWithinSeconds === undefined) return { sale };
    const seconds = Number(presentWithinSeconds);
    if (!(seconds > 0 && seconds <= PRESENT_WITHIN_SECONDS_MAX)) return undefined;
    return { sale, presentWithinMs: seconds * 1000 };
  }

  #keep(sale: KeptSale & { readonly request?: Message }): void {
    this.#sales.delete(sale.saleId);
    this.#sales.set(sale.saleId, sale);
    for (const oldest of this.#sales.keys()) {
      if (this.#sales.size <= SALES_KEPT_MAX) break;
      this.#sales.delete(oldest);
    }
  }
}

/** RFC 9562 version 4. */
function uuid(random: Uint8Array): string {
  const bytes = random.slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
