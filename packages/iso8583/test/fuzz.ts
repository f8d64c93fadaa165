/**
 * Mutated frames, from one seed: bits flipped, bytes cut, doubled and swapped, lengths and bitmaps forged, whole
 * fields of wrong content. Checks on each what has to hold for any bytes at all, and counts what was refused by
 * name. `fuzz.test.ts` runs a short form, torture the long one.
 */
import {
  describeText,
  encodeFrame,
  FIELD_TABLE,
  FrameDecoder,
  formatErrorReply,
  type Message,
  pack,
  unpack,
  validate,
} from '../src/index.ts';

export interface FuzzReport {
  readonly seed: number;
  readonly frames: number;
  /** Mutations that are messages again. */
  readonly accepted: number;
  /** Of the refused ones, those that got an answer with DE 39 = 30. */
  readonly answered: number;
  /** How often each reason of `unpack`, `FrameDecoder` and `validate` was given. */
  readonly refusals: Readonly<Record<string, number>>;
}

/** Runs `count` mutated frames through decoder, unpack, pack, validate, describe and reply; throws on a broken rule. */
export function fuzzFrames({ seed, count }: { seed: number; count: number }): FuzzReport {
  const random = randomFrom(seed);
  const corpus = SEEDS.map((message) => {
    const packed = pack(message);
    if (!packed.ok) throw new Error(`fuzz: a seed does not pack: ${packed.error.reason}`);
    return packed.bytes;
  });
  const refusals: Record<string, number> = {};
  const tell = (reason: string): void => {
    refusals[reason] = (refusals[reason] ?? 0) + 1;
  };

  let accepted = 0;
  let answered = 0;
  for (let frame = 0; frame < count; frame++) {
    let bytes = Uint8Array.from(corpus[random(corpus.length)]!);
    const mutations = 1 + random(3);
    for (let done = 0; done < mutations; done++)
      bytes = MUTATIONS[random(MUTATIONS.length)]!(bytes, random, corpus);
    const before = Uint8Array.from(bytes);

    throughStream(bytes, random, tell);
    const result = unpack(bytes);
    require(same(bytes, before), 'unpack leaves its input as it is', before);
    if (result.ok) {
      accepted += 1;
      const packed = pack(result.message);
      require(packed.ok && same(packed.bytes, before), 'what is taken packs to the same bytes', before);
      const complete = validate(result.message);
      if (!complete.ok) for (const { reason } of complete.errors) tell(reason);
      checkText(result.message, before);
      continue;
    }
    const { error, partial } = result;
    tell(error.reason);
    require(error.offset >= 0 && error.offset <= bytes.length, 'a refusal points into the frame', before);
    require(error.field >= 0 && error.field <= 128, 'a refusal names a field', before);
    if (partial.mti === undefined) continue;
    const { mti, fields } = partial;
    require(pack({ mti, fields }).ok, 'what was read of a refused frame is good', before);
    checkText({ mti, fields }, before);
    const reply = formatErrorReply(partial);
    if (reply === null) continue;
    answered += 1;
    require(pack(reply).ok && validate(reply).ok, 'the answer is a whole message', before);
  }
  return { seed, frames: count, accepted, answered, refusals };
}

type Random = (below: number) => number;
type Mutation = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array<ArrayBuffer>;

const MUTATIONS: readonly Mutation[] = [
  // A bit, a byte.
  (bytes, random) => edit(bytes, random(bytes.length), (byte) => byte ^ (1 << random(8))),
  (bytes, random) => edit(bytes, random(bytes.length), () => random(256)),
  // A character for another of its kind: dates, signs, digits that are wrong in meaning only.
  (bytes, random) => edit(bytes, 12 + random(bytes.length), () => 0x30 + random(10)),
  (bytes, random) => edit(bytes, 12 + random(bytes.length), () => 0x20 + random(95)),
  // The end cut off, something added.
  (bytes, random) => bytes.slice(0, random(bytes.length)),
  (bytes, random) => joined(bytes, randomBytes(1 + random(12), random)),
  // A byte lost or gained in the middle, so that everything after it is out of place.
  (bytes, random) => without(bytes, random(bytes.length), 1 + random(3)),
  (bytes, random) => inserted(bytes, random(bytes.length), randomBytes(1 + random(3), random)),
  // A field more or less than the bitmap says.
  (bytes, random) => edit(bytes, 4 + random(8), (byte) => byte ^ (1 << random(8))),
  (bytes, random) => withBit(bytes, FIELD_TABLE[random(FIELD_TABLE.length)]![0]),
  // A secondary bitmap of zeros; another type.
  (bytes) => edit(inserted(bytes, 12, new Uint8Array(8)), 4, (byte) => byte | 0x80),
  (bytes, random) => edit(bytes, random(4), () => 0x30 + random(10)),
  // A MAC at the end, with a bitmap for it alone.
  (bytes, random) => {
    const longer = joined(inserted(bytes, 12, new Uint8Array(8)), randomBytes(8, random));
    return withBit(
      edit(longer, 4, (byte) => byte | 0x80),
      128,
    );
  },
  // The first length after the bitmap, forged.
  (bytes, random) =>
    edit(
      edit(bytes, 12, () => 0x30 + random(10)),
      13,
      () => 0x30 + random(10),
    ),
  (bytes) =>
    edit(
      edit(bytes, 12, () => 0x30),
      13,
      () => 0x30,
    ),
  // The head of one message on the tail of another.
  (bytes, random, corpus) => {
    const other = corpus[random(corpus.length)]!;
    return joined(bytes.subarray(0, random(bytes.length)), other.subarray(random(other.length)));
  },
];

