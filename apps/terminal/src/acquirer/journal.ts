/**
 * What a terminal must not forget: the next STAN, and every authorisation whose answer it does not have. An entry is
 * durable before its message leaves, and gone before its result is told, so that whatever a crash cuts off is reversed
 * at the next start and nothing is charged twice.
 */
import { fromHex, toHex } from '@tapseal/emv/data';

/** Where the journal is kept. `save` returns when the bytes are durable. */
export interface JournalStore {
  load(): Uint8Array | undefined;
  save(bytes: Uint8Array): void;
}

export type EntryState =
  /** The request has left, or is about to; nobody knows the answer. */
  | 'in_flight'
  /** Its reversal is to be delivered. */
  | 'reversing'
  /** The bank answered the reversal with a refusal: for people, not for another try. */
  | 'reversal_refused';

export interface JournalEntry {
  /** The original's DE 11. */
  readonly stan: string;
  readonly state: EntryState;
  /** The packed message to send: the request while in flight, then its reversal. Holds the token's number. */
  readonly message: Uint8Array;
  /** How often the reversal was sent; an odd last digit of the MTI marks all but the first. */
  readonly sent: number;
  /** DE 39 of a refused reversal. */
  readonly de39?: string;
}

/** A file that is not ours, or damaged: starting over would lose reversals, so that is for people to decide. */
export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged';
}

export const STAN_MAX = 999_999;
/** With more payments than this to reverse the terminal takes no more until the bank is back. */
export const ENTRIES_MAX = 100;

export class Journal {
  readonly #store: JournalStore;
  #nextStan: number;
  #entries: readonly JournalEntry[];

  private constructor(store: JournalStore, nextStan: number, entries: readonly JournalEntry[]) {
    this.#store = store;
    this.#nextStan = nextStan;
    this.#entries = entries;
  }

  static open(store: JournalStore): Journal {
    const bytes = store.load();
    if (bytes === undefined) return new Journal(store, 1, []);
    const { nextStan, entries } = decode(bytes);
    return new Journal(store, nextStan, entries);
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  get full(): boolean {
    return this.#entries.filter((entry) => entry.state !== 'reversal_refused').length >= ENTRIES_MAX;
  }

  /** A STAN that no other message of this terminal has, durable before it is used. 999999 is followed by 000001. */
  takeStan(): string {
    return this.#allocate((stan) => ({ stan, entries: this.#entries }));
  }

  /** Takes a STAN and notes the request made with it, in one durable step. */
  begin(request: (stan: string) => Uint8Array): string {
    return this.#allocate((stan) => ({
      stan,
      entries: [...this.#entries, { stan, state: 'in_flight', message: request(stan), sent: 0 }],
    }));
  }

  /** The answer is known, or the reversal acknowledged. */
  settle(stan: string): void {
    this.#write(
      this.#nextStan,
      this.#entries.filter((entry) => entry.stan !== stan),
    );
  }

  update(stan: string, change: Partial<Omit<JournalEntry, 'stan'>>): void {
    this.#write(
      this.#nextStan,
      withoutOldestRefused(
        this.#entries.map((entry) => (entry.stan === stan ? { ...entry, ...change } : entry)),
      ),
    );
  }

  #allocate(make: (stan: string) => { stan: string; entries: readonly JournalEntry[] }): string {
    const taken = new Set(this.#entries.map((entry) => entry.stan));
    let next = this.#nextStan;
    while (taken.has(stanText(next))) next = after(next);
    const { stan, entries } = make(stanText(next));
    this.#write(after(next), entries);
    return stan;
  }

  #write(nextStan: number, entries: readonly JournalEntry[]): void {
    this.#store.save(encode(nextStan, entries));
    this.#nextStan = nextStan;
    this.#entries = entries;
  }
}

/** Refused reversals are settled at the bank; the last ones are kept for people, not every one for ever. */
function withoutOldestRefused(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const refused = entries.filter((entry) => entry.state === 'reversal_refused');
  if (refused.length <= ENTRIES_MAX) return entries;
  return entries.filter((entry) => entry !== refused[0]);
}

function stanText(stan: number): string {
  return String(stan).padStart(6, '0');
}

function after(stan: number): number {
  return stan === STAN_MAX ? 1 : stan + 1;
}

const VERSION = 1;
const STATES: readonly string[] = ['in_flight', 'reversing', 'reversal_refused'] satisfies EntryState[];

function encode(nextStan: number, entries: readonly JournalEntry[]): Uint8Array {
  const rows = entries.map(({ message, ...entry }) => ({ ...entry, message: toHex(message) }));
  return new TextEncoder().encode(JSON.stringify({ version: VERSION, nextStan, entries: rows }));
}

function decode(bytes: Uint8Array): { nextStan: number; entries: readonly JournalEntry[] } {
  const damaged = (): never => {
    throw new JournalDamaged('the terminal journal cannot be read');
  };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return damaged();
  }
  const { version, nextStan, entries } = (value ?? {}) as Record<string, unknown>;
  if (version !== VERSION || !Number.isInteger(nextStan) || !Array.isArray(entries)) return damaged();
  return {
    nextStan: nextStan as number,
    entries: entries.map((row: Record<string, unknown>) => {
      const { stan, state, sent, message, de39 } = row;
      const known = typeof stan === 'string' && typeof message === 'string' && Number.isInteger(sent);
      if (!known || !STATES.includes(state as string)) return damaged();
      return {
        stan: stan as string,
        state: state as EntryState,
        sent: sent as number,
        message: fromHex(message as string),
        ...(typeof de39 === 'string' ? { de39 } : {}),
      };
    }),
  };
}

/** A journal that lasts as long as the process: for tests and for a terminal without a data folder. */
export function memoryStore(): JournalStore {
  let kept: Uint8Array | undefined;
  return {
    load: () => kept,
    save: (bytes) => {
      kept = bytes;
    },
  };
}
