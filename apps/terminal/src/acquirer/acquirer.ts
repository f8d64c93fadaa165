/**
 * From a card's cryptogram to the bank's answer, with no double charge and none forgotten: the same message again while
 * there is no answer (the bank answers a repeat as it answered the first), then a reversal that is delivered sooner or
 * later. ISO 8583:1987 clause 4.1 (repeats, reversals), DESIGN of the acceptor in docs/iso8583.md.
 */
import { type Message, pack, unpack } from '@tapseal/iso8583';
import { type Clock, sleep } from '../clock.ts';
import type { TerminalData } from '../kernel/index.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { AcquirerLink } from './link.ts';
import { echoRequest, type ReversalMti, reversalOf, type WithoutStan } from './messages.ts';

export type Authorised =
  | {
      readonly result: 'answered';
      readonly request: Message;
      readonly response: Message;
      readonly de39: string;
    }
  /** Nothing left this terminal: no decision was asked for, nothing is to be undone. */
  | { readonly result: 'unreachable'; readonly request: Message }
  /** The bank may have decided. The payment does not count, and its reversal says so to the bank. */
  | { readonly result: 'unknown'; readonly request: Message; readonly reversal: ReversalState }
  /** Too many reversals wait for the bank: the terminal takes no further payment. */
  | { readonly result: 'journal_full' };

export type ReversalState = 'acknowledged' | 'queued' | 'refused';

export interface AcquirerOptions {
  readonly terminal: TerminalData;
  readonly link: AcquirerLink;
  readonly journal: Journal;
  readonly clock: Clock;
  /** How often the same request is sent before it is reversed. */
  readonly triesMax?: number;
  /** The pause before the second try; it doubles with each. */
  readonly retryMs?: number;
}

export const TRIES_MAX = 4;
export const RETRY_MS = 500;

/** Answers after which a reversal is sent again later: the bank was not able to decide. */
const TEMPORARY: readonly string[] = ['91', '96'];
const ACKNOWLEDGED = '00';

export class Acquirer {
  readonly #options: AcquirerOptions;
  readonly #triesMax: number;
  readonly #retryMs: number;
  #delivering: Promise<void> = Promise.resolve();

  constructor(options: AcquirerOptions) {
    this.#options = options;
    this.#triesMax = options.triesMax ?? TRIES_MAX;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    // What was in flight when this terminal stopped has an answer that nobody was told.
    for (const entry of options.journal.entries) if (entry.state === 'in_flight') this.#reverse(entry);
  }

  async authorise(make: WithoutStan): Promise<Authorised> {
    const { journal, link } = this.#options;
    if (journal.full) return { result: 'journal_full' };
    let request: Message | undefined;
    const stan = journal.begin((given) => {
      request = make(given);
      return packed(request);
    });
    const message = request!;

    let sent = false;
    for (let attempt = 1; attempt <= this.#triesMax; attempt++) {
      if (attempt > 1) await sleep(this.#options.clock, this.#retryMs * 2 ** (attempt - 2));
      const answer = await link.request(message);
      if (answer === 'not_sent') continue;
      sent = true;
      if (answer === 'no_answer') continue;
      const de39 = answer.fields[39];
      if (de39 === undefined || !echoes(message, answer)) continue;
      journal.settle(stan);
      return { result: 'answered', request: message, response: answer, de39 };
    }
    if (!sent) {
      journal.settle(stan);
      return { result: 'unreachable', request: message };
    }
    this.#reverse(journal.entries.find((entry) => entry.stan === stan)!);
    await this.deliverReversals();
    const left = journal.entries.find((entry) => entry.stan === stan);
    const reversal = left === undefined ? 'acknowledged' : left.state === 'reversing' ? 'queued' : 'refused';
    return { result: 'unknown', request: message, reversal };
  }

  /** Sends what is to be reversed, oldest first, until the bank does not answer. */
  deliverReversals(): Promise<void> {
    this.#delivering = this.#delivering.then(() => this.#deliver());
    return this.#delivering;
  }

  get reversalsWaiting(): number {
    return this.#options.journal.entries.filter((entry) => entry.state === 'reversing').length;
  }

  get reversalsRefused(): number {
    return this.#options.journal.entries.filter((entry) => entry.state === 'reversal_refused').length;
  }

  /** Whether the bank answers. */
  async echo(): Promise<boolean> {
    const { terminal, journal, link, clock } = this.#options;
    const answer = await link.request(echoRequest(terminal, journal.takeStan(), clock));
    return typeof answer !== 'string';
  }

  /** From here on the payment does not count, whatever still arrives. Durable at once. */
  #reverse(entry: JournalEntry): void {
    const { journal, clock } = this.#options;
    const reversal = reversalOf('0400', messageOf(entry), journal.takeStan(), clock);
    journal.update(entry.stan, { state: 'reversing', message: packed(reversal) });
  }

  async #deliver(): Promise<void> {
    const { journal, link } = this.#options;
    for (const entry of journal.entries) {
      if (entry.state !== 'reversing') continue;
      journal.update(entry.stan, { sent: entry.sent + 1 });
      const answer = await link.request({ ...messageOf(entry), mti: reversalMti(entry.sent) });
      if (typeof answer === 'string') {
        // Never left: the next one is still the first.
        if (answer === 'not_sent') journal.update(entry.stan, { sent: entry.sent });
        return;
      }
      const de39 = answer.fields[39] ?? '';
      if (de39 === ACKNOWLEDGED) journal.settle(entry.stan);
      else if (TEMPORARY.includes(de39)) return;
      else journal.update(entry.stan, { state: 'reversal_refused', de39 });
    }
  }
}

/** A request first, then an advice, which cannot be declined, then its repeats. */
function reversalMti(sent: number): ReversalMti {
  return sent === 0 ? '0400' : sent === 1 ? '0420' : '0421';
}

/** An answer to our STAN that speaks of another amount is another's. */
function echoes(request: Message, answer: Message): boolean {
  const amount = answer.fields[4];
  return amount === undefined || amount === request.fields[4];
}

function packed(message: Message): Uint8Array {
  const result = pack(message);
  if (!result.ok)
    throw new Error(`a message of ours cannot be packed: field ${result.error.field} ${result.error.reason}`);
  return result.bytes;
}

function messageOf(entry: JournalEntry): Message {
  const unpacked = unpack(entry.message);
  if (!unpacked.ok) throw new Error(`a journal entry is no message: field ${unpacked.error.field}`);
  return unpacked.message;
}