const PAN = '4761739001010119';
const HEAD = {
  3: '000000',
  4: '000000001250',
  7: '1123121500',
  11: '000042',
  12: '201500',
  13: '1123',
} as const;
const TAIL = { 32: '423935', 41: 'TERM0001', 42: 'MERCHANT0000001', 49: '702' } as const;

/** One message of each kind, together with every field of the table. */
const SEEDS: readonly Message[] = [
  {
    mti: '0100',
    fields: {
      2: PAN,
      ...HEAD,
      14: '2712',
      22: '071',
      ...TAIL,
      55: Uint8Array.of(0x9f, 0x36, 2, 0, 7, 0x9c, 1, 0),
    },
  },
  {
    mti: '0110',
    fields: {
      2: PAN,
      ...HEAD,
      ...TAIL,
      37: '532712000042',
      38: 'A1    ',
      39: '00',
      44: 'A',
      55: Uint8Array.of(0x8a, 2, 0x30, 0x30),
    },
  },
  {
    mti: '0200',
    fields: {
      ...HEAD,
      18: '5411',
      19: '702',
      22: '051',
      23: '001',
      24: '001',
      25: '00',
      ...TAIL,
      35: `${PAN}=27122010000`,
      52: new Uint8Array(8).fill(0x9c),
      53: '2001010100000000',
      64: new Uint8Array(8),
    },
  },
  {
    mti: '0121',
    fields: {
      2: PAN,
      ...HEAD,
      5: '000000000925',
      6: '000000000925',
      9: '61350000',
      10: '61350000',
      15: '1124',
      22: '071',
      28: 'D00000150',
      33: '1',
      ...TAIL,
      50: '840',
      51: '840',
      54: '0002702C000000012500',
    },
  },
  {
    mti: '0420',
    fields: {
      2: PAN,
      ...HEAD,
      ...TAIL,
      90: `0100000042112312150000000423935${'0'.repeat(11)}`,
      95: `000000001000${'0'.repeat(30)}`,
      128: new Uint8Array(8).fill(0xff),
    },
  },
  {
    mti: '0220',
    fields: {
      2: PAN,
      ...HEAD,
      22: '010',
      36: `${PAN}==1`,
      43: 'TAPSEAL'.padEnd(40),
      45: `B${PAN}^A/B^2712`,
      ...TAIL,
      48: 'A B',
      60: '1',
      61: '2',
      62: '3',
      63: '4',
      102: '0123456789',
      103: 'SG99',
    },
  },
  { mti: '0800', fields: { 7: '1123121500', 11: '000001', 70: '301' } },
];

/** The frame with its length in the stream, in two chunks; now and then the length lies. */
function throughStream(bytes: Uint8Array, random: Random, tell: (reason: string) => void): void {
  const stream = bytes.length === 0 ? new Uint8Array(2) : encodeFrame(bytes);
  const lies = random(16) === 0;
  if (lies) stream[random(2)] = random(256);
  const decoder = new FrameDecoder();
  const cut = random(stream.length + 1);
  const parts = [decoder.push(stream.subarray(0, cut)), decoder.push(stream.subarray(cut))];
  const refusal = parts[1]!.refusal ?? decoder.end();
  if (refusal !== null) tell(refusal.reason);
  const messages = parts.flatMap((part) => part.messages);
  const whole = messages.length === 1 && same(messages[0]!, bytes);
  require(lies || bytes.length === 0 || whole, 'a frame comes through a stream', bytes);
}

/** The card number of the seeds never shows, whatever became of the message around it. */
function checkText(message: Message, frame: Uint8Array): void {
  const text = describeText(message);
  require(/^[ -~\n]*$/.test(text), 'a description is printable', frame);
  require(!text.includes(PAN), 'a description holds no card number', frame);
}

/** Test data only ever: the frame may be printed. */
function require(holds: boolean, rule: string, frame: Uint8Array): void {
  if (holds) return;
  const hex = Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join('');
  throw new Error(`fuzz: broken rule "${rule}" by frame ${hex}`);
}

/** xorshift32: the same seed, the same frames, on any machine. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(1, below);
  };
}

function edit(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  if (at < copy.length) copy[at] = change(copy[at]!);
  return copy;
}

function withBit(bytes: Uint8Array, field: number): Uint8Array<ArrayBuffer> {
  return edit(bytes, 4 + ((field - 1) >> 3), (byte) => byte ^ (0x80 >> ((field - 1) & 7)));
}

function without(bytes: Uint8Array, at: number, count: number): Uint8Array<ArrayBuffer> {
  return joined(bytes.subarray(0, at), bytes.subarray(at + count));
}

function inserted(bytes: Uint8Array, at: number, more: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined(joined(bytes.subarray(0, at), more), bytes.subarray(at));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function randomBytes(count: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: count }, () => random(256));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
