// A phone on this machine: the wallet in a process of its own, with a control port for its owner and a tap link for
// readers. `node apps/phone/src/main.ts --help` says how to start it.
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeClock, openNodeWallet } from '@tapseal/wallet-sdk/node';
import { bootElement } from '@tapseal/wallet-sdk/node/element';
import { control } from './control.ts';
import { jsonLog } from './log.ts';
import { connectTapLink, listenControl, sameBytes } from './loopback.ts';
import { NetworkSwitch } from './network-switch.ts';
import { Phone } from './phone.ts';
import { describeRefusal } from './refusals.ts';

const HELP = `node apps/phone/src/main.ts [--folder DIR] [--port N] [--issuer URL] [--demonstration] [--help]

  --folder DIR   the wallet's files (default: phone in TAPSEAL_DATA, or in ./data)
  --port N       the control port on 127.0.0.1 (default: TAPSEAL_PHONE_PORT, or 7304; 0 takes a free one)
  --issuer URL   the bank (default: TAPSEAL_ISSUER_URL, or http://127.0.0.1:7300)

  --demonstration  accept a kernel that trusts the published test root; refused when NODE_ENV is production

  TAPSEAL_PHONE_CREDENTIAL, when set, is demanded on the control port as "Authorization: Bearer …".

Ready: one JSON line {"ready":true,"ports":{"control":N}} on standard output, or the same as a message to a parent
process. Control: GET /status /history, POST /enrol /digitise /select /unlock /lock /pin /present /withdraw /network
/sync. Logs: JSON lines on standard error.
`;

const { env } = process;
const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(env.TAPSEAL_DATA ?? 'data', 'phone') },
    port: { type: 'string', default: env.TAPSEAL_PHONE_PORT ?? '7304' },
    issuer: { type: 'string', default: env.TAPSEAL_ISSUER_URL ?? 'http://127.0.0.1:7300' },
    demonstration: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const log = jsonLog(nodeClock, (line) => process.stderr.write(line));
  try {
    await serve(log);
  } catch (error) {
    const refusal = describeRefusal(error);
    if (refusal === undefined) throw error;
    log('not_started', { reason: refusal.name });
    process.exit(1);
  }
}

async function serve(log: ReturnType<typeof jsonLog>): Promise<void> {
  const network = new NetworkSwitch(fetch);
  const bank = {
    baseUrl: values.issuer,
    fetch: network.fetch,
    clock: nodeClock,
    jitter: () => randomInt(2 ** 32) / 2 ** 32,
    online: () => network.up,
  };
  const entropy = (length: number) => new Uint8Array(randomBytes(length));
  const demonstration = values.demonstration && env.NODE_ENV !== 'production';
  const phone = await Phone.start({
    openWallet: () =>
      openNodeWallet({ folder: values.folder, bank, entropy, boot: bootElement, demonstration }),
    connect: connectTapLink,
    network,
    clock: nodeClock,
    log,
  });
  const credential = env.TAPSEAL_PHONE_CREDENTIAL;
  const options = { sameBytes, ...(credential === undefined ? {} : { credential }) };
  const listening = await listenControl(
    Number(values.port),
    (request) => control(phone, options, request),
    (error) => log('fault', { reason: error instanceof Error ? error.name : 'unknown' }),
  );

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    log('stopping', {});
    await phone.close();
    await listening.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
  process.on('disconnect', () => void stop());

  const ready = { ready: true, ports: { control: listening.port } };
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(ready)}\n`);
  else process.send(ready);
  log('ready', { port: listening.port });
}
