// Mutated APDU sequences against the real kernel: bytes flipped, cut, stretched; commands dropped, repeated, swapped, invented;
// the field lost in between. Whatever comes: an answer of at least a status word, no trap, no TC, no key set used twice, no half-made state.
import { fromHex, toHex } from '@tapseal/emv';
import type { BareToken } from './bare-issuer.ts';
import type { BarePhone } from './bare-phone.ts';
import { below, seeded } from './seeded.ts';

export type ApduFuzzReport = {
  readonly sequences: number;
  readonly commands: number;
  /** How often each status word was seen. */
  readonly statusWords: ReadonlyMap<string, number>;
  readonly cryptograms: number;
};

/** Throws, naming seed and sequence, when a promise is broken. */
export async function fuzzApdus(
  phone: BarePhone,
  token: BareToken,
  options: { readonly seed: number; readonly count: number },
): Promise<ApduFuzzReport> {
  const random = seeded(options.seed);
  const statusWords = new Map<string, number>();
  const used = new Set<number>();
  let commands = 0;
  let cryptograms = 0;

  for (let sequence = 0; sequence < options.count; sequence++) {
    const fail = (what: string) => {
      throw new Error(`seed ${options.seed}, sequence ${sequence}: ${what}`);
    };
    await prepare(phone, token, sequence);
    for (const command of mutated(phone.commands(token, '000000001250'), random)) {
      const answer = phone.payment.apdu(command);
      commands++;
      if (answer.length < 2 || answer.length > 258) fail(`an answer of ${answer.length} bytes`);
      const text = toHex(answer);
      const word = text.slice(-4);
      statusWords.set(word, (statusWords.get(word) ?? 0) + 1);
      if (word !== '9000' && answer.length !== 2) fail(`data beside status word ${word}`);
      if (word === '9000' && text.startsWith('77') && text.includes('9F2701')) {
        cryptograms++;
        const { atc, values } = phone.judge(token, text, '000000001250');
        const cid = values!.get(0x9f27)![0]!;
        if (cid !== 0x80 && cid !== 0x00) fail(`cryptogram information ${cid}`);
        if (used.has(atc!)) fail(`key set of ATC ${atc} answered twice`);
        used.add(atc!);
      }
      if (below(random, 40) === 0) phone.payment.fieldReset();
    }
    phone.payment.fieldReset();
    await phone.payment.finishTap();
  }
  return { sequences: options.count, commands, statusWords, cryptograms };
}

/** An unlocked wallet with a set armed; keys and log are renewed as they run low. */
async function prepare(phone: BarePhone, token: BareToken, sequence: number): Promise<void> {
  const [summary] = phone.payment.tokens();
  if (summary!.keySetsLive === 0) await phone.refill(token, 30);
  phone.payment.unlock();
  // every seventh sequence meets a locked wallet, every eleventh a verified customer
  await phone.payment.arm();
  if (sequence % 11 === 0) phone.enterPin('4929');
  if (sequence % 7 === 0) phone.payment.lock();
}

function mutated(commands: readonly string[], random: () => number): Uint8Array[] {
  const list = commands.map((command) => fromHex(command));
  const rounds = below(random, 4);
  for (let i = 0; i < rounds; i++) mutateOne(list, random);
  return list;
}

function mutateOne(list: Uint8Array[], random: () => number): void {
  if (list.length === 0) return;
  const at = below(random, list.length);
  const victim = list[at]!;
  switch (below(random, 9)) {
    case 0: {
      const copy = victim.slice();
      if (copy.length > 0) copy[below(random, copy.length)]! ^= 1 << below(random, 8);
      list[at] = copy;
      return;
    }
    case 1:
      list[at] = victim.slice(0, below(random, victim.length + 1));
      return;
    case 2: {
      const longer = new Uint8Array(victim.length + 1 + below(random, 300));
      longer.set(victim);
      list[at] = longer;
      return;
    }
    case 3:
      list.splice(at, 1);
      return;
    case 4:
      list.splice(at, 0, victim.slice());
      return;
    case 5: {
      const other = below(random, list.length);
      list[at] = list[other]!;
      list[other] = victim;
      return;
    }
    case 6: {
      // a header of a known or an unknown instruction, with any parameters
      const copy = victim.length >= 4 ? victim.slice() : new Uint8Array(5);
      copy[0] = [0x00, 0x80, 0x84, 0xff][below(random, 4)]!;
      copy[1] = [0xa4, 0xa8, 0xb2, 0xae, 0xea, 0xca, 0x88][below(random, 7)]!;
      copy[2] = below(random, 256);
      list[at] = copy;
      return;
    }
    case 7: {
      const copy = victim.slice();
      if (copy.length > 4) copy[4] = below(random, 256);
      list[at] = copy;
      return;
    }
    default:
      list[at] = Uint8Array.from({ length: below(random, 80) }, () => below(random, 256));
  }
}
