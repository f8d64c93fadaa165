// Days of a bank from one seed: customers enrol, tap, lose their network, mistype PINs, take the phone away too soon;
// merchants repeat, reverse and replay; the bank suspends. Everything runs one after the other on one clock, so that a
// seed decides all that anybody sees. At the end the parties' books are compared: what each holds was kept by its own code.
import { createHash } from 'node:crypto';
import type { Message } from '@tapseal/iso8583';
import { dateDigits, replayOf, reversalOf, type SaleRecord, takeSale } from '@tapseal/terminal';
import { loadKernel } from '@tapseal/vse/node';
import { below, seeded } from './seeded.ts';
import {
  type SimulatedBank,
  type SimulatedTerminal,
  startSimulatedBank,
  UTC_OFFSET_MINUTES,
} from './simulated-bank.ts';
import { type BreakOff, SimulatedPhone } from './simulated-phone.ts';

export type SimulationOptions = {
  readonly seed: number;
  readonly phones: number;
  readonly days: number;
  readonly terminals?: number;
  readonly onDay?: (day: DaySummary) => void;
};

export type DaySummary = {
  readonly date: string;
  /** Word of the outcome (`00`, `55`, `link_lost`, `no_keys_left` …) → how often, in the order of the words. */
  readonly outcomes: ReadonlyMap<string, number>;
};

export type SimulationEnd = {
  readonly taps: number;
  readonly approvedMinor: bigint;
  readonly reconciliation: Readonly<Record<string, number>>;
  /** What does not add up; empty as it should be. */
  readonly broken: readonly string[];
  /** SHA-256 over all that happened, in its order. */
  readonly digest: string;
};

/** 23 November 2026, midnight in Singapore. */
const START_MS = Date.UTC(2026, 10, 22, 16);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const FIRST_MINUTE = 8 * 60;
const SYNC_MINUTE = 22 * 60;
const PIN = '4929';
const WRONG_PIN = '4920';
/** docs/profiles.md §6: above this a PIN is asked for. */
const LOW_VALUE_MINOR = 10_000;
/** The demonstration's people have the numbers below. */
const FIRST_CARD = 100_000;
const APPROVED = '00';
const CRYPTOGRAM_REFUSED = '63';

type Customer = {
  readonly number: number;
  readonly phone: SimulatedPhone;
  readonly tokenId: string;
  readonly profile: 'open' | 'tdes';
  suspended: boolean;
};

type Decided = { readonly amountMinor: bigint; readonly de39: string; reversed: boolean };

export async function simulate(options: SimulationOptions): Promise<SimulationEnd> {
  const clock = { ms: START_MS };
  const nowMs = () => clock.ms;
  const bank = await startSimulatedBank(nowMs, entropyOf(options.seed));
  const customers: Customer[] = [];
  try {
    const days = new Days(options, clock, bank);
    await days.enrol(customers, nowMs);
    for (let day = 0; day < options.days; day++) await days.play(day, customers);
    return await days.close(customers);
  } finally {
    for (const { phone } of customers) await phone.close();
    await bank.stop();
  }
}

class Days {
  readonly #options: SimulationOptions;
  readonly #clock: { ms: number };
  readonly #bank: SimulatedBank;
  readonly #random: () => number;
  readonly #terminals: readonly SimulatedTerminal[];
  readonly #digest = createHash('sha256');
  /** What the merchants were told, by token and ATC. */
  readonly #decided = new Map<string, Decided>();
  readonly #broken: string[] = [];
  #neverSent = 0;
  #taps = 0;

