// The host's client of the payment trusted application: the commands of contract.ts with their bytes read and written.
import { type Session, type VirtualSecureElement, VseRefusal } from '@tapseal/vse';
import {
  COMMAND,
  type HistoryEntry,
  PAYMENT_REFUSALS,
  PAYMENT_UUID,
  type TapSummary,
  type TokenState,
  type TokenSummary,
} from './contract.ts';

export * from './contract.ts';

const STATES: readonly TokenState[] = ['active', 'suspended', 'deleted'];
const STATUSES = ['armed_or_unknown', 'arqc', 'aac', 'burnt'] as const;
const CRYPTOGRAMS = ['none', 'ARQC', 'AAC', 'none'] as const;
const OUTCOMES = ['presented', 'approved', 'declined', 'unknown'] as const;
const RECORD = 163;

/** SW 6985: conditions of use not satisfied. */
const CONDITIONS_NOT_SATISFIED = Uint8Array.from([0x69, 0x85]);

export class PaymentClient {
  readonly #vse: VirtualSecureElement;
  readonly #session: Session;
  #fieldWasReset = false;

  constructor(vse: VirtualSecureElement) {
    this.#vse = vse;
    this.#session = vse.open(PAYMENT_UUID, PAYMENT_REFUSALS);
  }

  tokens(): TokenSummary[] {
    const answer = this.#vse.invokeNow(this.#session, COMMAND.tokens);
    const tokens: TokenSummary[] = [];
    let at = 1;
    for (let i = 0; i < answer[0]!; i++) {
      const labelLength = answer[at + 23]!;
      tokens.push({
        tokenId: uuidText(answer.subarray(at, at + 16)),
        profile: answer[at + 16] === 1 ? 'open' : 'tdes',
        state: STATES[answer[at + 17]! - 1]!,
        lastFour: hex(answer.subarray(at + 18, at + 20)),
        keySetsLive: answer[at + 20]!,
        selected: answer[at + 21] === 1,
        unacknowledged: answer[at + 22]!,
        label: ascii(answer.subarray(at + 24, at + 24 + labelLength)),
      });
      at += 24 + labelLength;
    }
    return tokens;
  }

  /** Chooses the card that readers see. A set that was armed for another card is burnt. */
  async select(tokenId: string): Promise<void> {
    await this.#vse.invoke(this.#session, COMMAND.select, uuidBytes(tokenId));
  }

  /** The platform's unlock, claimed by the host: good for 120 s and 5 arms. */
  unlock(): void {
    this.#vse.invokeNow(this.#session, COMMAND.unlock);
  }

  lock(): void {
    this.#vse.invokeNow(this.#session, COMMAND.lock);
  }

  /** Commits the spend of the next key set (profiles.md §7). Arming twice arms once. */
  async arm(): Promise<{ atc: number; keySetsLeft: number }> {
    const answer = await this.#vse.invoke(this.#session, COMMAND.arm);
    return { atc: (answer[0]! << 8) | answer[1]!, keySetsLeft: answer[2]! };
  }

  /** `digits`: one digit a byte, 0–9; overwritten. No answer says whether the PIN was right: only the issuer sees that. */
  enterPin(digits: Uint8Array): void {
    this.#vse.invokeNowWithDigits(this.#session, COMMAND.enterPin, digits);
  }

  /** One command APDU, one response APDU; refusals are status words. */
  apdu(command: Uint8Array): Uint8Array {
    try {
      if (this.#fieldWasReset) this.#resetField();
      return this.#vse.invokeNow(this.#session, COMMAND.apdu, command);
    } catch (error) {
      if (error instanceof VseRefusal && error.reason === 'commit_pending')
        return CONDITIONS_NOT_SATISFIED.slice();
      throw error;
    }
  }

  /** The reader's field went off or on: a tap that was under way is over, at the latest before the next APDU. */
  fieldReset(): void {
    try {
      this.#resetField();
    } catch (error) {
      if (!(error instanceof VseRefusal && error.reason === 'commit_pending')) throw error;
      this.#fieldWasReset = true;
    }
  }

  #resetField(): void {
    this.#vse.invokeNow(this.#session, COMMAND.fieldReset);
    this.#fieldWasReset = false;
  }

  /** Makes the last tap's log record durable; undefined when there is none to write. */
  async finishTap(): Promise<TapSummary | undefined> {
    const answer = await this.#vse.invoke(this.#session, COMMAND.finish);
    if (answer.length === 0) return undefined;
    return {
      cryptogramType: CRYPTOGRAMS[answer[0]!]!,
      atc: (answer[1]! << 8) | answer[2]!,
      amountMinor: BigInt(hex(answer.subarray(3, 9))),
      currency: Number(hex(answer.subarray(9, 11))),
      cdcvm: (answer[11]! & 1) === 1,
    };
  }

  /** The PIN for a card (its cardId) or, at a change, a token (its tokenId), sealed to the issuer; `digits` are overwritten. */
  pinUplink(boundId: string, digits: Uint8Array): Promise<Uint8Array> {
    return this.#vse.invokeWithDigits(this.#session, COMMAND.pinUplink, uuidBytes(boundId), digits);
  }

  /** The log records that the issuer has not acknowledged, sealed to it; undefined when there are none. */
  async logUplink(tokenId: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#vse.invoke(this.#session, COMMAND.logUplink, uuidBytes(tokenId));
    } catch (error) {
      if (error instanceof VseRefusal && error.reason === 'nothing_to_upload') return undefined;
      throw error;
    }
  }

  /** Oldest first. */
  history(tokenId: string): HistoryEntry[] {
    const answer = this.#vse.invokeNow(this.#session, COMMAND.history, uuidBytes(tokenId));
    const count = (answer[0]! << 8) | answer[1]!;
    return Array.from({ length: count }, (_, i) =>
      historyEntry(answer.subarray(2 + i * RECORD, 2 + (i + 1) * RECORD)),
    );
  }
}

/** Layout: docs/layouts.md §5, then outcome 1 and DE 39 2. */
function historyEntry(r: Uint8Array): HistoryEntry {
  const view = new DataView(r.buffer, r.byteOffset, r.byteLength);
  const status = STATUSES[r[1]!]!;
  const noted = OUTCOMES[r[160]!]!;
  const de39 = ascii(r.subarray(161, 163)).replaceAll('\0', '').trim();
  return {
    seq: view.getUint32(2),
    atc: view.getUint16(6),
    status,
    amountMinor: BigInt(hex(r.subarray(16, 22))),
    currency: Number(hex(r.subarray(28, 30))),
    cdcvm: (r[51]! & 1) === 1,
    merchant: ascii(r.subarray(78, 98)).replaceAll('\0', ' ').trim(),
    date: r.subarray(32, 35).some((b) => b !== 0) ? hex(r.subarray(32, 35)) : '',
    armedAtSeconds: view.getUint32(98),
    outcome: noted === 'presented' && status !== 'arqc' ? 'unknown' : noted,
    ...(de39 ? { de39 } : {}),
  };
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const b of bytes) text += (b < 16 ? '0' : '') + b.toString(16).toUpperCase();
  return text;
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function uuidText(bytes: Uint8Array): string {
  const h = hex(bytes).toLowerCase();
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

function uuidBytes(text: string): Uint8Array {
  const digits = text.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(digits)) throw new VseRefusal(0, 'unknown_token');
  return Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}
