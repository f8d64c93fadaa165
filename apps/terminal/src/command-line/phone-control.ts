/**
 * The phone's control port, as the customer's hands: HTTP and JSON on loopback (apps/phone). It is not the tap link.
 */

export interface PhoneCard {
  readonly tokenId: string;
  readonly profile: string;
  readonly label: string;
  readonly lastFour: string;
  readonly keySetsLive: number;
  readonly selected: boolean;
}

/** The phone said no, or did not answer. `reason` is its problem's name. */
export class PhoneRefusal extends Error {
  override readonly name = 'PhoneRefusal';
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface PhoneControl {
  status(): Promise<{ readonly cards: readonly PhoneCard[] }>;
  select(tokenId: string): Promise<void>;
  unlock(): Promise<void>;
  /** Arms on-device verification for the next tap. The digits are overwritten. */
  enterPin(digits: Uint8Array): Promise<void>;
  /** Holds the phone to the terminal that listens there; resolves when the link ends. */
  present(host: string, port: number): Promise<void>;
}

const ANSWER_MS = 15_000;
/** Presenting ends when the tap does, and a phone may wait for its sale. */
const PRESENT_MS = 60_000;

export function phoneControl(port: number, credential: string | undefined, fetch_ = fetch): PhoneControl {
  const call = async (
    method: string,
    path: string,
    body?: Uint8Array | object,
    withinMs = ANSWER_MS,
  ): Promise<unknown> => {
    const headers: Record<string, string> =
      credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const sent = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body);
    let response: Response;
    try {
      response = await fetch_(`http://127.0.0.1:${port}${path}`, {
        method,
        headers,
        ...(sent === undefined ? {} : { body: sent as BodyInit }),
        signal: AbortSignal.timeout(withinMs),
      });
    } catch {
      throw new PhoneRefusal('phone_unreachable', `the phone does not answer on its control port ${port}`);
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    const problem = (answer ?? {}) as { type?: unknown; title?: unknown };
    const reason =
      typeof problem.type === 'string' ? problem.type.replace(/^urn:tapseal:problem:/, '') : 'unknown';
    throw new PhoneRefusal(reason, `the phone refused ${path}: ${reason.replaceAll('_', ' ')}`);
  };
  return {
    status: async () => {
      const { cards } = (await call('GET', '/status')) as { cards?: unknown };
      return { cards: Array.isArray(cards) ? (cards as PhoneCard[]) : [] };
    },
    select: async (tokenId) => void (await call('POST', '/select', { tokenId })),
    unlock: async () => void (await call('POST', '/unlock', {})),
    enterPin: async (digits) => {
      const body = pinBody(digits);
      try {
        await call('POST', '/pin', body);
      } finally {
        body.fill(0);
        digits.fill(0);
      }
    },
    present: async (host, terminalPort) => {
      await call('POST', '/present', { host, port: terminalPort }, PRESENT_MS);
    },
  };
}

/** {"pin":"…"} built as bytes, so that no string of the PIN is made here. */
function pinBody(digits: Uint8Array): Uint8Array {
  const before = new TextEncoder().encode('{"pin":"');
  const after = new TextEncoder().encode('"}');
  const body = new Uint8Array(before.length + digits.length + after.length);
  body.set(before, 0);
  body.set(digits, before.length);
  body.set(after, before.length + digits.length);
  return body;
}
