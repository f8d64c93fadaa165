// The issuer as a process of its own. `node apps/issuer/src/main.ts --help` says how to start it.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError } from './http/log.ts';
import { startIssuer } from './index.ts';

const HELP = `node apps/issuer/src/main.ts [--demonstration [--test-keys]] [--help]

  --demonstration  demo people, keys of its own in the data folder, a certificate of the manufacturer test root:
                   for kernels that trust it, never for live payments
  --test-keys      with --demonstration: the published keys of vectors/test-keys.json

  DATABASE_URL                  a PostgreSQL database that this issuer may fill; demanded
  TAPSEAL_DATA                  where the keystore lies (default: data)
  TAPSEAL_HTTP_PORT             the API, on 127.0.0.1 (default: 7300; 0 takes a free one)
  TAPSEAL_ISO8583_PORT          the acceptor, on 127.0.0.1 (default: 7301; 0 takes a free one)
  TAPSEAL_OPERATOR_CREDENTIAL   the bearer credential of the bank's own calls, 16 characters or more; demanded
  TAPSEAL_KEYSTORE_PASSPHRASE   opens the keystore, 12 characters or more; demanded without --demonstration
  TAPSEAL_ISSUER_CERTIFICATE    file of the issuer certificate; demanded without --demonstration

Ready: one JSON line {"ready":true,"ports":{"http":N,"iso8583":N}} on standard output, or the same as a message to a
parent process. Logs: JSON lines on standard output.
`;

const OPERATOR_CREDENTIAL_LENGTH_MIN = 16;

const { values } = parseArgs({
  options: {
    demonstration: { type: 'boolean', default: false },
    'test-keys': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

// Node would print the whole of an error that nobody caught, and with it whatever row or value its text quotes.
process.on('uncaughtException', (error) => {
  say({ fault: describeError(error) });
  process.exit(1);
});

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const { env } = process;
  const databaseUrl = env.DATABASE_URL;
  const operatorCredential = env.TAPSEAL_OPERATOR_CREDENTIAL ?? '';
  if (!databaseUrl) refuse('database_url_missing');
  if (operatorCredential.length < OPERATOR_CREDENTIAL_LENGTH_MIN) refuse('operator_credential_missing');
  const httpPort = portOf(env.TAPSEAL_HTTP_PORT, 7300);
  const iso8583Port = portOf(env.TAPSEAL_ISO8583_PORT, 7301);
  if (httpPort === undefined || iso8583Port === undefined) refuse('port_invalid');

  const dataFolder = env.TAPSEAL_DATA ?? join(process.cwd(), 'data');
  await mkdir(dataFolder, { recursive: true });
  const certificateFile = env.TAPSEAL_ISSUER_CERTIFICATE;
  const started = await startIssuer({
    databaseUrl,
    dataFolder,
    host: '127.0.0.1',
    httpPort,
    iso8583Port,
    operatorCredential,
    certificate: certificateFile === undefined ? undefined : new Uint8Array(await readFile(certificateFile)),
    demonstration: values.demonstration,
    testKeys: values['test-keys'],
    production: env.NODE_ENV === 'production',
    passphrase: env.TAPSEAL_KEYSTORE_PASSPHRASE,
    now: () => new Date(),
    entropy: (length) => new Uint8Array(randomBytes(length)),
  });
  if (!started.ok) refuse(started.refusal, started.detail);

  const { issuer } = started;
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await issuer.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', stop);
  const ready = { ready: true, ports: issuer.ports, keys: issuer.keys };
  if (process.send) process.send(ready);
  else say(ready);
}

function refuse(reason: string, detail?: string): never {
  say({ started: false, reason, ...(detail === undefined ? {} : { detail }) });
  process.exit(1);
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** A port number, the default where none is given, `undefined` for what is none. */
function portOf(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined || text === '') return otherwise;
  const port = Number(text);
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
}
