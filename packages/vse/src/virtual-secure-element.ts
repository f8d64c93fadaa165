// The host's side of the virtual secure element: boot, the two-phase commit, and one queue for all commands.
import { CAPACITY, Kernel } from './kernel.ts';
import { KERNEL_REFUSALS, OK, PERSIST_FIRST, VseRefusal } from './status.ts';

/** Where the sealed state lives. `persist` resolves only when the bytes would survive a power cut, and replaces atomically. */
export interface SealedStateStore {
  load(): Promise<Uint8Array | undefined>;
  persist(generation: bigint, sealed: Uint8Array): Promise<void>;
}

/** What the kernel, which has no imports, needs from its platform. */
export interface VseHost {
  /** At least 48 fresh bytes from the platform's generator, at each boot; overwritten by `boot`. */
  readonly entropy: Uint8Array;
  /** 32 bytes from the platform's key store; overwritten by `boot`. Copied state does not open without them. */
  readonly platformSecret: Uint8Array;
  /** 32 bytes made of the device's attributes. */
  readonly fingerprint: Uint8Array;
  /** 16 bytes that name this installation. */
  readonly installation: Uint8Array;
  readonly store: SealedStateStore;
  /** Unix seconds. Not trusted: the kernel never takes a time before the issuer's last signed one. */
  readonly nowSeconds: () => number;
}

const BOOT = 1;
const ENROL = 2;
const BUNDLE = 3;
const OPEN = 4;
const INVOKE = 5;
const WIPE = 12;

const BOOT_HEADER = 144;
const INVOKE_HEADER = 16;

/** A session with a trusted application; `refusals` names its own status words. */
export type Session = { readonly id: number; readonly refusals: Readonly<Record<number, string>> };

export class VirtualSecureElement {
  readonly #kernel: Kernel;
  readonly #store: SealedStateStore;
  readonly #nowSeconds: () => number;
  #queue: Promise<unknown> = Promise.resolve();
  #closed: string | undefined;
  #generation = 0n;
  #deviceId = new Uint8Array(16);
  #bootCount = 0;
  #trustsTestRoot = false;
  #enrolled = false;

  private constructor(module: WebAssembly.Module, host: VseHost) {
    this.#kernel = new Kernel(module);
    this.#store = host.store;
    this.#nowSeconds = host.nowSeconds;
  }

  /**
   * Opens the stored state, or makes a new identity where there is none (durable when this resolves).
   * Refusals: `state_not_authentic` (another device, or changed bytes), `state_malformed`, `entropy_missing`.
   */
  static async boot(module: WebAssembly.Module, host: VseHost): Promise<VirtualSecureElement> {
    if (host.entropy.length < 48) throw new VseRefusal(0, 'entropy_missing');
    if (
      host.platformSecret.length !== 32 ||
      host.fingerprint.length !== 32 ||
      host.installation.length !== 16
    )
      throw new VseRefusal(0, 'malformed');
    const vse = new VirtualSecureElement(module, host);
    const sealed = await host.store.load();
    const input = new Uint8Array(BOOT_HEADER + (sealed?.length ?? 0));
    if (input.length > CAPACITY) throw new VseRefusal(0, 'state_malformed');
    input.set(host.entropy.subarray(0, 64), 0);
    input.set(host.platformSecret, 64);
    input.set(host.fingerprint, 96);
    input.set(host.installation, 128);
    if (sealed) input.set(sealed, BOOT_HEADER);
    overwrite(host.entropy);
    overwrite(host.platformSecret);
    const description = await vse.#enqueue(() => vse.#run(BOOT, input)).finally(() => overwrite(input));
    const view = new DataView(description.buffer);
    vse.#deviceId = description.slice(0, 16);
    if (sealed) vse.#generation = view.getBigUint64(16);
    vse.#bootCount = view.getUint32(24);
    vse.#trustsTestRoot = view.getUint8(32) === 1;
    vse.#enrolled = view.getUint8(33) === 1;
    return vse;
  }

