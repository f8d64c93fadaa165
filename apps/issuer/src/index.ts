/** The whole issuer in one process: what `main.ts` starts, and what tests and the simulation put into theirs. */

import { type Acceptor, startAcceptor } from './acceptor/index.ts';
import { appendAudit } from './audit/append.ts';
import { createMessageHandler } from './authorisation/handle.ts';
import { seedDemonstration } from './customers/demonstration.ts';
import { claimInstallation, type InstallationRefusal } from './database/installation.ts';
import { type MigrationRefusal, migrate } from './database/migrate.ts';
import { openDatabase } from './database/pool.ts';
import { createHttpApp, type HttpSettings } from './http/app.ts';
import { createLogger } from './http/log.ts';
import { DEFAULT_ISSUER_SETTINGS, type Issuer, type IssuerSettings } from './issuer.ts';
import {
  type CertificateRefusal,
  checkCertificate,
  demonstrationCertificate,
} from './keys/issuer-certificate.ts';
import type { Entropy } from './keys/key-material.ts';
import { type KeyChoice, type KeySource, type LoadRefusal, loadKeys } from './keys/load-keys.ts';
import { createSoftwareHsm } from './keys/software-hsm.ts';

export { DEFAULT_ISSUER_SETTINGS, type Issuer, type IssuerSettings } from './issuer.ts';

export interface IssuerOptions extends KeyChoice {
  readonly databaseUrl: string;
  /** Where the keystore lies. */
  readonly dataFolder: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly httpPort: number;
  readonly iso8583Port: number;
  readonly operatorCredential: string;
  /** The certificate that the manufacturer signed, for live keys. */
  readonly certificate: Uint8Array | undefined;
  readonly now: () => Date;
  readonly entropy: Entropy;
  readonly logDestination?: Parameters<typeof createLogger>[0];
  readonly logLevel?: string;
  readonly settings?: IssuerSettings;
  readonly httpSettings?: HttpSettings;
}

/** Why an issuer does not start. */
export type StartRefusal =
  | LoadRefusal
  | MigrationRefusal
  | InstallationRefusal
  | CertificateRefusal
  | 'certificate_missing';

export interface RunningIssuer {
  readonly ports: { readonly http: number; readonly iso8583: number };
  readonly keys: KeySource;
  /** Ends both listeners, lets calls under way finish, closes the database, wipes the keys. */
  stop(): Promise<void>;
}

export type StartResult =
  | { readonly ok: true; readonly issuer: RunningIssuer }
  | { readonly ok: false; readonly refusal: StartRefusal; readonly detail?: string };

export async function startIssuer(options: IssuerOptions): Promise<StartResult> {
  const { now, entropy } = options;
  const loaded = await loadKeys(options, options.dataFolder, entropy);
  if (!loaded.ok) return loaded;
  const hsm = createSoftwareHsm(loaded.material, entropy);
  const logger = createLogger(options.logDestination, options.logLevel);
  const db = openDatabase(options.databaseUrl, {
    onError: (err) => logger.warn({ err }, 'a database connection was lost'),
  });
  const closers: (() => unknown)[] = [() => hsm.close(), () => db.end()];
  const stop = async () => {
    while (closers.length > 0) await closers.pop()!();
  };
  const refused = async (refusal: StartRefusal, detail?: string): Promise<StartResult> => {
    await stop();
    return { ok: false, refusal, ...(detail === undefined ? {} : { detail }) };
  };

  try {
    const certificate =
      hsm.kind === 'demonstration' ? await demonstrationCertificate(hsm.issuer, now()) : options.certificate;
    if (!certificate) return await refused('certificate_missing', keysToCertify(hsm.issuer));
    const wrong = hsm.kind === 'live' ? checkCertificate(certificate, hsm.issuer, now()) : undefined;
    if (wrong)
      return await refused(
        wrong,
        wrong === 'certificate_of_other_keys' ? keysToCertify(hsm.issuer) : undefined,
      );

    const migrated = await migrate(db);
    if (!migrated.ok) return await refused(migrated.refusal, migrated.migration);
    const claimed = await claimInstallation(db, hsm.kind, hsm.keystoreId, now());
    if (!claimed.ok) return await refused(claimed.refusal);

    const issuer: Issuer = {
      db,
      hsm,
      now,
      certificate,
      settings: options.settings ?? DEFAULT_ISSUER_SETTINGS,
    };
    if (options.demonstration) await seedDemonstration(issuer);
    const app = await createHttpApp({
      issuer,
      operatorCredential: options.operatorCredential,
      logger,
      ...(options.httpSettings && { settings: options.httpSettings }),
    });
    closers.push(() => app.close());
    const handle = createMessageHandler({
      pool: db,
      hsm,
      now,
      onEvent: (event) => logger.info(event, 'iso 8583'),
    });
    const acceptor: Acceptor = await startAcceptor({
      handle,
      host: options.host,
      port: options.iso8583Port,
      onConnectionEnd: (end, connections) => logger.info({ end, connections }, 'iso 8583 connection ended'),
    });
    closers.push(() => acceptor.stop());
    await app.listen({ host: options.host, port: options.httpPort });
    await appendAudit(db, now(), {
      actor: 'issuer',
      action: 'issuer.started',
      subject: `keystore ${hsm.keystoreId}`,
      detail: { keys: loaded.source, assurance: hsm.assurance },
    });
    const address = app.server.address();
    const http = typeof address === 'object' && address ? address.port : options.httpPort;
    return { ok: true, issuer: { ports: { http, iso8583: acceptor.port }, keys: loaded.source, stop } };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Public keys, for the manufacturer to certify. */
function keysToCertify(issuer: Issuer['hsm']['issuer']): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
  return `issuer ${hex(issuer.issuerId)}, Ed25519 ${hex(issuer.ed25519PublicKey)}, X25519 ${hex(issuer.uplinkPublicKey)}`;
}
