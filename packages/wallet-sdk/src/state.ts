// What the wallet itself remembers: who it is to the bank, and what it had begun. No key and no clear PIN is in
// here; the device credential and a pending activation code are, so the host keeps it readable by its owner only.
//
// Everything in `pending` is written *before* the bank hears of it. After a crash the same request goes out with the
// same Idempotency-Key, and the bank answers as it did, or would have done, the first time.
import { Base64, Profile, Uuid } from '@tapseal/protocol';
import { type Static, Type } from 'typebox';
import { Check } from 'typebox/value';
import { WalletRefusal } from './refusals.ts';

const Key = Type.String({ minLength: 16, maxLength: 64 });

const WalletStateV1 = Type.Object(
  {
    version: Type.Literal(1),
    /** Begun: code known. Then what the bank answered, and the statement that the element signed for it. */
    enrolment: Type.Optional(
      Type.Object({
        activationCode: Type.String(),
        idempotencyKey: Key,
        statement: Type.Optional(Type.Object({ enrolmentId: Uuid, statement: Base64, idempotencyKey: Key })),
      }),
    ),
    device: Type.Optional(Type.Object({ deviceId: Uuid, credential: Type.String({ minLength: 1 }) })),
    /** `uplink` holds the PIN sealed to the bank's key; it is forgotten as soon as the bank has answered. */
    digitisation: Type.Optional(
      Type.Object({ idempotencyKey: Key, cardId: Uuid, profile: Profile, uplink: Base64 }),
    ),
    /** By tokenId: the top-up that was asked for and not answered yet. */
    replenishments: Type.Record(Type.String(), Key),
    lastSyncMs: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
);

export type WalletState = Static<typeof WalletStateV1>;

/** Where the host keeps it: replaced as a whole, durable when `save` resolves. */
export interface WalletStateStore {
  load(): Promise<Uint8Array | undefined>;
  save(bytes: Uint8Array): Promise<void>;
}

/** The state in memory is always the one that was last made durable. */
export class WalletMemory {
  readonly #store: WalletStateStore;
  #state: WalletState;
  #writing: Promise<void> = Promise.resolve();

  private constructor(store: WalletStateStore, state: WalletState) {
    this.#store = store;
    this.#state = state;
  }

  static async open(store: WalletStateStore): Promise<WalletMemory> {
    const bytes = await store.load();
    return new WalletMemory(store, bytes === undefined ? emptyState() : parseState(bytes));
  }

  get state(): WalletState {
    return this.#state;
  }

  /** Changes are applied in the order in which they were asked for; a failed write leaves the state as it was. */
  change(next: (state: WalletState) => WalletState): Promise<void> {
    const writing = this.#writing.then(async () => {
      const state = next(this.#state);
      await this.#store.save(new TextEncoder().encode(JSON.stringify(state)));
      this.#state = state;
    });
    this.#writing = writing.catch(() => {});
    return writing;
  }
}

export function emptyState(): WalletState {
  return { version: 1, replenishments: {} };
}

/** Throws `storage_corrupt`: a state that we did not write is never taken for an empty one. */
export function parseState(bytes: Uint8Array): WalletState {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new WalletRefusal('storage_corrupt');
  }
  if (!Check(WalletStateV1, value)) throw new WalletRefusal('storage_corrupt');
  return value;
}
