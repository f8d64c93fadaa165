// A bank that answers as docs/api.md says, in memory: idempotency keys, bundles that are repeated until their receipt
// comes, uplinks whose numbers must rise, a log that knows its records. `fetch` can be handed to a wallet, and
// `violations` holds what no wallet may ever make it see.
import { uuidText } from '@tapseal/protocol';
import { fromBase64, toBase64 } from '../../src/base64.ts';
import type { BundleRecord, LogRecord, Uplink } from './messages.ts';
import { ClearSealing, type Sealing } from './sealing.ts';

interface DoubleDevice {
  readonly credential: string;
  readonly queue: BundleRecord[][];
  current: Uint8Array | undefined;
  bundleNumber: number;
  highestUplink: number;
}

interface BankToken {
  readonly tokenId: string;
  readonly cardId: string;
  readonly profile: string;
  readonly pin: string;
  nextAtc: number;
  readonly log: Map<number, LogRecord>;
  acknowledged: number;
}

interface Reply {
  readonly status: number;
  readonly body?: object;
}

export const CARD_ID = '11111111-1111-4111-8111-111111111111';
export const ACTIVATION_CODE = 'DOUBLE-2468';

const KEY_SETS = 10;

export class DoubleIssuer {
  readonly violations: string[] = [];
  readonly tokens = new Map<string, BankToken>();
  /** Statements that made a device: more than one would be a second enrolment. */
  enrolments = 0;
  requests = 0;
  /** Cards that the customer has. */
  readonly cards = [
    { cardId: CARD_ID, label: 'Everyday', lastFour: '4242', currency: 'SGD', profiles: ['open', 'tdes'] },
  ];
  /** Refuses these paths by name, for tests of refusals. */
  readonly refusals = new Map<string, { readonly status: number; readonly name: string }>();
  readonly #sealing: Sealing;
  readonly #answers = new Map<string, { readonly body: string; readonly reply: Reply }>();
  readonly #statements = new Map<string, Reply>();
  #codeUsedFor: string | undefined;
  #device: DoubleDevice | undefined;

  constructor(sealing: Sealing = new ClearSealing()) {
    this.#sealing = sealing;
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    this.requests += 1;
    const { pathname } = new URL(url);
    const headers = new Headers(init.headers);
    const body = typeof init.body === 'string' ? init.body : '';
    const reply = await this.#idempotent(`${init.method} ${pathname}`, headers, body);
    const text = reply.body === undefined ? null : JSON.stringify(reply.body);
    return new Response(text, { status: reply.status, headers: { 'content-type': 'application/json' } });
  };

  /** What the bank sends next, beside its answers. */
  queue(records: BundleRecord[]): void {
    this.#device!.queue.push(records);
  }

