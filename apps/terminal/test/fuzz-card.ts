/**
 * Mutated cards: presentations in which some answers are bent, all from one seed. Every one must end in a named outcome,
 * the terminal must send only well-formed commands, and no more of them than the limits allow. Torture runs it with large
 * counts; `fuzz-card.test.ts` is the short form.
 */
import { decodeCommand } from '@tapseal/emv/data';
import {
  DEMONSTRATION_TERMINAL,
  type LinkFailure,
  type Outcome,
  present,
  STOP_TABLE,
  type StopReason,
} from '../src/kernel/index.ts';
import { RECORDS_MAX } from '../src/kernel/read-application-data.ts';
import { sgd } from './presentation.ts';
import { SoftwareCard } from './software-card.ts';

export interface FuzzReport {
  readonly count: number;
  /** How often each end was reached: reasons of the stop table, and `online_request`. */
  readonly ends: Readonly<Record<string, number>>;
  /** What must not happen, each with the number of the sequence, so that it can be repeated alone. */
  readonly faults: readonly string[];
}

/** PPSE, two applications at most from one card, GPO, records, GENERATE AC. */
const COMMANDS_MAX = 1 + 2 + 1 + RECORDS_MAX + 1;

/** `from` repeats a single sequence: `fuzzCard({ seed, from: 812, count: 1 })`. */
export async function fuzzCard({
  seed,
  count,
  from = 0,
}: {
  seed: number;
  count: number;
  from?: number;
}): Promise<FuzzReport> {
  const ends: Record<string, number> = { online_request: 0 };
  for (const [reason] of STOP_TABLE) ends[reason] = 0;
  const faults: string[] = [];
  for (let index = from; index < from + count; index++) {
    const random = generator(seed * 1_000_003 + index);
    const fault = (what: string) => faults.push(`seed ${seed}, sequence ${index}: ${what}`);
    try {
      const outcome = await presentMutated(random, fault);
      const end = outcome.outcome === 'online_request' ? 'online_request' : outcome.reason;
      ends[end] = (ends[end] ?? 0) + 1;
      if (outcome.outcome === 'online_request') checkRequest(outcome, fault);
      else checkStop(outcome.outcome, outcome.reason, outcome.where, fault);
    } catch (error) {
      fault(`threw ${error instanceof Error ? error.stack : 'something'}`);
    }
  }
  return { count, ends, faults };
}

type Random = (below: number) => number;

async function presentMutated(random: Random, fault: (what: string) => void): Promise<Outcome> {
  const card = new SoftwareCard({
    profile: random(2) === 0 ? 'open' : 'tdes',
    decline: random(20) === 0,
    records: random(20) === 0 ? new Map([[0x9f07, Uint8Array.of(0xfe, 0x00)]]) : new Map(),
  });
  card.locked = random(40) === 0;
  card.armed = random(40) !== 0;
  card.pin = (['none', 'right', 'wrong'] as const)[random(3)]!;
  // Amounts on both sides of every limit; most of them let the card be asked.
  const amounts = random(25) === 0 ? [0n, 200_001n] : [1n, 1250n, 10_000n, 10_001n, 200_000n];
  const amount = amounts[random(amounts.length)]!;
  const currency = random(50) === 0 ? 'XXX' : 'SGD';
  // One bent answer of six, or each with a chance of one in three.
  const only = random(2) === 0 ? random(6) : undefined;
  const earlier: Uint8Array[] = [];
  let commands = 0;
  return present(DEMONSTRATION_TERMINAL, sgd(amount, { currency }), (command) => {
    if (!decodeCommand(command).ok) fault('sent a command that is not well formed');
    if (++commands > COMMANDS_MAX) fault('sent more commands than the limits allow');
    const answer = card.apdu(command);
    const bend = only === undefined ? random(3) === 0 : commands - 1 === only;
    const bent = bend ? mutated(random, answer, earlier) : answer;
    earlier.push(answer);
    return Promise.resolve(bent);
  });
}

const STATUS_WORDS = [
  0x9000, 0x6982, 0x6985, 0x6986, 0x6a80, 0x6a81, 0x6a82, 0x6a83, 0x6a86, 0x6d00, 0x6f00, 0x6110, 0x6c20,
];
const LINK_FAILURES: readonly LinkFailure[] = ['link_lost', 'card_silent', 'answer_too_long'];

