/** A whole terminal against a fake bank, with a clock that the test moves. */
import { memoryStore } from '../src/acquirer/index.ts';
import { tcpWire } from '../src/acquirer/tcp-wire.ts';
import { DEMONSTRATION_TERMINAL } from '../src/kernel/index.ts';
import type { SaleProgress } from '../src/sale.ts';
import { startTerminal, type Terminal } from '../src/terminal.ts';
import { FakeAcceptor } from './fake-acceptor.ts';
import { FakePhone } from './fake-phone.ts';
import { ManualClock } from './manual-clock.ts';
import type { SoftwareCard } from './software-card.ts';

export interface TestTerminal {
  readonly terminal: Terminal;
  readonly acceptor: FakeAcceptor;
  readonly clock: ManualClock;
  readonly progress: SaleProgress[];
  /** Holds a phone with this card to the terminal. */
  present(card: SoftwareCard): Promise<FakePhone>;
  close(): Promise<void>;
}

/** Bytes that differ from call to call and are the same in every run. */
export function countingRandom(): (length: number) => Uint8Array {
  let count = 0;
  return (length) => {
    count += 1;
    return Uint8Array.from({ length }, (_, index) => [count & 0xff, count >> 8][length - 1 - index] ?? 0xa0);
  };
}

export async function testTerminal(): Promise<TestTerminal> {
  const acceptor = await FakeAcceptor.listen();
  const clock = new ManualClock();
  const progress: SaleProgress[] = [];
  const terminal = await startTerminal({
    terminal: DEMONSTRATION_TERMINAL,
    utcOffsetMinutes: 480,
    clock,
    random: countingRandom(),
    journal: memoryStore(),
    connect: tcpWire('127.0.0.1', acceptor.port, 2000),
    tapLink: { host: '127.0.0.1', port: 0 },
    onProgress: (one) => progress.push(one),
  });
  return {
    terminal,
    acceptor,
    clock,
    progress,
    present: (card) => FakePhone.present(terminal.tapLink.port, { card: (command) => card.apdu(command) }),
    close: async () => {
      await terminal.close();
      await acceptor.close();
    },
  };
}
