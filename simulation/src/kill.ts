// kill -9 of the issuer, the phone or PostgreSQL at a random moment of the story, again and again. Afterwards: no payment
// that the terminal was told is approved is missing at the bank, no ATC was accepted twice, no key set answered twice,
// and the wallet opens.
import { setTimeout as sleep } from 'node:timers/promises';
import { call, Problem } from './http.ts';
import { below, seeded } from './seeded.ts';
import type { Stack } from './stack.ts';
import { DEMONSTRATION, provision } from './story.ts';

const VICTIMS = ['issuer', 'phone', 'postgres'] as const;
type Victim = (typeof VICTIMS)[number];

export type KillReport = {
  readonly kills: Readonly<Record<Victim, number>>;
  readonly taps: number;
  readonly approved: number;
  /** Sales that ended without the bank's word; each was taken back or never arrived. */
  readonly withoutAnswer: number;
  readonly reconciliation: Readonly<Record<string, unknown>>;
};

type Sale = {
  result: { result: string; reason: string; de39?: string; card?: { atc: string; profile: string } };
};
type Authorisation = { atc: number; refusal: string | null; de39: string };
type Status = { cards: { tokenId: string; keySetsLive: number }[] };

/** Throws, with seed and round, when a promise is broken. */
export async function killStory(
  stack: Stack,
  options: { readonly seed: number; readonly kills: number; readonly onProgress?: (line: string) => void },
): Promise<KillReport> {
  const random = seeded(options.seed);
  const tokenId = (await provision(stack)).open;
  const kills = { issuer: 0, phone: 0, postgres: 0 };
  const answered = new Map<number, Sale['result']>();
  let withoutAnswer = 0;
  let taps = 0;

  for (let round = 0; round < options.kills; round++) {
    const victim = VICTIMS[below(random, VICTIMS.length)]!;
    const afterMs = below(random, 250);
    const activity = round % 4 === 3 ? sync(stack) : tap(stack, tokenId);
    const { pid } = await stack.supervisor.ready(victim);
    await sleep(afterMs);
    try {
      process.kill(pid, 'SIGKILL');
      kills[victim]++;
    } catch (error) {
      // the process of this life may just have ended by itself: PostgreSQL's loss can end the issuer
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    const sale = await activity;
    await stack.supervisor.ready(victim, pid);
    if (sale) {
      taps++;
      note(sale);
    }
    // the wallet opens, whatever happened
    const { cards } = await patiently(() => phone<Status>(stack, 'GET /status'));
    if (!cards.some((card) => card.tokenId === tokenId)) fail(round, 'the wallet lost its card');
    if (cards.find((card) => card.tokenId === tokenId)!.keySetsLive < 3)
      await patiently(() => mustSync(stack));
    options.onProgress?.(
      `${round + 1} of ${options.kills} kills, ${taps} taps, ${answered.size} cryptograms`,
    );
  }

  await patiently(() => mustSync(stack));
  return conclude();

  function note(sale: Sale): void {
    const { card, result } = sale.result;
    if (!card) return;
    const atc = Number.parseInt(card.atc, 16);
    if (answered.has(atc)) fail(taps, `the key set of ATC ${atc} answered twice`);
    answered.set(atc, sale.result);
    if (result === 'not_completed') withoutAnswer++;
  }

  async function conclude(): Promise<KillReport> {
    const { authorisations } = await patiently(() =>
      bank<{ authorisations: Authorisation[] }>(stack, `GET /v1/operator/tokens/${tokenId}/authorisations`),
    );
    const seen = new Set<number>();
    for (const { atc } of authorisations) {
      if (seen.has(atc)) fail(options.kills, `the bank holds ATC ${atc} twice`);
      seen.add(atc);
    }
    let approved = 0;
    for (const [atc, result] of answered) {
      if (result.result !== 'approved') continue;
      approved++;
      const row = authorisations.find((entry) => entry.atc === atc);
      if (row?.de39 !== '00')
        fail(
          options.kills,
          `ATC ${atc} was approved at the terminal; the bank says ${row?.de39 ?? 'nothing'}`,
        );
    }
    const reconciliation = await patiently(() =>
      bank<Record<string, unknown>>(stack, 'POST /v1/operator/reconciliations', { tokenId }),
    );
    for (const kind of ['forks', 'amountDiffers', 'gaps']) {
      if (reconciliation[kind] !== 0)
        fail(options.kills, `reconciliation found ${kind}: ${reconciliation[kind]}`);
    }
    return { kills, taps, approved, withoutAnswer, reconciliation };
  }

  function fail(round: number, what: string): never {
    throw new Error(`seed ${options.seed}, round ${round}: ${what}`);
  }
}

/** One tap; undefined when it could not even begin. What breaks on the way is the point. */
async function tap(stack: Stack, tokenId: string): Promise<Sale | undefined> {
  try {
    await phone(stack, 'POST /select', { tokenId });
    await phone(stack, 'POST /unlock');
    await phone(stack, 'POST /pin', { pin: DEMONSTRATION.pin });
    const terminal = await stack.supervisor.ready('terminal');
    const selling = call<Sale>(await stack.url('terminal', 'control'), 'POST /sales', {
      body: { amountMinor: 100, currency: 'SGD', presentWithinSeconds: 4 },
    }).catch((error) => (error instanceof Problem ? undefined : Promise.reject(error)));
    const presenting = phone(stack, 'POST /present', {
      host: '127.0.0.1',
      port: terminal.ports.tapLink,
    }).catch(() => undefined);
    const [sale] = await Promise.all([selling, presenting]);
    return sale;
  } catch {
    return undefined;
  } finally {
    await phone(stack, 'POST /lock').catch(() => undefined);
  }
}

async function sync(stack: Stack): Promise<undefined> {
  await phone(stack, 'POST /sync').catch(() => undefined);
  return undefined;
}

/** A sync that went through to its end; refusals by name are broken promises. */
async function mustSync(stack: Stack): Promise<void> {
  const report = await phone<{ refused: { step: string; reason: string }[] }>(stack, 'POST /sync');
  if (report.refused.length > 0)
    throw new Error(
      `sync refused: ${report.refused.map(({ step, reason }) => `${step} ${reason}`).join(', ')}`,
    );
}

const PATIENCE = 60;

/** Repeats while processes come back. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === PATIENCE) throw error;
      await sleep(250);
    }
  }
}

async function phone<T = unknown>(stack: Stack, route: string, body?: unknown): Promise<T> {
  return call<T>(await stack.url('phone', 'control'), route, { body, timeoutMs: 30_000 });
}

async function bank<T>(stack: Stack, route: string, body?: unknown): Promise<T> {
  return call<T>(await stack.url('issuer', 'http'), route, { body, credential: stack.operatorCredential });
}
