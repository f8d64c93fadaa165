// The running stack: PostgreSQL, issuer, terminal and phone as processes of their own under one supervisor.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '@tapseal/issuer/postgres';
import { permissionOptions } from '@tapseal/phone';
import { childService } from './child-service.ts';
import {
  createSupervisor,
  type Ports,
  type Service,
  type Supervisor,
  type SupervisorEvent,
} from './supervisor.ts';

/** Documented in docs/api.md; 0 takes any free port. */
export type PortPlan = {
  readonly issuerHttp: number;
  readonly iso8583: number;
  readonly tapLink: number;
  readonly terminalControl: number;
  readonly phoneControl: number;
  readonly postgres: number;
};

export const DEFAULT_PORTS: PortPlan = {
  issuerHttp: 7300,
  iso8583: 7301,
  tapLink: 7302,
  terminalControl: 7303,
  phoneControl: 7304,
  postgres: 7305,
};

export const FREE_PORTS: PortPlan = {
  issuerHttp: 0,
  iso8583: 0,
  tapLink: 0,
  terminalControl: 0,
  phoneControl: 0,
  postgres: 0,
};

export type StackOptions = {
  readonly dataDir: string;
  readonly ports: PortPlan;
  readonly testKeys: boolean;
  /** A server of the operator's own instead of the embedded one. */
  readonly databaseUrl?: string | undefined;
  /** What the children inherit of our environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Restarts in a row after which a process is given up; torture raises it. */
  readonly restartLimit?: number;
  readonly onEvent: (event: SupervisorEvent) => void;
  readonly onNote: (line: string) => void;
};

export type Stack = {
  readonly supervisor: Supervisor;
  readonly operatorCredential: string;
  /** Holds a password: never to be logged. */
  readonly databaseUrl: string;
  /** Where a service's listener is now; a restarted process keeps its ports. */
  url(service: 'issuer' | 'terminal' | 'phone', listener: string): Promise<string>;
  logFile(name: string): string;
  stop(): Promise<void>;
};

const PROGRAM = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, ports, environment } = options;
  mkdirSync(dataDir, { recursive: true });
  const operatorCredential = secretFile(join(dataDir, 'operator-credential'));
  const logFile = (name: string) => join(dataDir, 'logs', `${name}.log`);
  const kind = { demonstration: true, testKeys: options.testKeys };
  const supervisor = createSupervisor({
    dataDir,
    kind,
    onEvent: options.onEvent,
    ...(options.restartLimit === undefined
      ? {}
      : { restartLimit: options.restartLimit, backOffMs: () => 100 }),
  });
  const base = { ...environment, TAPSEAL_DATA: dataDir };
  const port = (last: Ports | undefined, listener: string, planned: number) =>
    String(last?.[listener] ?? planned);

  let databaseUrl = options.databaseUrl;
  try {
    if (databaseUrl === undefined) {
      await supervisor.start(
        postgresService(options, (url) => {
          databaseUrl = url;
        }),
      );
    }
    const issuer = await supervisor.start(
      childService({
        name: 'issuer',
        file: PROGRAM('apps/issuer/src/main.ts'),
        args: ['--demonstration', ...(options.testKeys ? ['--test-keys'] : [])],
        env: (last) => ({
          ...base,
          DATABASE_URL: databaseUrl,
          TAPSEAL_OPERATOR_CREDENTIAL: operatorCredential,
          TAPSEAL_HTTP_PORT: port(last, 'http', ports.issuerHttp),
          TAPSEAL_ISO8583_PORT: port(last, 'iso8583', ports.iso8583),
        }),
        logFile: logFile('issuer'),
        readyWithinMs: 60_000,
      }),
    );
    await supervisor.start(
      childService({
        name: 'terminal',
        file: PROGRAM('apps/terminal/src/main.ts'),
        env: (last) => ({
          ...base,
          TAPSEAL_ISO8583_PORT: String(issuer.iso8583),
          TAPSEAL_TAP_LINK_PORT: port(last, 'tapLink', ports.tapLink),
          TAPSEAL_TERMINAL_CONTROL_PORT: port(last, 'control', ports.terminalControl),
        }),
        logFile: logFile('terminal'),
      }),
    );
    const phoneFolder = nextPhoneFolder(dataDir);
    await supervisor.start(
      childService({
        name: 'phone',
        file: PROGRAM('apps/phone/src/main.ts'),
        args: ['--folder', phoneFolder, '--demonstration'],
        // Node's permission model: this process reads the program, writes its wallet's folder, starts nothing.
        nodeOptions: permissionOptions(PROGRAM('.'), phoneFolder),
        env: (last) => ({
          ...base,
          TAPSEAL_ISSUER_URL: `http://127.0.0.1:${issuer.http}`,
          TAPSEAL_PHONE_PORT: port(last, 'control', ports.phoneControl),
        }),
        logFile: logFile('phone'),
      }),
    );
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
  return {
    supervisor,
    operatorCredential,
    databaseUrl: databaseUrl!,
    logFile,
    async url(service, listener) {
      const running = await supervisor.ready(service);
      return `http://127.0.0.1:${running.ports[listener]}`;
    },
    stop: () => supervisor.stop(),
  };
}

/** The supervisor owns PostgreSQL: a killed issuer leaves it running, a killed server is started again on the same data. */
function postgresService({ dataDir, ports, onNote }: StackOptions, onUrl: (url: string) => void): Service {
  return {
    name: 'postgres',
    async launch(last) {
      const log = join(dataDir, 'logs', 'postgres.log');
      mkdirSync(join(dataDir, 'logs'), { recursive: true });
      const server = await startPostgres({
        dataDir: join(dataDir, 'postgres'),
        port: last?.port ?? ports.postgres,
        onLog: (line) => {
          if (line.startsWith('tapseal:')) onNote(line);
          writeFileSync(log, `${line}\n`, { flag: 'a', mode: 0o600 });
        },
      });
      onUrl(server.url);
      return {
        pid: server.pid,
        ports: { port: server.port },
        exited: server.exited,
        stop: () => server.stop(),
      };
    },
  };
}

/** Every start enrols a new phone; the folders of earlier ones stay as they are. */
function nextPhoneFolder(dataDir: string): string {
  for (let n = 1; ; n++) {
    const folder = join(dataDir, 'phones', String(n));
    if (!existsSync(folder)) return folder;
  }
}

/** A random credential that this data folder keeps, readable by its owner alone. */
function secretFile(path: string): string {
  if (existsSync(path)) {
    chmodSync(path, 0o600);
    return readFileSync(path, 'utf8').trim();
  }
  const credential = randomBytes(32).toString('base64url');
  writeFileSync(path, `${credential}\n`, { mode: 0o600, flag: 'wx' });
  return credential;
}
