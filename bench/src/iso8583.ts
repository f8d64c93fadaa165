/**
 * ISO 8583: a typical 0100 with field 55, packed and unpacked, against the npm package `iso_8583` in the same
 * run. The peer gets the same fields; its field 55 is text, so it carries the hex digits of ours.
 */
import { createRequire } from 'node:module';
import { describeIccData, type Message, pack, unpack } from '@tapseal/iso8583';

export interface Iso8583Bench {
  readonly name: string;
  /** Messages packed and unpacked per second, median of the rounds. */
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
  readonly bar: number;
  readonly pass: boolean;
}

/** What we use of the peer, which ships no types. */
interface Peer {
  getBufferMessage(): Buffer | { error: string };
  getIsoJSON(frame: Buffer): Record<string, string>;
}
type PeerConstructor = new (message?: Record<string, string>) => Peer;

const BAR = 25;
const ROUNDS = 9;
const OURS_PER_ROUND = 30_000;
const PEER_PER_ROUND = 1_200;

const TEXT_FIELDS = {
  2: '4761739001010119',
  3: '000000',
  4: '000000001250',
  7: '1123201500',
  11: '000042',
  12: '201500',
  13: '1123',
  14: '2712',
  18: '5411',
  22: '071',
  23: '001',
  25: '00',
  32: '423935',
  37: '532720000042',
  41: 'TERM0001',
  42: 'MERCHANT0000001',
  43: 'TAPSEAL COFFEE 1 RAFFLES SINGAPORE    SG',
  49: '702',
} as const;

/** What a contactless terminal sends for profile `open`, a data object a line; 9F10 is the 32 bytes of the IAD. */
const ICC_DATA_HEX = [
  '9F2608C1D2E3F405162738',
  '9F270180',
  '9F10200FA60100000000040001000000000000' + '0F112233445566778800000000000001',
  '9F3704A1B2C3D4',
  '9F36020001',
  '95050000000000',
  '9A03251123',
  '9C0100',
  '9F0206000000001250',
  '5F2A020702',
  '82021980',
  '9F1A020702',
  '9F0306000000000000',
  '9F34031F0000',
  '9F3303E0F8C8',
  '9F350122',
  '8407A0000000038001',
].join('');

/** Takes about two seconds. Throws if either side does not bring the message back whole. */
export async function benchIso8583(): Promise<Iso8583Bench> {
  const PeerMessage = createRequire(import.meta.url)('iso_8583') as PeerConstructor;
  const message: Message = {
    mti: '0100',
    fields: { ...TEXT_FIELDS, 55: Uint8Array.from(Buffer.from(ICC_DATA_HEX, 'hex')) },
  };
  if (describeIccData(message.fields[55]!) === null) throw new Error('field 55 of the bench is no TLV');
  const peerFields: Record<string, string> = { 0: '0100', ...TEXT_FIELDS, 55: ICC_DATA_HEX };

  const ourRoundTrip = (): Message => {
    const packed = pack(message);
    if (!packed.ok) throw new Error(`pack: ${packed.error.reason}`);
    const unpacked = unpack(packed.bytes);
    if (!unpacked.ok) throw new Error(`unpack: ${unpacked.error.reason}`);
    return unpacked.message;
  };
  const peerRoundTrip = (): Record<string, string> => {
    const frame = new PeerMessage(peerFields).getBufferMessage();
    if (!Buffer.isBuffer(frame)) throw new Error(`iso_8583: ${frame.error}`);
    return new PeerMessage().getIsoJSON(frame);
  };
  requireSame('ours', comparable(ourRoundTrip()), comparable(message));
  requireSame('iso_8583', JSON.stringify(peerRoundTrip()), JSON.stringify(peerFields));

  // Alternating rounds, so that whatever else the machine does meets both; the first of each warms up.
  const ours: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const ourRate = perSecond(ourRoundTrip, OURS_PER_ROUND);
    const peerRate = perSecond(peerRoundTrip, PEER_PER_ROUND);
    if (round === 0) continue;
    ours.push(ourRate);
    peer.push(peerRate);
  }
  const ratio = median(ours) / median(peer);
  return {
    name: 'ISO 8583: pack and unpack a 0100 with field 55, against npm iso_8583',
    ours: Math.round(median(ours)),
    peer: Math.round(median(peer)),
    ratio,
    bar: BAR,
    pass: ratio >= BAR,
  };
}

function perSecond(roundTrip: () => unknown, count: number): number {
  const start = performance.now();
  for (let done = 0; done < count; done++) sink.last = roundTrip();
  return (count * 1000) / (performance.now() - start);
}

/** Where results go, so that no engine may leave the work out. */
const sink: { last: unknown } = { last: undefined };

function comparable(message: Message): string {
  const fields = Object.entries(message.fields).map(([field, value]) => [
    field,
    typeof value === 'string' ? value : Buffer.from(value).toString('hex'),
  ]);
  return JSON.stringify([message.mti, fields]);
}

function requireSame(who: string, got: string, wanted: string): void {
  if (got !== wanted) throw new Error(`${who} does not bring the message back`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
