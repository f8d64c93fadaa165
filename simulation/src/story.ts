// The story that `npm start` plays: one customer, one card, five taps without a network, and the bank's word on each.
// Every step states what should come of it; what came instead is reported, and the story ends as not told.
import { call } from './http.ts';
import type { Stack } from './stack.ts';

/** Published, like everything about the demonstration's people. The PAN is made up and passes Luhn. */
export const DEMONSTRATION = {
  name: 'Mei Tan',
  pan: '9702010000000001',
  expiry: '3112',
  pin: '4929',
  wrongPin: '4920',
  label: 'Everyday card',
  currency: 'SGD',
  balanceMinor: 5_000_000,
} as const;

export type StepEnd = { readonly ok: boolean; readonly detail: string };

export interface Narrator {
  chapter(title: string): void;
  step(title: string, end: StepEnd): void;
}

/** What each side knows of one tap. */
export type TapRow = {
  readonly title: string;
  readonly amount: string;
  readonly phone: string;
  readonly terminal: string;
  bank: string;
  wallet: string;
  readonly expected: string;
  readonly de39: string;
};

export type StoryEnd = {
  readonly asTold: boolean;
  readonly tokenId: string;
  readonly taps: readonly TapRow[];
  readonly reconciliation: Record<string, unknown>;
};

type Card = { tokenId: string; profile: string; lastFour: string; keySetsLive: number; selected: boolean };
type PhoneStatus = { deviceId: string; network: boolean; cards: Card[] };
type Sale = { saleId: string; result: { result: string; words: string; amount: string; de39?: string } };
type Authorisation = { atc: number; refusal: string | null; de39: string };
type HistoryEntry = { tokenId: string; atc: number; outcome: string; de39?: string };

type TapPlan = {
  readonly title: string;
  readonly amountMinor: number;
  readonly pin?: string;
  readonly expected: string;
};

const TAPS: readonly TapPlan[] = [
  { title: 'a coffee, no PIN', amountMinor: 1_250, expected: '00' },
  { title: "above the token's limit", amountMinor: 60_000, pin: DEMONSTRATION.pin, expected: '61' },
  { title: 'a wrong PIN', amountMinor: 12_000, pin: DEMONSTRATION.wrongPin, expected: '55' },
  { title: 'the right PIN', amountMinor: 12_000, pin: DEMONSTRATION.pin, expected: '00' },
];
const REPLAY_EXPECTED = '63';
const REPLAY_TERMINAL = 'TAPSEAL9';

export async function playStory(stack: Stack, narrator: Narrator): Promise<StoryEnd> {
  const story = new Story(stack, narrator);
  return story.play();
}

/** The demonstration's customer, her card, and two tokens in the phone; answers their ids by profile. */
export async function provision(stack: Stack, narrator?: Narrator): Promise<Record<'open' | 'tdes', string>> {
  return new Story(stack, narrator ?? { chapter: () => {}, step: () => {} }).provision();
}

class Story {
  readonly #stack: Stack;
  readonly #narrator: Narrator;
  #asTold = true;

  constructor(stack: Stack, narrator: Narrator) {
    this.#stack = stack;
    this.#narrator = narrator;
  }

  async play(): Promise<StoryEnd> {
    this.#narrator.chapter('A card comes into the phone');
    const tokenId = (await this.provision()).open;

    this.#narrator.chapter('No network, five taps');
    await this.#phone('POST /network', { up: false });
    const cut = await this.#phone<PhoneStatus>('GET /status');
    this.#step('network off', !cut.network, 'the phone cannot reach the bank; the terminal can');
    const taps = await this.#tapAll(tokenId);

    this.#narrator.chapter('The log comes home');
    await this.#phone('POST /network', { up: true });
    const synced = await this.#phone<{ logRecords: number; keySetsAsked: number }>('POST /sync');
    this.#step(
      'log uploaded',
      synced.logRecords === TAPS.length,
      `${synced.logRecords} records, sealed to the bank`,
    );
    await this.#fillIn(tokenId, taps);
    const reconciliation = await this.#reconcile(tokenId);
    return { asTold: this.#asTold, tokenId, taps, reconciliation };
  }

