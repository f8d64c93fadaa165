// One presentation: from the moment the phone is held to the reader until it leaves. It holds the element's turn, so
// that no bundle is half way into the element when an APDU arrives, and it yields at most one cryptogram: the next key
// set is armed only after the phone has left the field, so a reader that power-cycles the phone gains nothing.
import type { Armed, Payment, TapSummary } from './element.ts';
import { refusalName, WalletRefusal } from './refusals.ts';
import { Turns } from './turns.ts';

/** ISO/IEC 7816-4: the instruction byte of EMV's GENERATE AC (EMV 4.4 Book 3, 6.5.5). */
const INS_GENERATE_AC = 0xae;

export interface TapEnd {
  /** The cryptogram that was given out, if any. Its outcome is the bank's to tell. */
  readonly presented: TapSummary | undefined;
  /** The set for the next tap, or the name of the reason why none was armed. */
  readonly armed: Armed | { readonly refusal: string };
}

export class Tap {
  readonly #payment: Payment;
  readonly #mayRearm: () => boolean;
  readonly #onEnd: () => void;
  /** What else wants the element during this presentation waits for its own writes here. */
  readonly turns = new Turns();
  #unsettled = false;
  #gaveCryptogram = false;
  #failure: unknown;
  #presented: TapSummary | undefined;
  #ended: Promise<TapEnd> | undefined;

  constructor(payment: Payment, mayRearm: () => boolean, onEnd: () => void) {
    this.#payment = payment;
    this.#mayRearm = mayRearm;
    this.#onEnd = onEnd;
  }

  /** A C-APDU in, its R-APDU out, at once; refusals of the card are status words. */
  exchange(command: Uint8Array): Uint8Array {
    if (this.#ended !== undefined) throw new WalletRefusal('tap_over');
    const answer = this.#payment.apdu(command);
    if (command[1] === INS_GENERATE_AC && endsWithSw9000(answer)) {
      this.#unsettled = true;
      this.#gaveCryptogram = true;
    }
    return answer;
  }

  /** Whether a cryptogram has left the phone, also when its log record could not be made durable. */
  get gaveCryptogram(): boolean {
    return this.#gaveCryptogram;
  }

  /** The reader's field went off or on: a set that a broken-off tap had reserved is burnt. */
  fieldReset(): void {
    if (this.#ended !== undefined) throw new WalletRefusal('tap_over');
    this.#payment.fieldReset();
  }

  /** To be called when an answer is on its way: makes the log record of a cryptogram durable, if there is one. */
  async settle(): Promise<void> {
    if (!this.#unsettled) return;
    this.#unsettled = false;
    try {
      await this.#finish();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** The phone has left the field. Safe to call twice: the second call waits for the first. */
  end(): Promise<TapEnd> {
    this.#ended ??= this.#close();
    return this.#ended;
  }

  async #close(): Promise<TapEnd> {
    try {
      // The element is gone since then; the first failure is the one that says why.
      if (this.#failure !== undefined) throw this.#failure;
      await this.turns.take(() => this.#payment.fieldReset());
      await this.#finish();
      return { presented: this.#presented, armed: await this.#rearm() };
    } finally {
      this.#onEnd();
    }
  }

  #finish(): Promise<void> {
    return this.turns.take(async () => {
      const tap = await this.#payment.finishTap();
      // Without a cryptogram the set was burnt by a tap that broke off: nothing was presented.
      if (tap !== undefined && tap.cryptogramType !== 'none') this.#presented = tap;
    });
  }

  async #rearm(): Promise<Armed | { refusal: string }> {
    if (!this.#mayRearm()) return { refusal: 'wallet_locked' };
    try {
      return await this.turns.take(() => this.#payment.arm());
    } catch (error) {
      const refusal = refusalName(error);
      if (refusal === undefined) throw error;
      return { refusal };
    }
  }
}

function endsWithSw9000(answer: Uint8Array): boolean {
  return answer.at(-2) === 0x90 && answer.at(-1) === 0x00;
}
