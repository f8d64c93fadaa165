import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { busyPorts } from '../src/busy-ports.ts';
import { FREE_PORTS } from '../src/stack.ts';

it('names the ports that others hold, and lets go of those that it tried', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const plan = { ...FREE_PORTS, tapLink: port };
  expect(await busyPorts(plan)).toEqual([`${port} (the terminal's tap link)`]);
  other.close();
  await once(other, 'close');
  expect(await busyPorts(plan)).toEqual([]);
  expect(await busyPorts(plan)).toEqual([]);
});