  constructor(options: SimulationOptions, clock: { ms: number }, bank: SimulatedBank) {
    this.#options = options;
    this.#clock = clock;
    this.#bank = bank;
    this.#random = seeded(options.seed ^ 0x5eed);
    this.#terminals = Array.from({ length: options.terminals ?? 3 }, (_, n) =>
      bank.terminal(n + 1, entropyOf(options.seed * 1_000 + n)),
    );
  }

  async enrol(customers: Customer[], nowMs: () => number): Promise<void> {
    const kernel = await loadKernel();
    for (let number = 1; number <= this.#options.phones; number++) {
      const { customerId } = await this.#bank.operator<{ customerId: string }>(
        'POST /v1/operator/customers',
        { name: `Customer ${number}` },
      );
      await this.#bank.operator(`POST /v1/operator/customers/${customerId}/cards`, {
        pan: cardNumber(number),
        expiry: '3112',
        label: 'Everyday card',
        currency: 'SGD',
        balanceMinor: 500_000,
      });
      const { activationCode } = await this.#bank.operator<{ activationCode: string }>(
        `POST /v1/operator/customers/${customerId}/activation-codes`,
      );
      const entropy = entropyOf(this.#options.seed * 10_000 + number);
      const phone = await SimulatedPhone.open({ kernel, issuerUrl: this.#bank.url, nowMs, entropy });
      await phone.wallet.enrol(activationCode);
      const profile = number % 2 === 0 ? 'tdes' : 'open';
      const { tokenId } = await phone.wallet.digitise({ profile, pin: new TextEncoder().encode(PIN) });
      await phone.wallet.sync();
      customers.push({ number, phone, tokenId, profile, suspended: false });
    }
  }

  async play(day: number, customers: readonly Customer[]): Promise<void> {
    const midnight = START_MS + day * DAY_MS;
    const outcomes = new Map<string, number>();
    const plans: { at: number; customer: Customer }[] = [];
    for (const customer of customers) {
      // Down for the whole day for some: the phone pays without, until its keys run out.
      customer.phone.network.up = this.#chance(0.7);
      for (let n = below(this.#random, 5); n > 0; n--)
        plans.push({ at: FIRST_MINUTE + below(this.#random, SYNC_MINUTE - FIRST_MINUTE), customer });
    }
    plans.sort((a, b) => a.at - b.at || a.customer.number - b.customer.number);
    for (const { at, customer } of plans) {
      this.#clock.ms = Math.max(this.#clock.ms + 1_000, midnight + at * MINUTE_MS);
      const outcome = await this.#tap(customer);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    this.#clock.ms = Math.max(this.#clock.ms + 1_000, midnight + SYNC_MINUTE * MINUTE_MS);
    for (const customer of customers) await this.#evening(customer);
    const date = dateDigits(midnight, UTC_OFFSET_MINUTES).yymmdd;
    const inOrder = [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#options.onDay?.({ date, outcomes: new Map(inOrder) });
  }

  /** All phones come home, and the books are compared. */
  async close(customers: readonly Customer[]): Promise<SimulationEnd> {
    const reconciliation: Record<string, number> = {};
    for (const customer of customers) {
      customer.phone.network.up = true;
      await this.#sync(customer);
      const { rows, ...counts } = await this.#bank.operator<Record<string, number> & { rows: unknown }>(
        'POST /v1/operator/reconciliations',
        { tokenId: customer.tokenId },
      );
      for (const [name, count] of Object.entries(counts))
        reconciliation[name] = (reconciliation[name] ?? 0) + count;
      await this.#compareAuthorisations(customer);
    }
    for (const name of ['unseenByWallet', 'amountDiffers', 'outcomeUnknown', 'gaps', 'forks'])
      this.#must(reconciliation[name] === 0, `${name}: ${reconciliation[name]}`);
    this.#must(
      reconciliation.unseenByAcquirer === this.#neverSent,
      `${reconciliation.unseenByAcquirer} unseen by the acquirer, ${this.#neverSent} cryptograms never sent`,
    );
    const counted = [...this.#decided.values()].filter(
      ({ de39, reversed }) => de39 === APPROVED && !reversed,
    );
    const approvedMinor = counted.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
    const held = await this.#bank.heldMinor();
    this.#must(held === approvedMinor, `the bank holds ${held}, the merchants count ${approvedMinor}`);
    this.#note(`held ${held}`, JSON.stringify(reconciliation));
    const digest = this.#digest.digest('hex');
    return { taps: this.#taps, approvedMinor, reconciliation, broken: this.#broken, digest };
  }

  async #tap(customer: Customer): Promise<string> {
    this.#taps++;
    const amountMinor = this.#amount();
    const terminal = this.#terminals[below(this.#random, this.#terminals.length)]!;
    const breakOff = this.#breakOff();
    const pin = this.#chance(0.04) ? WRONG_PIN : PIN;
    const refusals: string[] = [];
    // The PIN is entered before the tap where the customer knows that it will be asked for, or when the terminal says so.
    let asked = amountMinor > LOW_VALUE_MINOR && this.#chance(0.5);
    let presentations = 0;
    const sale = { amountMinor: BigInt(amountMinor), currency: 'SGD' };
    const record = await takeSale(sale, {
      ...terminal,
      utcOffsetMinutes: UTC_OFFSET_MINUTES,
      phone: async () => {
        if (++presentations > 2 || (breakOff !== undefined && presentations > 1)) return 'none';
        const transceive = await customer.phone.hold(asked ? pin : undefined, breakOff);
        asked = true;
        if (typeof transceive === 'function') return { transceive, leave: () => customer.phone.leave() };
        refusals.push(transceive.refusal);
        return 'none';
      },
    });
    await customer.phone.settled();
    const { result } = record;
    const outcome = refusals[0] ?? result.de39 ?? result.reason;
    if (breakOff === 'after_cryptogram' && result.reason === 'link_lost') this.#neverSent++;
    this.#note(
      dateDigits(this.#clock.ms, UTC_OFFSET_MINUTES).yymmdd,
      `${customer.number} ${customer.profile} ${result.amount} ${result.card?.atc ?? '-'} ${outcome}`,
    );
    if (record.request !== undefined && record.response !== undefined)
      await this.#after(customer, terminal, record, record.request, record.response);
    return outcome;
  }

  /** What a merchant, a bad line or a thief does with a request that was answered. */
  async #after(
    customer: Customer,
    terminal: SimulatedTerminal,
    { result }: SaleRecord,
    request: Message,
    response: Message,
  ): Promise<void> {
    const atc = Number.parseInt(result.card!.atc, 16);
    const key = `${customer.tokenId} ${atc}`;
    const de39 = response.fields[39]!;
    this.#must(!this.#decided.has(key), `customer ${customer.number}, ATC ${atc}: two sales`);
    const decided: Decided = { amountMinor: BigInt(request.fields[4]!), de39, reversed: false };
    this.#decided.set(key, decided);
    if (this.#chance(0.05)) {
      const repeated = await terminal.link.request({ ...request, mti: '0101' });
      const same = typeof repeated !== 'string' && sameAnswer(repeated, response);
      this.#must(same, `customer ${customer.number}, ATC ${atc}: a repeat got another answer`);
    }
    if (this.#chance(0.05)) {
      const replay = await terminal.acquirer.authorise(replayOf(request, 'SIMTHIEF', terminal.clock));
      const got = replay.result === 'answered' ? replay.de39 : replay.result;
      this.#must(got === CRYPTOGRAM_REFUSED, `customer ${customer.number}, ATC ${atc}: a replay got ${got}`);
    }
    if (de39 === APPROVED && this.#chance(0.05)) {
      const stan = String(900_000 + this.#decided.size).padStart(6, '0');
      const reversal = await terminal.link.request(reversalOf('0400', request, stan, terminal.clock));
      decided.reversed = typeof reversal !== 'string' && reversal.fields[39] === APPROVED;
      this.#must(decided.reversed, `customer ${customer.number}, ATC ${atc}: a reversal was refused`);
      this.#note('reversed', `${customer.number} ${atc}`);
    }
  }

  async #evening(customer: Customer): Promise<void> {
    if (customer.suspended || this.#chance(0.02)) {
      customer.suspended = !customer.suspended;
      const state = customer.suspended ? 'suspended' : 'active';
      await this.#bank.operator(`POST /v1/operator/tokens/${customer.tokenId}/state`, {
        state,
        reason: 'simulated',
      });
      this.#note('state', `${customer.number} ${state}`);
    }
    if (customer.phone.network.up) await this.#sync(customer);
  }

  async #sync(customer: Customer): Promise<void> {
    const { bundles, logRecords, keySetsAsked, refused } = await customer.phone.wallet.sync();
    const why = refused.map(({ step, reason }) => `${step}: ${reason}`).join(', ');
    this.#note('sync', `${customer.number} ${bundles} ${logRecords} ${keySetsAsked} ${why}`);
  }

  /** Every payment that a merchant had an answer to stands once in the bank's books, with that answer; and no other does. */
  async #compareAuthorisations({ number, tokenId }: Customer): Promise<void> {
    const { authorisations } = await this.#bank.operator<{
      authorisations: { atc: number; amountMinor: number; de39: string }[];
    }>(`GET /v1/operator/tokens/${tokenId}/authorisations`);
    const told = [...this.#decided.keys()].filter((key) => key.startsWith(tokenId)).length;
    this.#must(
      authorisations.length === told,
      `customer ${number}: the bank has ${authorisations.length} decisions, the merchants ${told}`,
    );
    for (const { atc, amountMinor, de39 } of authorisations) {
      const decided = this.#decided.get(`${tokenId} ${atc}`);
      const same = decided?.de39 === de39 && decided.amountMinor === BigInt(amountMinor);
      this.#must(same, `customer ${number}, ATC ${atc}: bank ${de39}, merchant ${decided?.de39}`);
    }
  }

  #amount(): number {
    const kind = this.#random();
    if (kind < 0.7) return 100 + below(this.#random, 6_000);
    if (kind < 0.93) return LOW_VALUE_MINOR + below(this.#random, 30_000);
    return 50_001 + below(this.#random, 20_000);
  }

  #breakOff(): BreakOff {
    const kind = this.#random();
    if (kind < 0.02) return 'before_cryptogram';
    return kind < 0.04 ? 'after_cryptogram' : undefined;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #must(holds: boolean, otherwise: string): void {
    if (!holds) this.#broken.push(otherwise);
  }

  #note(...words: readonly string[]): void {
    this.#digest.update(`${words.join(' ')}\n`);
  }
}

/** DE 39, the approval code and field 55: what an answer decides. */
function sameAnswer(one: Message, other: Message): boolean {
  return ([38, 39, 55] as const).every((field) => String(one.fields[field]) === String(other.fields[field]));
}

function entropyOf(seed: number): (length: number) => Uint8Array {
  const random = seeded(seed);
  return (length) => Uint8Array.from({ length }, () => below(random, 256));
}

/** In a BIN that nobody issues, with the check digit of ISO/IEC 7812-1 Annex B. */
function cardNumber(number: number): string {
  const digits = `970201${String(FIRST_CARD + number).padStart(9, '0')}`;
  const sum = [...digits].reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
