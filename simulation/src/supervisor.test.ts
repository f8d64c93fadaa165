// The supervisor over real processes: what is killed comes back on its port, what cannot start is said, what
// keeps dying is given up, and nothing outlives a killed supervisor.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { childService } from './child-service.ts';
import { readRunFile } from './run-file.ts';
import {
  createSupervisor,
  type Supervisor,
  type SupervisorEvent,
  type SupervisorOptions,
} from './supervisor.ts';

// Answers each connection with its own process id.
const ECHO_PID = `
  import { createServer } from 'node:net';
  const server = createServer((socket) => socket.end(String(process.pid)));
  server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
    process.send?.({ ready: true, ports: { tcp: server.address().port } }));
  process.on('SIGTERM', () => { console.log('stopping in order'); process.exit(0); });`;

let dataDir: string;
let supervisor: Supervisor;
let events: SupervisorEvent[];
const kinds = () => events.map(({ kind, name }) => `${name} ${kind}`);

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tapseal-supervisor-'));
  events = [];
  supervisor = create({});
});
afterEach(async () => {
  await supervisor.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

function create(options: Partial<SupervisorOptions>): Supervisor {
  return createSupervisor({
    dataDir,
    onEvent: (event) => events.push(event),
    backOffMs: () => 10,
    ...options,
  });
}

function service(name: string, program: string) {
  const file = join(dataDir, `${name}.mjs`);
  writeFileSync(file, program);
  const env = (last: Readonly<Record<string, number>> | undefined) =>
    last ? { PORT: String(last.tcp) } : {};
  return childService({
    name,
    file,
    env,
    logFile: join(dataDir, 'logs', `${name}.log`),
    stopWithinMs: 2_000,
  });
}

async function ask(port: number): Promise<number> {
  const socket = createConnection(port, '127.0.0.1').setEncoding('utf8');
  const [text] = (await once(socket, 'data')) as [string];
  return Number(text);
}

describe('a service', () => {
  test('is ready when it says so, and run.json tells where it is', async () => {
    const { tcp } = await supervisor.start(service('echo', ECHO_PID));
    const pid = await ask(tcp!);
    expect(readRunFile(dataDir)).toMatchObject({
      pids: { supervisor: process.pid, echo: pid },
      ports: { echo: { tcp } },
    });
  });

  test('comes back on its port after kill -9', async () => {
    const { tcp } = await supervisor.start(service('echo', ECHO_PID));
    const before = await ask(tcp!);
    process.kill(before, 'SIGKILL');
    const after = await supervisor.ready('echo', before);
    expect(after.ports).toEqual({ tcp });
    expect(await ask(tcp!)).toBe(after.pid);
    expect(after.pid).not.toBe(before);
    expect(kinds()).toEqual(['echo ready', 'echo ended', 'echo ready']);
    expect(readRunFile(dataDir)?.pids.echo).toBe(after.pid);
  });

  test('that cannot start the first time is an error with the end of its log', async () => {
    const broken = service('broken', `console.error('no such certificate'); process.exit(3);`);
    await expect(supervisor.start(broken)).rejects.toThrow(/broken ended \(code 3\) .*no such certificate/s);
    expect(events).toEqual([]);
  });

  test('that keeps dying is given up after the limit', async () => {
    supervisor = create({ restartLimit: 3, stableAfterMs: 60_000 });
    await supervisor.start(
      service('short', `process.send({ ready: true, ports: {} }); setTimeout(() => process.exit(1), 20);`),
    );
    await expect.poll(() => kinds().at(-1), { timeout: 20_000 }).toBe('short given_up');
    expect(kinds().filter((kind) => kind === 'short ready')).toHaveLength(4);
    await expect(supervisor.ready('short')).rejects.toThrow('given up');
  });

  test('that is not ready in time is killed, and said so', async () => {
    const silent = childService({
      ...{
        name: 'silent',
        file: join(dataDir, 'silent.mjs'),
        env: () => ({}),
        logFile: join(dataDir, 'silent.log'),
      },
      readyWithinMs: 300,
    });
    writeFileSync(join(dataDir, 'silent.mjs'), 'setInterval(() => {}, 1000);');
    await expect(supervisor.start(silent)).rejects.toThrow('was not ready within 300 ms');
  });
});

describe('an orderly stop', () => {
  test('goes in reverse order, by SIGTERM, and removes run.json', async () => {
    await supervisor.start(service('first', ECHO_PID));
    await supervisor.start(service('second', ECHO_PID));
    await supervisor.stop();
    expect(kinds().slice(-2)).toEqual(['second stopped', 'first stopped']);
    expect(readFileSync(join(dataDir, 'logs', 'second.log'), 'utf8')).toBe('stopping in order\n');
    expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
  });

  test('ends a service that ignores SIGTERM', async () => {
    await supervisor.start(
      service('deaf', `process.on('SIGTERM', () => {}); ${ECHO_PID.replace(/process\.on.*/, '')}`),
    );
    const { pid } = await supervisor.ready('deaf');
    await supervisor.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('does not wait for a restart that is still far away', async () => {
    supervisor = create({ backOffMs: () => 3_600_000 });
    const { tcp } = await supervisor.start(service('echo', ECHO_PID));
    process.kill(await ask(tcp!), 'SIGKILL');
    await expect.poll(() => kinds().at(-1)).toBe('echo ended');
    await supervisor.stop();
    expect(kinds().at(-1)).toBe('echo stopped');
  });
});

test('nothing outlives a supervisor that was killed, and its run.json counts for nothing', async () => {
  writeFileSync(join(dataDir, 'echo.mjs'), ECHO_PID);
  const program = `
    import { childService } from ${JSON.stringify(import.meta.resolve('./child-service.ts'))};
    import { createSupervisor } from ${JSON.stringify(import.meta.resolve('./supervisor.ts'))};
    const dataDir = ${JSON.stringify(dataDir)};
    const supervisor = createSupervisor({ dataDir, onEvent() {} });
    const file = dataDir + '/echo.mjs';
    const { tcp } = await supervisor.start(childService({ name: 'echo', file, env: () => ({}), logFile: dataDir + '/echo.log' }));
    console.log(tcp);`;
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  await ask(port);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await expect
    .poll(() => ask(port).catch((error: NodeJS.ErrnoException) => error.code), { timeout: 20_000 })
    .toBe('ECONNREFUSED');
  expect(readFileSync(join(dataDir, 'echo.log'), 'utf8')).toBe('stopping in order\n');
  expect(readRunFile(dataDir)).toBeUndefined();
});
