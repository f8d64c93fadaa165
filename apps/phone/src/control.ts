// The control port: what stands for the phone's screen and its owner's fingers. It is not the tap link; a reader cannot
// reach it. HTTP with JSON on loopback; every refusal is a problem (RFC 9457) under its name.
//
// A page in a browser on this machine could try to reach it too: the Host must name this machine (DNS rebinding), a
// request that a page made (`Origin`, `Sec-Fetch-Site`) is refused, and a credential can be demanded.
import type { Phone } from './phone.ts';
import { describeRefusal, PhoneRefusal } from './refusals.ts';
import { type Body, readBody } from './request-body.ts';

export interface ControlRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Overwritten when it was read. */
  readonly body: Uint8Array;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: object;
}

export interface ControlOptions {
  /** Compared in constant time; undefined demands none. */
  readonly credential?: string;
  readonly sameBytes: (a: Uint8Array, b: Uint8Array) => boolean;
}

type Route = (phone: Phone, body: Body) => Promise<object> | object;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/status': { GET: (phone) => phone.status() },
  '/history': { GET: async (phone) => ({ history: await phone.history() }) },
  '/enrol': {
    POST: async (phone, { members }) => {
      await phone.enrol(text(members.activationCode));
      return { enrolled: true };
    },
  },
  '/digitise': {
    POST: (phone, { members, pin }) => {
      const card = members.cardId === undefined ? {} : { cardId: text(members.cardId) };
      return phone.digitise({ ...card, profile: text(members.profile), pin: given(pin) });
    },
  },
  '/select': {
    POST: async (phone, { members }) => {
      await phone.select(text(members.tokenId));
      return { selected: true };
    },
  },
  '/unlock': { POST: async (phone) => ({ unlocked: true, ...(await phone.unlock()) }) },
  '/lock': {
    POST: async (phone) => {
      await phone.lock();
      return { unlocked: false };
    },
  },
  '/pin': {
    POST: async (phone, { pin }) => {
      await phone.enterPin(given(pin));
      // Entered, not right: only the bank sees whether it was.
      return { entered: true };
    },
  },
  '/present': { POST: (phone, { members }) => phone.present(text(members.host), port(members.port)) },
  '/withdraw': { POST: (phone) => ({ withdrawn: phone.withdraw() }) },
  '/network': {
    POST: (phone, { members }) => {
      if (typeof members.up !== 'boolean') throw new PhoneRefusal('body_malformed');
      phone.setNetwork(members.up);
      return { network: members.up };
    },
  },
  '/sync': { POST: (phone) => phone.sync() },
};

/** Answers a request; throws only what is a bug, after which the caller says `internal` and no more. */
export async function control(
  phone: Phone,
  options: ControlOptions,
  request: ControlRequest,
): Promise<ControlAnswer> {
  try {
    admit(options, request);
    const methods = ROUTES[request.path];
    if (methods === undefined) throw new PhoneRefusal('route_unknown');
    const route = methods[request.method];
    if (route === undefined) throw new PhoneRefusal('method_not_allowed');
    const body = request.method === 'GET' ? { members: {}, pin: undefined } : readBody(request.body);
    return { status: 200, body: await answerTo(route, phone, body) };
  } catch (error) {
    const refusal = describeRefusal(error);
    if (refusal === undefined) throw error;
    return problem(refusal.name, refusal.status);
  } finally {
    request.body.fill(0);
  }
}

export function problem(name: string, status: number): ControlAnswer {
  return { status, body: { type: `urn:tapseal:problem:${name}`, title: name.replaceAll('_', ' '), status } };
}

async function answerTo(route: Route, phone: Phone, body: Body): Promise<object> {
  try {
    return await route(phone, body);
  } finally {
    body.pin?.fill(0);
  }
}

function admit({ credential, sameBytes }: ControlOptions, { headers, method }: ControlRequest): void {
  const host = headers.host?.replace(/:\d{1,5}$/, '');
  if (host !== '127.0.0.1' && host !== 'localhost' && host !== '[::1]')
    throw new PhoneRefusal('host_not_local');
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    throw new PhoneRefusal('origin_refused');
  }
  if (method === 'POST' && headers['content-type']?.split(';')[0]?.trim() !== 'application/json') {
    throw new PhoneRefusal('body_malformed');
  }
  if (credential === undefined) return;
  const encode = (value: string) => new TextEncoder().encode(value);
  if (!sameBytes(encode(headers.authorization ?? ''), encode(`Bearer ${credential}`))) {
    throw new PhoneRefusal('credential_invalid');
  }
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > 200) throw new PhoneRefusal('body_malformed');
  return value;
}

function port(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 65_535) {
    throw new PhoneRefusal('body_malformed');
  }
  return value as number;
}

function given(pin: Uint8Array | undefined): Uint8Array {
  if (pin === undefined) throw new PhoneRefusal('body_malformed');
  return pin;
}
