// Vitest's global set-up: one PostgreSQL server for all tests of a run, started when the first test asks for a
// database and stopped, with its data, at the end of the run. With DATABASE_URL that server is used instead.
//
// The server belongs to Vitest's main process, because workers come and go. They ask over a loopback port whose
// number Vitest hands them: a connection is answered with one line of JSON and closed.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Postgres } from './start.ts';
import { startTemporaryPostgres } from './temporary.ts';

export type TestServerAnswer = { readonly adminUrl: string } | { readonly error: string };

declare module 'vitest' {
  interface ProvidedContext {
    testServerPort: number;
  }
}

type Project = { provide(name: 'testServerPort', value: number): void };

export default async function setUp(project: Project): Promise<() => Promise<void>> {
  let starting: Promise<Postgres> | undefined;
  const adminUrl = async (): Promise<string> => {
    const external = process.env.DATABASE_URL;
    if (external) return external;
    starting ??= startTemporaryPostgres();
    return (await starting).adminUrl;
  };
  const desk = createServer((socket) => {
    socket.on('error', () => {});
    const answer = (line: TestServerAnswer) => socket.end(`${JSON.stringify(line)}\n`);
    adminUrl().then(
      (url) => answer({ adminUrl: url }),
      (error: Error) => answer({ error: error.message }),
    );
  });
  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  project.provide('testServerPort', (desk.address() as { port: number }).port);
  return async () => {
    desk.close();
    const server = await starting?.catch(() => undefined);
    await server?.stop();
  };
}
