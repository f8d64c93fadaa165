// Programs that we did not write tap our phone: opensc-tool and scriptor, through pcscd and vpcd, whose framing the tap
// link speaks (docs/layouts.md §7; docs/pcsc.md by hand). What they carried is checked against docs/profiles.md and
// the cryptograms by the third reading, recompute.ts.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromHex, parseTlv, type Tag, tlvValues, toHex } from '@tapseal/emv';
import { afterAll, expect, it } from 'vitest';
import { missingPackages, smartCardStack } from '../../scripts/debian.ts';
import { testMasterKeys } from '../src/test-key-lines.ts';
import { type Exchange, exchangesOf } from './pcsc-readers.ts';
import type { PlannedTap, SeenTap } from './pcsc-session.ts';
import { recompute } from './recompute.ts';

const SESSION = fileURLToPath(new URL('./pcsc-session.ts', import.meta.url));
// Whatever ends the first process of these namespaces ends all of them: nothing stays behind.
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

const AID = { open: 'F05441505345414C01', tdes: 'F05441505345414C02' } as const;
const LABEL = { open: 'TAPSEAL OPEN', tdes: 'TAPSEAL TDES' } as const;
const TERMINAL = { 40730: '0702', 149: '0000008000', 24362: '0702', 154: '261118', 156: '00' } as const;
const UNPREDICTABLE_NUMBER = 'CAFEBABE';
/** CDOL1 after 9F37: 9F35, 9F34, 9F21, 9F1C, 9F16, 9F4E. */
const CDOL1_REST = `22010002120000${ascii('TERM0001')}${ascii('MERCHANT0000001')}${ascii('KOPI TIAM SINGAPORE ')}`;
const CDOL1 = '9F02069F03069F1A0295055F2A029A039C019F37049F35019F34039F21039F1C089F160F9F4E14';

const select = (profile: 'open' | 'tdes') => `00A4040009${AID[profile]}00`;
const getProcessingOptions = (amount: string) =>
  `80A800000C830A${amount}${TERMINAL[0x5f2a]}${TERMINAL[0x9f1a]}00`;

function commands(profile: 'open' | 'tdes', amount: string): string[] {
  const t = TERMINAL;
  const transaction = `${amount}000000000000${t[0x9f1a]}${t[0x95]}${t[0x5f2a]}${t[0x9a]}${t[0x9c]}`;
  return [
    '00A404000E325041592E5359532E444446303100',
    select(profile),
    getProcessingOptions(amount),
    '00B2010C00',
    '00B2020C00',
    `80AE80004F${transaction}${UNPREDICTABLE_NUMBER}${CDOL1_REST}00`,
  ];
}

type Case = {
  readonly profile: 'open' | 'tdes';
  readonly program: PlannedTap['program'];
  readonly amount: string;
  readonly cdcvm: boolean;
  /** Status words of the six commands; ATC of the cryptogram, if one is given. */
  readonly sw: readonly string[];
  readonly atc?: number;
};

const ALL_DONE = Array<string>(6).fill('9000');
// At most one set is armed (docs/profiles.md §7): ATC 2 of `open`, armed behind its first tap, is burnt when the other
// card is chosen. The third tap needs the customer, says so, and gives nothing out: not a record, not a cryptogram.
const CASES: readonly Case[] = [
  { profile: 'open', program: 'opensc-tool', amount: '000000012000', cdcvm: true, sw: ALL_DONE, atc: 1 },
  { profile: 'tdes', program: 'scriptor', amount: '000000012000', cdcvm: true, sw: ALL_DONE, atc: 1 },
  {
    profile: 'tdes',
    program: 'opensc-tool',
    amount: '000000012000',
    cdcvm: false,
    sw: ['9000', '9000', '6986', '6985', '6985', '6985'],
  },
  { profile: 'open', program: 'scriptor', amount: '000000001250', cdcvm: false, sw: ALL_DONE, atc: 3 },
];