  async provision(): Promise<Record<'open' | 'tdes', string>> {
    const { name, pan, expiry, label, currency, balanceMinor, pin } = DEMONSTRATION;
    // The same keys get the same answers: a second start finds the customer and her card as the first one left them.
    const customer = await this.#bank<{ customerId: string }>(
      'POST /v1/operator/customers',
      { name },
      'demonstration-customer',
    );
    const { customerId } = customer;
    const card = await this.#bank<{ cardId: string; lastFour: string }>(
      `POST /v1/operator/customers/${customerId}/cards`,
      { pan, expiry, label, currency, balanceMinor },
      'demonstration-card',
    );
    this.#step('customer and card', true, `${name}, card ending ${card.lastFour}`);
    const code = await this.#bank<{ activationCode: string }>(
      `POST /v1/operator/customers/${customerId}/activation-codes`,
    );

    await this.#phone('POST /enrol', { activationCode: code.activationCode });
    const enrolled = await this.#phone<PhoneStatus>('GET /status');
    this.#step(
      'enrolled',
      Boolean(enrolled.deviceId),
      `device ${enrolled.deviceId.slice(0, 8)}…, keys made inside`,
    );

    const tokens = { open: '', tdes: '' };
    for (const profile of ['open', 'tdes'] as const) {
      const answer = await this.#phone<{ tokenId: string }>('POST /digitise', {
        cardId: card.cardId,
        profile,
        pin,
      });
      tokens[profile] = answer.tokenId;
    }
    await this.#phone('POST /sync');
    const { cards } = await this.#phone<PhoneStatus>('GET /status');
    for (const profile of ['open', 'tdes'] as const) {
      const held = cards.find(({ tokenId }) => tokenId === tokens[profile]);
      const ok = held?.keySetsLive === 10;
      this.#step(
        `digitised, profile ${profile}`,
        ok,
        `token ending ${held?.lastFour}, ${held?.keySetsLive} single-use key sets`,
      );
    }
    await this.#phone('POST /select', { tokenId: tokens.open });
    return tokens;
  }

  async #tapAll(tokenId: string): Promise<TapRow[]> {
    const rows: TapRow[] = [];
    let last: Sale | undefined;
    for (const plan of TAPS) {
      last = await this.#tap(plan, rows);
    }
    const replay = await this.#terminal<{ words: string; de39?: string }>('POST /replays', {
      saleId: last!.saleId,
      terminalId: REPLAY_TERMINAL,
    });
    rows.push({
      title: 'the same cryptogram, replayed',
      amount: last!.result.amount,
      phone: 'never asked',
      terminal: `${replay.words} (${replay.de39})`,
      bank: '',
      wallet: '–',
      expected: REPLAY_EXPECTED,
      de39: replay.de39 ?? '–',
    });
    this.#step(
      'a replay, from another terminal',
      replay.de39 === REPLAY_EXPECTED,
      `DE 39 ${replay.de39}: ${replay.words}`,
    );
    const { cards } = await this.#phone<PhoneStatus>('GET /status');
    const left = cards.find((card) => card.tokenId === tokenId)?.keySetsLive;
    // one a tap, and the one that was armed after the last tap for the next
    const expected = 10 - TAPS.length - 1;
    this.#step(
      'key sets',
      left === expected,
      `${left} of 10 left: one spent before each tap, one armed for the next`,
    );
    return rows;
  }

  async #tap(plan: TapPlan, rows: TapRow[]): Promise<Sale> {
    await this.#phone('POST /unlock');
    if (plan.pin) await this.#phone('POST /pin', { pin: plan.pin });
    const [terminalLink, sale] = [
      await this.#port('terminal', 'tapLink'),
      this.#terminal<Sale>('POST /sales', { amountMinor: plan.amountMinor, currency: 'SGD' }),
    ];
    const [presented, sold] = await Promise.all([
      this.#phone<{ presented: boolean; tap?: { atc: number } }>('POST /present', {
        host: '127.0.0.1',
        port: terminalLink,
      }),
      sale,
    ]);
    await this.#phone('POST /lock');
    const { de39 = '–', words, amount } = sold.result;
    this.#step(
      plan.title,
      presented.presented && de39 === plan.expected,
      `SGD ${amount}: DE 39 ${de39}, ${words}`,
    );
    rows.push({
      title: plan.title,
      amount,
      phone: presented.presented ? `presented, ATC ${presented.tap?.atc}` : 'not presented',
      terminal: `${words} (${de39})`,
      bank: '',
      wallet: '',
      expected: plan.expected,
      de39,
    });
    return sold;
  }

  /** What the bank decided, and what the wallet shows once it has heard. */
  async #fillIn(tokenId: string, rows: readonly TapRow[]): Promise<void> {
    const { authorisations } = await this.#bank<{ authorisations: Authorisation[] }>(
      `GET /v1/operator/tokens/${tokenId}/authorisations`,
    );
    const { history } = await this.#phone<{ history: HistoryEntry[] }>('GET /history');
    let heard = 0;
    TAPS.forEach((plan, i) => {
      const atc = i + 1;
      const decided = authorisations.find((row) => row.atc === atc);
      const shown = history.find((entry) => entry.tokenId === tokenId && entry.atc === atc);
      rows[i]!.bank = decided ? (decided.refusal ?? 'approved') : 'not seen';
      rows[i]!.wallet = shown?.outcome ?? '–';
      if (shown?.outcome === (plan.expected === '00' ? 'approved' : 'declined')) heard++;
    });
    const replayed = authorisations.filter((row) => row.atc === TAPS.length);
    rows.at(-1)!.bank =
      replayed.length === 1 ? `ATC ${TAPS.length} decided once` : `ATC ${TAPS.length} ${replayed.length}×`;
    this.#step(
      'outcomes heard',
      heard === TAPS.length,
      `the wallet now shows approved or declined for ${heard} taps`,
    );
  }

  async #reconcile(tokenId: string): Promise<Record<string, unknown>> {
    const result = await this.#bank<Record<string, unknown>>('POST /v1/operator/reconciliations', {
      tokenId,
    });
    const clean = [
      'unseenByAcquirer',
      'unseenByWallet',
      'amountDiffers',
      'outcomeUnknown',
      'gaps',
      'forks',
    ].every((kind) => result[kind] === 0);
    this.#step(
      'reconciled',
      clean && result.matched === TAPS.length,
      `wallet log × authorisations: ${result.matched} matched, no exception`,
    );
    return result;
  }

  #step(title: string, ok: boolean, detail: string): void {
    if (!ok) this.#asTold = false;
    this.#narrator.step(title, { ok, detail });
  }

  async #port(service: 'terminal', listener: string): Promise<number> {
    return (await this.#stack.supervisor.ready(service)).ports[listener]!;
  }

  async #phone<T>(route: string, body?: unknown): Promise<T> {
    return call<T>(await this.#stack.url('phone', 'control'), route, { body });
  }

  async #terminal<T>(route: string, body?: unknown): Promise<T> {
    return call<T>(await this.#stack.url('terminal', 'control'), route, { body });
  }

  async #bank<T>(route: string, body?: unknown, idempotencyKey?: string): Promise<T> {
    const credential = this.#stack.operatorCredential;
    return call<T>(await this.#stack.url('issuer', 'http'), route, {
      body,
      credential,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
  }
}