  /** 16 bytes: the first half of SHA-256 of the identity key. */
  get deviceId(): Uint8Array {
    return this.#deviceId.slice();
  }

  /** Generation of the last durable state. */
  get generation(): bigint {
    return this.#generation;
  }

  get bootCount(): number {
    return this.#bootCount;
  }

  /** The kernel was built with the published test root: never for live payments. */
  get trustsTestRoot(): boolean {
    return this.#trustsTestRoot;
  }

  get enrolled(): boolean {
    return this.#enrolled;
  }

  /** Checks the issuer's certificate against the manufacturer root and the host's clock, remembers it, and signs the statement (layouts.md §1). */
  async enrolmentStatement(nonce: Uint8Array, issuerCertificate: Uint8Array): Promise<Uint8Array> {
    if (nonce.length !== 32 || issuerCertificate.length !== 154) throw new VseRefusal(0, 'malformed');
    const input = new Uint8Array(200);
    new DataView(input.buffer).setBigUint64(0, this.#now(), true);
    input.set(nonce, 8);
    input.set(issuerCertificate, 46);
    const statement = await this.#enqueue(() => this.#run(ENROL, input));
    this.#enrolled = true;
    return statement;
  }

  /** Applies a bundle and returns its receipt; both are durable when this resolves. A repeat gets the stored receipt. */
  acceptBundle(bundle: Uint8Array): Promise<Uint8Array> {
    return this.#enqueue(() => this.#run(BUNDLE, bundle));
  }

  /** Opens a session with a trusted application. */
  open(uuid: Uint8Array, refusals: Readonly<Record<number, string>>): Session {
    this.#mustBeOpen();
    this.#kernel.write(uuid);
    const { status, length } = this.#kernel.command(OPEN, uuid.length);
    if (status !== OK) throw this.#refusal(status);
    return { id: new DataView(this.#kernel.read(length).buffer).getUint32(0, true), refusals };
  }

  /** Runs a command that may change the sealed state; its answer comes once that is durable. */
  invoke(session: Session, command: number, input: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
    return this.#enqueue(() => {
      this.#write(input, INVOKE_HEADER);
      return this.#finish(this.#invoke(session, command, input.length), session);
    });
  }

  /** As `invoke`, with digits that cross as small integers and are overwritten in `digits`. */
  invokeWithDigits(
    session: Session,
    command: number,
    input: Uint8Array,
    digits: Uint8Array,
  ): Promise<Uint8Array> {
    return this.#enqueue(() => {
      const length = this.#writeWithDigits(input, digits);
      return this.#finish(this.#invoke(session, command, length), session);
    }).finally(() => overwrite(digits));
  }

  /**
   * Runs a command that must answer at once and changes nothing durable, a tap's APDU.
   * Throws `commit_pending` while another command waits for the store.
   */
  invokeNow(session: Session, command: number, input: Uint8Array = new Uint8Array()): Uint8Array {
    this.#mustBeOpen();
    if (this.#pending) throw new VseRefusal(0x102, 'commit_pending');
    this.#write(input, INVOKE_HEADER);
    return this.#immediate(session, command, input.length);
  }

  invokeNowWithDigits(session: Session, command: number, digits: Uint8Array): Uint8Array {
    this.#mustBeOpen();
    try {
      if (this.#pending) throw new VseRefusal(0x102, 'commit_pending');
      return this.#immediate(session, command, this.#writeWithDigits(new Uint8Array(), digits));
    } finally {
      overwrite(digits);
    }
  }

  /** Erases keys and state in memory. The caller removes the stored state. */
  async wipe(): Promise<void> {
    await this.#enqueue(async () => {
      this.#kernel.command(WIPE, 0);
      this.#closed = 'wiped';
    });
  }

  /** Forgets the instance: what is armed is burnt, the last durable state stands. */
  close(): void {
    if (this.#closed) return;
    this.#closed = 'closed';
    this.#kernel.command(WIPE, 0);
  }

  #pending = false;

  /** More than the lanes hold is the sender's mistake, not a bug of ours: bundles come from the network. */
  #write(bytes: Uint8Array, at: number): void {
    if (at + bytes.length > CAPACITY) throw new VseRefusal(0x105, 'malformed');
    this.#kernel.write(bytes, at);
  }

  /** Zero where the host has no clock: to the kernel that is a time at which nothing is unlocked. */
  #now(): bigint {
    const seconds = this.#nowSeconds();
    return seconds > 0 && seconds < Number.MAX_SAFE_INTEGER ? BigInt(Math.floor(seconds)) : 0n;
  }

  #writeWithDigits(input: Uint8Array, digits: Uint8Array): number {
    if (input.length % 8 !== 0) throw new RangeError('digits begin at a lane');
    this.#write(input, INVOKE_HEADER);
    const first = (INVOKE_HEADER + input.length) >> 3;
    const count = digits.length;
    for (let i = 0; i < count; i++) this.#kernel.writeSmall(first + i, digits[i]!);
    return input.length + (count << 3);
  }

  #invoke(session: Session, command: number, length: number) {
    this.#kernel.writeLane(0, this.#now());
    this.#kernel.writeLane(1, BigInt(session.id) | (BigInt(command) << 32n));
    return this.#guard(() => this.#kernel.command(INVOKE, INVOKE_HEADER + length));
  }

  #immediate(session: Session, command: number, length: number): Uint8Array {
    const { status, length: answered } = this.#invoke(session, command, length);
    if (status === PERSIST_FIRST) {
      // Nothing that is called this way may change the state; the change cannot be made durable here, so it must not happen.
      this.close();
      throw new Error('a command that must answer at once asked for a commit');
    }
    if (status !== OK) throw this.#refusal(status, session);
    return this.#kernel.read(answered);
  }

  #run(op: number, input: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    this.#write(input, 0);
    return this.#finish(this.#guard(() => this.#kernel.command(op, input.length)));
  }

  /** The second phase: durable first, then the kernel releases the answer. */
  async #finish(
    answer: { status: number; length: number },
    session?: Session,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (answer.status === OK) return this.#kernel.read(answer.length);
    if (answer.status !== PERSIST_FIRST) throw this.#refusal(answer.status, session);
    const generation = this.#kernel.readLane(0);
    const tag = this.#kernel.readLane(1);
    const sealed = this.#kernel.read(answer.length - 16, 16);
    this.#pending = true;
    try {
      await this.#store.persist(generation, sealed);
    } catch (cause) {
      // Whether the bytes reached the disk is not known. Only a new boot from what is there can tell.
      this.close();
      throw new VseRefusal(0, 'store_failed', { cause });
    } finally {
      this.#pending = false;
    }
    this.#mustBeOpen();
    const committed = this.#kernel.commit(generation, tag);
    if (committed.status !== OK) throw this.#refusal(committed.status, session);
    this.#generation = generation;
    return this.#kernel.read(committed.length);
  }

  #guard<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      this.#closed = 'panicked';
      this.#kernel.command(WIPE, 0); // what the trap left half way
      throw new VseRefusal(0x10e, 'trusted_app_panicked', { cause });
    }
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(() => {
      this.#mustBeOpen();
      return task();
    });
    this.#queue = run.catch(() => undefined);
    return run;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new VseRefusal(0x103, 'poisoned');
  }

  #refusal(status: number, session?: Session): VseRefusal {
    return new VseRefusal(status, session?.refusals[status] ?? KERNEL_REFUSALS[status] ?? 'tee_failure');
  }
}

/** By index, not `fill`: a page that replaced `fill` would be handed the digits. */
function overwrite(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = 0;
}
