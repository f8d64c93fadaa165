/**
 * A terminal whole: journal, line to the bank, tap link, counter. `main.ts` gives it a control port and a process,
 * `command-line/` a command, tests their own clock and wires.
 */
import {
  Acquirer,
  AcquirerLink,
  type Connect,
  Journal,
  type JournalStore,
  type LinkEvent,
} from './acquirer/index.ts';
import type { Clock } from './clock.ts';
import type { TerminalData } from './kernel/index.ts';
import type { SaleDependencies, SaleProgress } from './sale.ts';
import { TapLink, type TapLinkEvent } from './tap-link.ts';

export interface TerminalOptions {
  readonly terminal: TerminalData;
  /** Local time of the terminal, minutes east of UTC. */
  readonly utcOffsetMinutes: number;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly journal: JournalStore;
  readonly connect: Connect;
  readonly tapLink: { readonly host: string; readonly port: number };
  readonly answerMs?: number;
  readonly onProgress?: (progress: SaleProgress) => void;
  readonly onEvent?: (event: LinkEvent | TapLinkEvent) => void;
}

export interface Terminal {
  readonly tapLink: TapLink;
  readonly acquirer: Acquirer;
  readonly link: AcquirerLink;
  readonly sales: SaleDependencies;
  close(): Promise<void>;
}

/** How long the bank may take for an answer. */
export const BANK_ANSWER_MS = 5_000;
/** How often reversals that wait are tried again. */
const REVERSALS_EVERY_MS = 15_000;

export async function startTerminal(options: TerminalOptions): Promise<Terminal> {
  const { terminal, clock, random, connect, onEvent, onProgress } = options;
  const events = onEvent === undefined ? {} : { onEvent };
  const link = new AcquirerLink({ connect, clock, answerMs: options.answerMs ?? BANK_ANSWER_MS, ...events });
  const acquirer = new Acquirer({ terminal, link, clock, journal: Journal.open(options.journal) });
  const tapLink = await TapLink.listen({ ...options.tapLink, clock, ...events });

  let closed = false;
  let cancel = () => {};
  const reverse = async (): Promise<void> => {
    if (acquirer.reversalsWaiting > 0) await acquirer.deliverReversals();
    if (!closed) cancel = clock.after(REVERSALS_EVERY_MS, () => void reverse());
  };
  void reverse();

  return {
    tapLink,
    acquirer,
    link,
    sales: {
      terminal,
      utcOffsetMinutes: options.utcOffsetMinutes,
      clock,
      random,
      acquirer,
      phone: (withinMs) => tapLink.phone(withinMs),
      ...(onProgress === undefined ? {} : { onProgress }),
    },
    close: async () => {
      closed = true;
      cancel();
      await tapLink.close();
      link.close();
    },
  };
}