  async #idempotent(route: string, headers: Headers, body: string): Promise<Reply> {
    const key = headers.get('idempotency-key');
    if (!route.startsWith('POST')) return this.#route(route, headers, {});
    if (key === null) {
      this.violations.push(`${route} without an idempotency key`);
      return problem(400, 'idempotency_key_missing');
    }
    const before = this.#answers.get(key);
    if (before !== undefined) {
      return before.body === body ? before.reply : problem(409, 'idempotency_conflict');
    }
    const reply = await this.#route(route, headers, JSON.parse(body) as Record<string, string>);
    if (reply.status < 300) this.#answers.set(key, { body, reply });
    return reply;
  }

  async #route(route: string, headers: Headers, body: Record<string, string>): Promise<Reply> {
    const refusal = this.refusals.get(route);
    if (refusal !== undefined) return problem(refusal.status, refusal.name);
    if (route === 'POST /v1/enrolments') return this.#startEnrolment(body);
    if (/^POST \/v1\/enrolments\/[^/]+\/statement$/.test(route)) return this.#statement(body);
    const device = this.#device;
    if (device === undefined || headers.get('authorization') !== `Bearer ${device.credential}`) {
      return problem(401, 'credential_invalid');
    }
    switch (route) {
      case 'GET /v1/cards':
        return { status: 200, body: { cards: this.cards } };
      case 'POST /v1/digitisations':
        return this.#digitise(device, body);
      case 'GET /v1/bundles/next':
        return this.#next(device);
      case 'POST /v1/bundles/receipts':
        return this.#receipt(device, fromBase64(body.receipt!));
      case 'POST /v1/replenishments':
        return this.#replenish(device, body.tokenId!);
      case 'POST /v1/logs':
        return this.#log(device, body);
      default:
        return problem(404, 'not_found');
    }
  }

  async #startEnrolment({ activationCode }: Record<string, string>): Promise<Reply> {
    if (activationCode !== ACTIVATION_CODE) return problem(403, 'activation_code_unknown');
    if (this.#codeUsedFor !== undefined) return problem(403, 'activation_code_used');
    this.#codeUsedFor = '22222222-2222-4222-8222-222222222222';
    const nonce = toBase64(this.#sealing.nonce);
    const issuerCertificate = toBase64(await this.#sealing.certificate);
    return { status: 201, body: { enrolmentId: this.#codeUsedFor, nonce, issuerCertificate } };
  }

  async #statement({ statement }: Record<string, string>): Promise<Reply> {
    const before = this.#statements.get(statement!);
    if (before !== undefined) return before;
    if (this.#device !== undefined) return problem(409, 'enrolment_finished');
    this.enrolments += 1;
    const deviceId = uuidText(await this.#sealing.enrol(fromBase64(statement!)));
    this.#device = {
      credential: 'device-credential-of-the-double',
      queue: [[]],
      current: undefined,
      bundleNumber: 0,
      highestUplink: 0,
    };
    const { bundle } = (await this.#next(this.#device)).body as { bundle: string };
    const reply = { status: 201, body: { deviceId, credential: this.#device.credential, bundle } };
    this.#statements.set(statement!, reply);
    return reply;
  }

  async #digitise(device: DoubleDevice, { cardId, profile, uplink }: Record<string, string>): Promise<Reply> {
    const opened = await this.#open(device, uplink!);
    if (opened === undefined) return problem(409, 'uplink_number_not_above');
    if (opened.kind !== 'pin' || opened.boundId !== cardId) return problem(422, 'uplink_not_bound');
    const tokenId = `33333333-3333-4333-8333-${String(this.tokens.size + 1).padStart(12, '0')}`;
    const token = { tokenId, cardId: cardId!, profile: profile!, pin: opened.pin };
    this.tokens.set(tokenId, { ...token, nextAtc: 1, log: new Map(), acknowledged: 0 });
    device.queue.push([{ type: 'token', tokenId, profile: profile as 'open', lastFour: '4242' }]);
    const keySets = this.#topUp(device, tokenId);
    return { status: 201, body: { tokenId, decision: 'approved', keySets } };
  }

  #replenish(device: DoubleDevice, tokenId: string): Reply {
    if (!this.tokens.has(tokenId)) return problem(404, 'token_unknown');
    return { status: 202, body: { keySets: this.#topUp(device, tokenId) } };
  }

  #topUp(device: DoubleDevice, tokenId: string): number {
    const token = this.tokens.get(tokenId)!;
    const outstanding = token.nextAtc - 1 - new Set([...token.log.values()].map(({ atc }) => atc)).size;
    const missing = Math.max(0, KEY_SETS - outstanding);
    const atcs = Array.from({ length: missing }, (_, index) => token.nextAtc + index);
    token.nextAtc += missing;
    if (missing > 0) device.queue.push([{ type: 'keySets', tokenId, atcs }]);
    return missing;
  }

  async #log(device: DoubleDevice, { uplink }: Record<string, string>): Promise<Reply> {
    const opened = await this.#open(device, uplink!);
    if (opened === undefined) return problem(409, 'uplink_number_not_above');
    if (opened.kind !== 'log') return problem(422, 'uplink_kind');
    const token = this.tokens.get(opened.tokenId)!;
    for (const record of opened.records) {
      const known = token.log.get(record.seq);
      if (known !== undefined && known.atc !== record.atc) this.violations.push(`log fork at ${record.seq}`);
      token.log.set(record.seq, record);
    }
    const seqs = opened.records.map(({ seq }) => seq);
    const [firstSeq, lastSeq] = [Math.min(...seqs), Math.max(...seqs)];
    const outcomes = opened.records
      .filter(({ status }) => status === 'arqc')
      .map(({ atc }) => ({ atc, approved: atc % 2 === 1, de39: atc % 2 === 1 ? '00' : '51' }));
    const { tokenId } = opened;
    const records: BundleRecord[] = [{ type: 'logAcknowledged', tokenId, seq: lastSeq }];
    if (outcomes.length > 0) records.push({ type: 'outcomes', tokenId, outcomes });
    device.queue.push(records);
    return { status: 200, body: { accepted: seqs.length, firstSeq, lastSeq, findings: [] } };
  }

  async #open(device: DoubleDevice, uplink: string): Promise<Uplink | undefined> {
    const opened = await this.#sealing.open(fromBase64(uplink));
    if (opened.number <= device.highestUplink) {
      this.violations.push(`uplink ${opened.number} after ${device.highestUplink}`);
      return undefined;
    }
    device.highestUplink = opened.number;
    return opened;
  }

  async #next(device: DoubleDevice): Promise<Reply> {
    if (device.current === undefined) {
      const records = device.queue.shift();
      if (records === undefined) return { status: 204 };
      device.bundleNumber += 1;
      device.current = await this.#sealing.seal({ number: device.bundleNumber, records });
    }
    return { status: 200, body: { bundleNumber: device.bundleNumber, bundle: toBase64(device.current) } };
  }

  async #receipt(device: DoubleDevice, receipt: Uint8Array): Promise<Reply> {
    const number = await this.#sealing.receiptNumber(receipt);
    if (number > device.bundleNumber) return problem(422, 'receipt_unknown');
    if (number === device.bundleNumber) device.current = undefined;
    const next = await this.#next(device);
    return { status: 200, body: { next: next.status === 204 ? null : next.body! } };
  }
}

function problem(status: number, name: string): Reply {
  return { status, body: { type: `urn:tapseal:problem:${name}`, title: name, status } };
}
