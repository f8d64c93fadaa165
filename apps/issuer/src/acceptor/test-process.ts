// An acceptor as a process of its own, for tests that kill it. The parent sends the database's URL, gets the port.
import { createMessageHandler } from '../authorisation/handle.ts';
import { TEST_NOW, testHsm } from '../authorisation/test-bank.ts';
import { openDatabase } from '../database/pool.ts';
import { startAcceptor } from './server.ts';

process.once('disconnect', () => process.exit());
process.once('message', async ({ url }: { url: string }) => {
  const pool = openDatabase(url, { max: 8 });
  const handle = createMessageHandler({ pool, hsm: testHsm(), now: () => TEST_NOW });
  const { port } = await startAcceptor({ handle, port: 0 });
  process.send!({ port });
});
