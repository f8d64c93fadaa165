/**
 * The command-line terminal: one sale with the phone of a running stack. It stands at both sides of the counter, so it
 * also does what the customer does: unlocks the phone, enters the PIN, presents it.
 */
import type { Message } from '@tapseal/iso8583';
import type { Connect, JournalStore } from '../acquirer/index.ts';
import type { Clock } from '../clock.ts';
import { formatAmount, limitsOf, type Profile, stopWords, type TerminalData } from '../kernel/index.ts';
import { type SaleProgress, type SaleRecord, takeSale } from '../sale.ts';
import { startTerminal } from '../terminal.ts';
import { type TestKeys, type Trace, traceOf } from '../trace.ts';
import type { TapArguments } from './arguments.ts';
import { type PhoneCard, type PhoneControl, PhoneRefusal } from './phone-control.ts';
import { showApdu, showField55 } from './show-apdu.ts';

/** 0 approved, 1 declined, 2 could not be done. */
export type TapExitCode = 0 | 1 | 2;

export interface TapEnvironment {
  readonly terminal: TerminalData;
  readonly utcOffsetMinutes: number;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly journal: JournalStore;
  readonly connect: Connect;
  readonly phone: PhoneControl;
  /** The PIN as ASCII digits, asked for when it is needed; undefined when nobody can give it. */
  readonly pin: () => Promise<Uint8Array | undefined>;
  /** The published issuer master keys, if this stack was personalised with them. */
  readonly testKeys: (profile: Profile) => TestKeys | undefined;
  readonly print: (line: string) => void;
  readonly writeTrace: (path: string, trace: Trace) => void;
}

/** How long the phone may take to come after it was asked to. */
const PRESENT_WITHIN_MS = 30_000;

export async function tapCommand(args: TapArguments, environment: TapEnvironment): Promise<TapExitCode> {
  const { print } = environment;
  let card: PhoneCard | undefined;
  try {
    card = await chooseCard(args, environment);
  } catch (error) {
    return sayWhy(error, print);
  }
  if (card === undefined) {
    print(`The phone has no card${args.profile === undefined ? '' : ` of profile ${args.profile}`}.`);
    return 2;
  }
  const limits = limitsOf(environment.terminal.limits, args.currency)!;
  print(
    `${args.currency} ${formatAmount(args.amountMinor, limits.decimals)} with ${card.label} ending ${card.lastFour}`,
  );

  const customer = new Customer(args, environment);
  const terminal = await startTerminal({
    ...environment,
    tapLink: { host: '127.0.0.1', port: 0 },
    onProgress: (progress) => {
      show(progress, print);
      if (progress.step === 'present_phone') customer.present(progress.again?.reason, terminal.tapLink.port);
    },
  });
  try {
    customer.onTrouble = () => void terminal.tapLink.close();
    const sale = { amountMinor: args.amountMinor, currency: args.currency, profile: args.profile };
    const record = await takeSale(sale, terminal.sales, PRESENT_WITHIN_MS);
    await customer.done();
    if (customer.trouble !== undefined && record.request === undefined)
      return sayWhy(customer.trouble, print);
    return conclude(args, environment, record);
  } finally {
    await terminal.close();
  }
}

async function chooseCard(args: TapArguments, { phone }: TapEnvironment): Promise<PhoneCard | undefined> {
  const { cards } = await phone.status();
  const fitting = cards.filter((card) => args.profile === undefined || card.profile === args.profile);
  const card = fitting.find((one) => one.selected) ?? fitting[0];
  if (card !== undefined && !card.selected) await phone.select(card.tokenId);
  return card;
}

/** The customer's hands. What goes wrong in them ends the sale at once instead of after its time. */
class Customer {
  trouble: unknown;
  onTrouble: () => void = () => {};
  readonly #args: TapArguments;
  readonly #environment: TapEnvironment;
  #presenting: Promise<void> = Promise.resolve();

  constructor(args: TapArguments, environment: TapEnvironment) {
    this.#args = args;
    this.#environment = environment;
  }

  /** `again` is why the terminal asks once more. */
  present(again: string | undefined, port: number): void {
    this.#presenting = this.#presenting
      .then(() => this.#hold(again, port))
      .catch((error: unknown) => {
        this.trouble ??= error;
        this.onTrouble();
      });
  }

  done(): Promise<void> {
    return this.#presenting;
  }

  async #hold(again: string | undefined, port: number): Promise<void> {
    const { phone, pin } = this.#environment;
    await phone.unlock();
    if (this.#args.cdcvm || again === 'verification_needed') {
      const digits = await pin();
      if (digits === undefined)
        throw new PhoneRefusal('pin_not_given', 'the phone asks for its PIN, and none was given');
      await phone.enterPin(digits);
    }
    await phone.present('127.0.0.1', port);
  }
}

function show(progress: SaleProgress, print: (line: string) => void): void {
  switch (progress.step) {
    case 'present_phone':
      if (progress.again !== undefined)
        print(`${stopWords(progress.again.reason)} (${progress.again.where})`);
      break;
    case 'phone_read':
      for (const exchanged of progress.exchanged) print(showApdu(exchanged));
      break;
    case 'asking_bank':
      print('Asking the bank ...');
      break;
  }
}

function conclude(args: TapArguments, environment: TapEnvironment, record: SaleRecord): TapExitCode {
  const { print } = environment;
  const { result, request, online } = record;
  const testKeys = online === undefined ? undefined : environment.testKeys(online.profile);
  const trace = traceOf(record, testKeys);
  if (request !== undefined) print(`0100 STAN ${stanOf(request)}, field 55:\n${showField55(trace.de55!)}`);
  if (testKeys !== undefined) print(`test keys: IMK-MD ${testKeys.imkMd}, IMK-UMD ${testKeys.imkUmd}`);
  if (result.where !== undefined) print(`stopped at ${result.where}: ${result.reason}`);
  print(result.de39 === undefined ? result.words : `${result.words} (DE 39 ${result.de39})`);
  if (args.trace !== undefined) {
    try {
      environment.writeTrace(args.trace, trace);
    } catch (error) {
      // Whatever the disk did: the payment is what it is.
      print(`trace not written: ${(error as Error).message}. The result above stands.`);
      return 2;
    }
    print(`trace written to ${args.trace}`);
  }
  return result.result === 'approved' ? 0 : result.result === 'declined' ? 1 : 2;
}

function stanOf(request: Message): string {
  return request.fields[11] ?? '';
}

function sayWhy(error: unknown, print: (line: string) => void): TapExitCode {
  if (!(error instanceof PhoneRefusal)) throw error;
  print(`Could not be done: ${error.message}.`);
  return 2;
}
