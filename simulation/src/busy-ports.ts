// Which of the planned ports another program holds: asked before anything is started, so that the answer is one line and
// not the end of a child's log.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { PortPlan } from './stack.ts';

const WHOSE: Readonly<Record<keyof PortPlan, string>> = {
  issuerHttp: "the issuer's HTTP",
  iso8583: 'the ISO 8583 acceptor',
  tapLink: "the terminal's tap link",
  terminalControl: "the terminal's control",
  phoneControl: "the phone's control",
  postgres: 'PostgreSQL',
};

/** One line a port that is taken, in the order of the ports. */
export async function busyPorts(plan: PortPlan): Promise<string[]> {
  const busy: string[] = [];
  for (const [use, port] of Object.entries(plan) as [keyof PortPlan, number][]) {
    if (port !== 0 && (await isTaken(port))) busy.push(`${port} (${WHOSE[use]})`);
  }
  return busy;
}

async function isTaken(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return true;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return false;
}
