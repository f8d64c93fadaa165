// A whole tap inside the secure element, SELECT PPSE to the cryptogram, as a reader's bytes would drive it.
//
// warm: the element runs and a set is armed. Arming (one sealed generation, one durable write) lies between taps and is
//   shown on a row of its own, beside the physical limit: the same bytes written and made durable with nothing else.
// cold: Node runs, the wallet does not: read the sealed state, instantiate, boot, unlock, arm (durable), PIN, tap.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex } from '@tapseal/emv';
import type { SealedStateStore } from '@tapseal/vse';
import { loadKernel } from '@tapseal/vse/node';
import { AtomicFile, nodeFileSystem } from '@tapseal/wallet-sdk/node';
import type { BareToken } from '../../simulation/src/bare-issuer.ts';
import { BarePhone } from '../../simulation/src/bare-phone.ts';

export type TapRow = {
  readonly what: string;
  readonly profile: 'open' | 'tdes';
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** What no implementation could beat. */
  readonly limit?: { readonly what: string; readonly ms: number };
  readonly barP50Ms?: number;
  readonly barP99Ms?: number;
  readonly met?: boolean;
};

const WARM_TAPS = 600;
const COLD_TAPS = 60;
const AMOUNT = '000000012000';
/** ISO/IEC 14443-3, 106 kbit/s, without its frame overhead: a phone cannot be read faster than its bytes travel. */
const WIRE_BITS_PER_MS = 106;

class FileStore implements SealedStateStore {
  lastLength = 0;
  readonly #file: AtomicFile;

  constructor(file: AtomicFile) {
    this.#file = file;
  }

  load() {
    return this.#file.load();
  }

  async persist(_generation: bigint, sealed: Uint8Array): Promise<void> {
    this.lastLength = sealed.length;
    await this.#file.replace(sealed);
  }
}

export async function benchTap(): Promise<readonly TapRow[]> {
  const rows: TapRow[] = [];
  const kernel = await loadKernel();
  for (const profile of ['open', 'tdes'] as const) {
    const folder = await mkdtemp(join(tmpdir(), 'tapseal-bench-'));
    try {
      rows.push(...(await benchProfile(kernel, profile, folder)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return rows;
}

async function benchProfile(kernel: WebAssembly.Module, profile: 'open' | 'tdes', folder: string) {
  const store = new FileStore(new AtomicFile(nodeFileSystem, join(folder, 'sealed-state')));
  const phone = await BarePhone.enrolled(kernel, store);
  const token = await phone.digitise(profile);
  const limit = new AtomicFile(nodeFileSystem, join(folder, 'limit'));

  const arm: number[] = [];
  const warm: number[] = [];
  const write: number[] = [];
  let wireBytes = 0;
  for (let i = 0; i < WARM_TAPS; i++) {
    await prepare(phone, token);
    arm.push(await timed(async () => void (await phone.payment.arm())));
    phone.enterPin('4929');
    const commands = phone.commands(token, AMOUNT).map(fromHex);
    const started = performance.now();
    let answer: Uint8Array = new Uint8Array();
    for (const command of commands) answer = phone.payment.apdu(command);
    warm.push(performance.now() - started);
    mustBeCryptogram(answer);
    if (i === 0) wireBytes = await bytesOfATap(phone, token, commands);
    await phone.payment.finishTap();
    const sealed = new Uint8Array(store.lastLength).fill(1);
    write.push(await timed(() => limit.replace(sealed)));
  }

  const cold: number[] = [];
  for (let i = 0; i < COLD_TAPS; i++) {
    await prepare(phone, token);
    phone.vse.close();
    const started = performance.now();
    await phone.boot();
    phone.payment.unlock();
    await phone.payment.arm();
    phone.enterPin('4929');
    let answer: Uint8Array = new Uint8Array();
    for (const command of phone.commands(token, AMOUNT)) answer = phone.payment.apdu(fromHex(command));
    cold.push(performance.now() - started);
    mustBeCryptogram(answer);
    await phone.payment.finishTap();
  }
  phone.vse.close();
  const disk = row('limit: the same bytes made durable', profile, write);
  const wire = { what: `${wireBytes} bytes at 106 kbit/s`, ms: (wireBytes * 8) / WIRE_BITS_PER_MS };
  return [
    { ...row('warm tap', profile, warm, 1, 5), limit: wire },
    {
      ...row('cold tap from sealed state', profile, cold, 150),
      limit: { what: 'one durable write', ms: disk.p50Ms },
    },
    {
      ...row('arming (between taps, durable)', profile, arm),
      limit: { what: 'one durable write', ms: disk.p50Ms },
    },
    disk,
  ];
}

/** Commands and answers of one more tap, counted. */
async function bytesOfATap(
  phone: BarePhone,
  token: BareToken,
  commands: readonly Uint8Array[],
): Promise<number> {
  await phone.payment.finishTap();
  await prepare(phone, token);
  await phone.payment.arm();
  phone.enterPin('4929');
  return commands.reduce((sum, command) => sum + command.length + phone.payment.apdu(command).length, 0);
}

/** Keys and room in the log for the next tap, and an unlock; none of it is timed. */
async function prepare(phone: BarePhone, token: BareToken): Promise<void> {
  if (phone.payment.tokens()[0]!.keySetsLive === 0) await phone.refill(token, 10);
  phone.payment.unlock();
}

function mustBeCryptogram(answer: Uint8Array): void {
  if (answer.at(-2) !== 0x90 || answer.length < 30) throw new Error('the tap did not reach its cryptogram');
}

async function timed(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

function row(
  what: string,
  profile: 'open' | 'tdes',
  samples: number[],
  barP50Ms?: number,
  barP99Ms?: number,
): TapRow {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  const [p50Ms, p99Ms] = [at(0.5), at(0.99)];
  return {
    what,
    profile,
    samples: samples.length,
    p50Ms,
    p99Ms,
    ...(barP50Ms === undefined
      ? {}
      : { barP50Ms, met: p50Ms <= barP50Ms && (barP99Ms === undefined || p99Ms <= barP99Ms) }),
    ...(barP99Ms === undefined ? {} : { barP99Ms }),
  };
}
