/** The issuer's HTTP service over a database of its own, with the published test keys and a clock that the test moves. */

import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { luhnCheckDigit, Pan } from '@tapseal/emv';
import { problemName } from '@tapseal/protocol';
import { migrate } from '../src/database/migrate.ts';
import { openDatabase } from '../src/database/pool.ts';
import { createHttpApp, type HttpSettings } from '../src/http/app.ts';
import { createLogger } from '../src/http/log.ts';
import { DEFAULT_ISSUER_SETTINGS, type Issuer } from '../src/issuer.ts';
import { demonstrationCertificate } from '../src/keys/issuer-certificate.ts';
import { createSoftwareHsm } from '../src/keys/software-hsm.ts';
import { testKeyMaterial } from '../src/keys/test-keys.ts';
import { SoftwareDevice } from './software-device.ts';

export const OPERATOR = 'operator-credential-of-a-test';
const START = new Date('2027-01-04T04:00:00Z');

export type Answer = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly problem?: string;
};

export class IssuerUnderTest {
  readonly issuer: Issuer;
  readonly log: string[];
  readonly clock: { now: Date };
  /** Of the last answer. */
  lastHeaders: Record<string, unknown> = {};
  readonly #app: Awaited<ReturnType<typeof createHttpApp>>;
  #calls = 0;

  private constructor(
    issuer: Issuer,
    log: string[],
    clock: { now: Date },
    app: Awaited<ReturnType<typeof createHttpApp>>,
  ) {
    this.issuer = issuer;
    this.log = log;
    this.clock = clock;
    this.#app = app;
  }

  /** A new process over the same database is the same call again. */
  static async start(
    databaseUrl: string,
    settings?: HttpSettings,
    change: Partial<Issuer> = {},
  ): Promise<IssuerUnderTest> {
    const db = openDatabase(databaseUrl);
    const migrated = await migrate(db);
    if (!migrated.ok) throw new Error(migrated.refusal);
    const clock = { now: START };
    const hsm = createSoftwareHsm(testKeyMaterial(), (length) => new Uint8Array(randomBytes(length)));
    const issuer: Issuer = {
      db,
      hsm,
      now: () => clock.now,
      certificate: await demonstrationCertificate(hsm.issuer, START),
      settings: DEFAULT_ISSUER_SETTINGS,
      ...change,
    };
    const log: string[] = [];
    const sink = new Writable({
      write(chunk, _, done) {
        log.push(String(chunk));
        done();
      },
    });
    const app = await createHttpApp({
      issuer,
      operatorCredential: OPERATOR,
      logger: createLogger(sink, 'trace'),
      ...(settings && { settings }),
    });
    return new IssuerUnderTest(issuer, log, clock, app);
  }

  async stop(): Promise<void> {
    await this.#app.close();
    await this.issuer.db.end();
  }

  async call(
    method: 'GET' | 'POST',
    url: string,
    options: { body?: object; credential?: string; key?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await this.#app.inject({
      method,
      url,
      headers: {
        ...(options.credential && { authorization: `Bearer ${options.credential}` }),
        ...(options.key && { 'idempotency-key': options.key }),
        ...options.headers,
      },
      ...(options.body && { payload: options.body }),
    });
    this.lastHeaders = response.headers;
    const body = response.body ? response.json() : {};
    const problem = response.statusCode >= 400 ? problemName(body) : undefined;
    return { status: response.statusCode, body, ...(problem && { problem }) };
  }

  operator(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    return this.call(method, `/v1/operator${path}`, { credential: OPERATOR, ...(body && { body }) });
  }

  /** A customer with one card and an activation code. */
  async customer(name = 'Mei Tan') {
    const { customerId } = (await this.operator('POST', '/customers', { name })).body as {
      customerId: string;
    };
    const pan = await this.pan();
    const card = await this.operator('POST', `/customers/${customerId}/cards`, {
      pan: pan.reveal(),
      expiry: '3012',
      label: 'Everyday',
      currency: 'SGD',
      balanceMinor: 100_000,
    });
    const code = await this.operator('POST', `/customers/${customerId}/activation-codes`);
    return {
      customerId,
      pan,
      cardId: (card.body as { cardId: string }).cardId,
      activationCode: (code.body as { activationCode: string }).activationCode,
    };
  }

  async pan(): Promise<Pan> {
    const digits = `970201${String(randomBytes(4).readUInt32BE() % 1_000_000_000).padStart(9, '0')}`;
    return Pan.parse(digits + luhnCheckDigit(digits))!;
  }

  /** An enrolled device of a new customer, its first bundle applied. */
  async enrolled() {
    const customer = await this.customer();
    const device = new SoftwareDevice();
    const begun = await this.call('POST', '/v1/enrolments', {
      body: { activationCode: customer.activationCode },
    });
    const { enrolmentId, nonce, issuerCertificate } = begun.body as Record<string, string>;
    const statement = await device.statement(bytes(nonce!), bytes(issuerCertificate!));
    const completed = await this.call('POST', `/v1/enrolments/${enrolmentId}/statement`, {
      body: { statement: base64(statement) },
    });
    const { credential, bundle } = completed.body as Record<string, string>;
    await this.receipt(credential!, await device.accept(bytes(bundle!)));
    return { ...customer, device, credential: credential!, enrolmentId: enrolmentId!, statement };
  }

  receipt(credential: string, receipt: Uint8Array): Promise<Answer> {
    return this.call('POST', '/v1/bundles/receipts', { credential, body: { receipt: base64(receipt) } });
  }

  digitise(
    phone: { credential: string; cardId: string },
    uplink: Uint8Array,
    profile = 'open',
    key = `d${++this.#calls}`,
  ) {
    const body = { cardId: phone.cardId, profile, uplink: base64(uplink) };
    return this.call('POST', '/v1/digitisations', { credential: phone.credential, key, body });
  }

  replenish(credential: string, tokenId: string, key = `r${++this.#calls}`): Promise<Answer> {
    return this.call('POST', '/v1/replenishments', { credential, key, body: { tokenId } });
  }

  /** Fetches, applies and receipts until nothing is left; answers how many bundles there were. */
  async sync(phone: { credential: string; device: SoftwareDevice }): Promise<number> {
    for (let count = 0; ; count++) {
      const next = await this.call('GET', '/v1/bundles/next', { credential: phone.credential });
      if (next.status === 204) return count;
      const { bundle } = next.body as unknown as { bundle: string };
      const receipt = await this.receipt(phone.credential, await phone.device.accept(bytes(bundle)));
      if (receipt.status !== 200) throw new Error(receipt.problem);
    }
  }

  /** A device with a token and its ten key sets. */
  async digitised(profile = 'open', pin = '4929') {
    const phone = await this.enrolled();
    const answer = await this.digitise(phone, await phone.device.pinUplink(phone.cardId, pin), profile);
    if (answer.status !== 201) throw new Error(answer.problem);
    await this.sync(phone);
    return { ...phone, tokenId: (answer.body as { tokenId: string }).tokenId };
  }
}

export const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64');
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