/** One to three of the ways in which an answer can be wrong. */
function mutated(
  random: Random,
  answer: Uint8Array,
  earlier: readonly Uint8Array[],
): Uint8Array | LinkFailure {
  if (random(12) === 0) return LINK_FAILURES[random(LINK_FAILURES.length)]!;
  let bytes = [...answer];
  const at = () => random(Math.max(1, bytes.length));
  for (let times = 1 + random(3); times > 0; times--) {
    switch (random(12)) {
      case 0: // a bit
        if (bytes.length > 0) bytes[at()]! ^= 1 << random(8);
        break;
      case 1: // a byte
        if (bytes.length > 0) bytes[at()] = random(256);
        break;
      case 2: // cut
        bytes = bytes.slice(0, at());
        break;
      case 3: // bytes put in
        bytes.splice(at(), 0, ...Array.from({ length: 1 + random(8) }, () => random(256)));
        break;
      case 4: // bytes taken out
        bytes.splice(at(), 1 + random(8));
        break;
      case 5: // a piece twice
        bytes.splice(at(), 0, ...bytes.slice(at(), at()));
        break;
      case 6: // another status word, data kept
        bytes.splice(-2, 2, ...word(STATUS_WORDS[random(STATUS_WORDS.length)]!));
        break;
      case 7: // another status word alone
        bytes = word(STATUS_WORDS[random(STATUS_WORDS.length)]!);
        break;
      case 8: // the answer to another command
        bytes = [...(earlier[random(earlier.length)] ?? answer)];
        break;
      case 9: // a data object swapped for one of a kind that the terminal reads, outer lengths put right
        bytes = withObjectAppended(bytes, OBJECTS[random(OBJECTS.length)]!);
        break;
      case 10: // another type of cryptogram
        setByteAfter(bytes, [0x9f, 0x27, 0x01], random(4) << 6);
        break;
      case 11: // anything at all, up to more than a link carries
        bytes = Array.from({ length: random(300) }, () => random(256));
        break;
    }
  }
  return Uint8Array.from(bytes);
}

/** Data objects that mean something to a terminal, well formed and hostile. */
const OBJECTS: readonly (readonly number[])[] = [
  [0x9f, 0x02, 0x06, 0, 0, 0, 0, 0, 1],
  [0x9f, 0x27, 0x01, 0x40],
  [0x9f, 0x26, 0x08, 0, 0, 0, 0, 0, 0, 0, 0],
  [0x94, 0x04, 0x08, 0x01, 0xff, 0x00],
  [0x82, 0x02, 0x12, 0x00],
  [0x8c, 0x03, 0x9f, 0x02, 0xff],
  [0x9f, 0x38, 0x02, 0x9f, 0x02],
  [0x5a, 0x01, 0xff],
  [0x57, 0x00],
  [0x5f, 0x24, 0x03, 0xab, 0xcd, 0xef],
  [0x5f, 0x34, 0x01, 0xaa],
  [0x9f, 0x07, 0x02, 0x00, 0x00],
  [0x9f, 0x0e, 0x05, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x8e, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x00],
  [0x70, 0x80],
];

function withObjectAppended(bytes: readonly number[], object: readonly number[]): number[] {
  if (bytes.length < 4 || bytes[1]! + object.length > 0x7f) return [...bytes];
  const grown = [...bytes.slice(0, -2), ...object, ...bytes.slice(-2)];
  grown[1] = grown[1]! + object.length;
  return grown;
}

function setByteAfter(bytes: number[], pattern: readonly number[], value: number): void {
  const at = bytes.findIndex((_, index) => pattern.every((byte, offset) => bytes[index + offset] === byte));
  if (at >= 0 && at + pattern.length < bytes.length) bytes[at + pattern.length] = value;
}

function word(sw: number): number[] {
  return [sw >> 8, sw & 0xff];
}

/** What the bank is asked with is complete, whatever the card tried. */
function checkRequest(
  outcome: Extract<Outcome, { outcome: 'online_request' }>,
  fault: (what: string) => void,
): void {
  const { cryptogram, expiry, panSequenceNumber } = outcome;
  if (cryptogram.type !== 'ARQC') fault(`an online request with ${cryptogram.type}`);
  if (cryptogram.cryptogram.length !== 8 || cryptogram.atc.length !== 2)
    fault('a cryptogram or ATC of wrong length');
  if (!/^[0-9]{6}$/.test(expiry)) fault('an expiry that is not decimal');
  if (panSequenceNumber !== undefined && !/^[0-9]{2}$/.test(panSequenceNumber))
    fault('a PSN that is not decimal');
}

const OUTCOMES: ReadonlyMap<string, string> = new Map(
  STOP_TABLE.map(([reason, outcome]) => [reason, outcome]),
);

function checkStop(outcome: string, reason: StopReason, where: string, fault: (what: string) => void): void {
  if (OUTCOMES.get(reason) !== outcome) fault(`a stop that is not in the table: ${reason}, ${outcome}`);
  if (where === '') fault(`a stop without a place: ${reason}`);
  // The longest legitimate runs of digits are offsets and status words: a card number would show here.
  if (/[0-9]{6}/.test(where)) fault(`a place that shows card data: ${reason}`);
}

/** Mulberry32: the same sequence on every machine. */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
