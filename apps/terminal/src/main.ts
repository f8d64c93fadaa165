/**
 * The terminal as a process of its own: tap link for phones, control port for the counter, line to the bank. Composition
 * root: the only place, with `command-line/`, that knows this machine's clock, entropy and environment.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { journalFile } from './acquirer/journal-file.ts';
import { tcpWire } from './acquirer/tcp-wire.ts';
import { DEMONSTRATION_UTC_OFFSET_MINUTES, systemClock, systemRandom } from './command-line/host.ts';
import { startControl } from './control.ts';
import { DEMONSTRATION_TERMINAL, type Outcome } from './kernel/index.ts';
import { SaleDesk } from './sale-desk.ts';
import { startTerminal } from './terminal.ts';

const HELP = `The Tapseal terminal: a merchant's counter and its acquirer.

  node apps/terminal/src/main.ts [--help]

Environment
  TAPSEAL_DATA                    data folder (default ./data); the terminal keeps its journal in terminal/ below it
  TAPSEAL_TERMINAL_ID             8 capital letters or digits (default ${DEMONSTRATION_TERMINAL.terminalId})
  TAPSEAL_ISO8583_HOST            the bank's acceptor (default 127.0.0.1)
  TAPSEAL_ISO8583_PORT            and its port (default 7301)
  TAPSEAL_TAP_LINK_PORT           where phones connect, on 127.0.0.1 (default 7302; 0 takes a free one)
  TAPSEAL_TERMINAL_CONTROL_PORT   HTTP for the counter, on 127.0.0.1 (default 7303; 0 takes a free one)

Control port (JSON)
  POST /sales    { amountMinor, currency, profile?, presentWithinSeconds? }   answers when the sale has its result
  GET  /sales/{saleId}
  POST /replays  { saleId, terminalId }   sends a sale's field 55 once more, as another terminal
  GET  /health

As a child process it sends { ready: true, ports: { tapLink, control } }, else it prints that as a line.
It stops on SIGTERM and when its parent is gone; what the bank had not answered is reversed at the next start.
`;

const LOOPBACK = '127.0.0.1';
const CONNECT_MS = 3_000;

if (parseArgs({ options: { help: { type: 'boolean', short: 'h' } } }).values.help === true) {
  process.stdout.write(HELP);
} else {
  await run();
}

async function run(): Promise<void> {
  const { env } = process;
  const terminalId = env.TAPSEAL_TERMINAL_ID ?? DEMONSTRATION_TERMINAL.terminalId;
  if (!/^[A-Z0-9]{8}$/.test(terminalId)) throw new Error('TAPSEAL_TERMINAL_ID: 8 capital letters or digits');
  const bank = { host: env.TAPSEAL_ISO8583_HOST ?? LOOPBACK, port: portOf('TAPSEAL_ISO8583_PORT', 7301) };
  const journal = journalFile(join(env.TAPSEAL_DATA ?? 'data', 'terminal'), systemRandom);
  const terminal = await startTerminal({
    terminal: { ...DEMONSTRATION_TERMINAL, terminalId },
    utcOffsetMinutes: DEMONSTRATION_UTC_OFFSET_MINUTES,
    clock: systemClock,
    random: systemRandom,
    journal,
    connect: tcpWire(bank.host, bank.port, CONNECT_MS),
    tapLink: { host: LOOPBACK, port: portOf('TAPSEAL_TAP_LINK_PORT', 7302) },
    onEvent: (event) => log({ event }),
    onProgress: (progress) => {
      const { step } = progress;
      if (step === 'phone_read')
        log({ event: step, outcome: progress.outcome.outcome, ...whyOf(progress.outcome) });
      else log({ event: step });
    },
  });
  const desk = new SaleDesk(terminal.sales);
  const { server, port: control } = await startControl({
    host: LOOPBACK,
    port: portOf('TAPSEAL_TERMINAL_CONTROL_PORT', 7303),
    desk,
    acquirer: terminal.acquirer,
    bankConnected: () => terminal.link.connected,
  });

  const ready = { ready: true, ports: { tapLink: terminal.tapLink.port, control } };
  if (process.send !== undefined) process.send(ready);
  else process.stdout.write(`${JSON.stringify(ready)}\n`);

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log({ event: 'stopping' });
    server.close();
    await terminal.close();
    server.closeAllConnections();
    journal.release();
    if (process.connected) process.disconnect();
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  process.once('disconnect', () => void stop());
}

function portOf(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) throw new Error(`${name}: a port number, 0 to 65535`);
  return port;
}

/** One JSON line an event. Events are names, reasons and places: no card data reaches them. */
function log(event: Readonly<Record<string, string>>): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
}

function whyOf(outcome: Outcome): Record<string, string> {
  return outcome.outcome === 'online_request' ? {} : { reason: outcome.reason, where: outcome.where };
}