const folder = mkdtempSync(join(tmpdir(), 'tapseal-pcsc-'));
// PostgreSQL's account has to pass through.
chmodSync(folder, 0o711);
let session: ChildProcess | undefined;
afterAll(() => {
  if (session?.exitCode === null) session.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('opensc-tool and scriptor tap the phone through pcscd and vpcd, and get true cryptograms', async ({
  skip,
}) => {
  const obstacle = whyNot();
  skip(obstacle !== undefined, obstacle);

  const plan = CASES.map(({ profile, program, amount, cdcvm }): PlannedTap => {
    const again = [select(profile), getProcessingOptions(amount)];
    return { profile, cdcvm, program, commands: commands(profile, amount), again };
  });
  const seen = await play(plan);
  expect(seen).toHaveLength(CASES.length);
  CASES.forEach((tap, i) => {
    judge(tap, seen[i]!);
  });
});

function judge({ profile, program, amount, cdcvm, sw, atc }: Case, seen: SeenTap): void {
  const name = `${profile} by ${program}, ${amount}`;
  const [ppse, application, options, record1, record2, generateAc] = seen.exchanges.map(({ r }) =>
    r.slice(0, -4),
  ) as [string, string, string, string, string, string];
  expect(seen.exchanges.map(statusWord), name).toEqual(sw);
  // PC/SC part 3, 3.1.3.2.3: a contactless card without historical bytes
  expect(seen.atr, name).toBe('3B80800101');

  // docs/profiles.md §2
  const label = `500C${ascii(LABEL[profile])}`;
  const entry = `611C4F09${AID[profile]}${label}870101`;
  expect(ppse).toBe(`6F33840E325041592E5359532E4444463031A521BF0C1E${entry}`);
  expect(application).toBe(`6F2F8409${AID[profile]}A522${label}8701015F2D02656E9F38099F02065F2A029F1A02`);
  if (atc === undefined) {
    expect(seen.presentation, name).toMatchObject({ presented: false, link: 'withdrawn' });
    expect(options + record1 + record2 + generateAc, name).toBe('');
    return;
  }
  const card = new Map([...values(record1), ...values(record2)]);
  expect(card.get(0x8c)).toBe(CDOL1);
  expect(card.get(0x57)).toBe(`${card.get(0x5a)}D${card.get(0x5f24)!.slice(0, 4)}2010000000000000F`);
  expect(card.get(0x9f24)).toHaveLength(2 * 29);
  expect(options, name).toBe('770A82021280940408010200');
  const answer = values(generateAc);
  expect(answer.get(0x9f27), name).toBe('80');
  expect(answer.get(0x9f36), name).toBe(atc.toString(16).padStart(4, '0').toUpperCase());
  expect(seen.presentation, name).toMatchObject({ presented: true, link: 'withdrawn', tap: { atc } });
  // The reader comes again before the phone is taken away: no second cryptogram is to be had.
  expect(seen.again.map(statusWord), name).toEqual(['9000', '6985']);

  const again = recompute({
    profile,
    aid: AID[profile],
    apdus: seen.exchanges,
    de55: field55(amount, values(options), answer),
    arqc: answer.get(0x9f26)!,
    atc: answer.get(0x9f36)!,
    token: card.get(0x5a)!,
    psn: card.get(0x5f34)!,
    authorisation: { mti: 'none', de39: 'none' },
    testKeys: testMasterKeys().find((keys) => keys.profile === profile)!,
  });
  expect(again.md, name).toBe(answer.get(0x9f26));
  expect(again.umd, name).toBe(again.iadUmd);
  expect(again.umd === '0'.repeat(16), name).toBe(!cdcvm);
}

/** What a terminal would send to the bank, as far as the cryptogram needs it. */
function field55(amount: string, options: Map<Tag, string>, answer: Map<Tag, string>): string {
  const sent = { 40706: amount, 40707: '000000000000', ...TERMINAL, 40759: UNPREDICTABLE_NUMBER };
  const objects = new Map<Tag, string>(Object.entries(sent).map(([tag, value]) => [Number(tag), value]));
  objects.set(0x82, options.get(0x82)!);
  for (const tag of [0x9f10, 0x9f26, 0x9f36]) objects.set(tag, answer.get(tag)!);
  return [...objects]
    .map(([tag, value]) => tag.toString(16) + (value.length / 2).toString(16).padStart(2, '0') + value)
    .join('')
    .toUpperCase();
}

/** The values of a template's data objects, in hex. */
function values(template: string): Map<Tag, string> {
  const parsed = parseTlv(fromHex(template));
  if (!parsed.ok) throw new Error(`no TLV: ${parsed.refusal.reason}`);
  const flat = tlvValues(parsed.value[0]!.children!);
  if (!flat.ok) throw new Error('a tag twice');
  return new Map([...flat.value].map(([tag, value]) => [tag, toHex(value)]));
}

function statusWord({ r }: Exchange): string {
  return r.slice(-4);
}

function ascii(text: string): string {
  return toHex(Buffer.from(text, 'latin1'));
}

async function play(plan: readonly PlannedTap[]): Promise<SeenTap[]> {
  const args = [...NAMESPACES, process.execPath, SESSION, JSON.stringify(plan)];
  const child = spawn('unshare', args, {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  session = child;
  let [printed, complaints] = ['', ''];
  child.stdout.on('data', (chunk) => (printed += chunk));
  child.stderr.on('data', (chunk) => (complaints += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  expect(code, complaints).toBe(0);
  return JSON.parse(printed) as SeenTap[];
}

/** What this machine lacks, and how to get it; undefined when nothing. */
function whyNot(): string | undefined {
  const missing = missingPackages(smartCardStack, existsSync);
  if (missing.length > 0) return `apt-get install ${missing.map(({ name }) => name).join(' ')}: docs/pcsc.md`;
  const tried = spawnSync('unshare', [...NAMESPACES, 'mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  if (tried.status !== 0) return 'no right to make namespaces: needs root with CAP_SYS_ADMIN, docs/pcsc.md';
  return undefined;
}

it('what the two programs print is read to the last byte', () => {
  const opensc = `Sending: 00 A4 
Received (SW1=0x90, SW2=0x00):
6F 33 84 0E 32 50 41 59 2E 53 59 53 2E 44 44 46 o3..2PAY.SYS.DDF
30 31                                           01
Sending: 00 B2 
Received (SW1=0x6A, SW2=0x83)
`;
  expect(exchangesOf('opensc-tool', ['00A4', '00B2'], opensc)).toEqual([
    { c: '00A4', r: '6F33840E325041592E5359532E44444630319000' },
    { c: '00B2', r: '6A83' },
  ]);
  const scriptor = `Using T=1 protocol
> RESET
< OK: 3B 80 80 01 01
> 00 A4
< 6F 33 84 0E 32 50 41 59 2E 53 59 53 2E 44 44 46 
30 31 90 00 : Normal processing.
> 00 B2
< 6A 83 : Wrong parameter(s) P1-P2. Record not found.
`;
  expect(exchangesOf('scriptor', ['00A4', '00B2'], scriptor)).toEqual([
    { c: '00A4', r: '6F33840E325041592E5359532E44444630319000' },
    { c: '00B2', r: '6A83' },
  ]);
  expect(() => exchangesOf('scriptor', ['00A4'], scriptor)).toThrow('2 answers to 1 commands');
});
