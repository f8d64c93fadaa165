/** The terminal's own decisions: limits, restrictions, verification, and which cryptogram it asks for. */
import { fromHex, type Tag, toHex, verifyTwoCryptograms } from '@tapseal/emv';
import { describe, expect, it } from 'vitest';
import {
  DEMONSTRATION_TERMINAL,
  formatAmount,
  onlyProfile,
  parseAmount,
  present,
  recording,
  type TerminalData,
} from '../src/kernel/index.ts';
import { parseAfl } from '../src/kernel/read-application-data.ts';
import { tvrBitNames } from '../src/kernel/tvr.ts';
import { sgd } from './presentation.ts';
import { SoftwareCard, TEST_KEYS } from './software-card.ts';

describe('pre-processing', () => {
  // biome-ignore format: a table, one line a case
  const CASES = [
    ['SGD', 0n, 'end_application', 'amount_out_of_range'],
    ['SGD', -1n, 'end_application', 'amount_out_of_range'],
    ['SGD', 1_000_000_000_000n, 'end_application', 'amount_out_of_range'],
    ['CHF', 1250n, 'end_application', 'currency_not_supported'],
    ['SGD', 200_001n, 'other_interface', 'over_transaction_limit'],
    ['USD', 150_001n, 'other_interface', 'over_transaction_limit'],
    ['EUR', 150_001n, 'other_interface', 'over_transaction_limit'],
    ['JPY', 200_001n, 'other_interface', 'over_transaction_limit'],
    ['KWD', 50_001n, 'other_interface', 'over_transaction_limit'],
  ] as const;

  it.each(CASES)('%s %s: %s, %s, and no card is asked', async (currency, amount, outcome, reason) => {
    const ended = await present(DEMONSTRATION_TERMINAL, sgd(amount, { currency }), () => {
      throw new Error('the card was asked');
    });
    expect(ended).toEqual({ outcome, reason, where: 'pre-processing' });
  });

  it.each([
    ['SGD', 200_000n],
    ['USD', 150_000n],
    ['EUR', 150_000n],
    ['JPY', 200_000n],
    ['KWD', 50_000n],
  ])('%s %s is not above the limit: the card is asked', async (currency, amount) => {
    const card = new SoftwareCard({ profile: 'open', lowValueLimitMinor: 1_000_000n });
    const ended = await present(DEMONSTRATION_TERMINAL, sgd(amount, { currency }), card.transceive);
    expect(ended.outcome).toBe('online_request');
  });
});

describe('amounts of the five currencies', () => {
  it.each([
    ['12.50', 2, 1250n, '12.50'],
    ['12.5', 2, 1250n, '12.50'],
    ['0.05', 2, 5n, '0.05'],
    ['1250', 0, 1250n, '1250'],
    ['1.250', 3, 1250n, '1.250'],
    ['12.505', 2, undefined, ''],
    ['12.5', 0, undefined, ''],
    ['-1', 2, undefined, ''],
    ['1e3', 2, undefined, ''],
    ['', 2, undefined, ''],
  ])('%s with %i decimals', (text, decimals, minor, printed) => {
    expect(parseAmount(text, decimals)).toBe(minor);
    if (minor !== undefined) expect(formatAmount(minor, decimals)).toBe(printed);
  });
});

/** What went into GENERATE AC, by tag, and P1. */
async function askedOf(
  card: SoftwareCard,
  amount: bigint,
  terminal = DEMONSTRATION_TERMINAL,
  currency = 'SGD',
) {
  const { transceive, exchanged } = recording(card.transceive);
  const outcome = await present(terminal, sgd(amount, { currency }), transceive);
  const command = exchanged.find(({ command: one }) => one[1] === 0xae)?.command;
  if (command === undefined) return { outcome, asked: undefined };
  const at = (from: number, length: number) => toHex(command.subarray(5 + from, 5 + from + length));
  const asked = {
    type: { 128: 'ARQC', 64: 'TC', 0: 'AAC' }[command[2]!],
    tvr: at(14, 5),
    cvmResults: at(30, 3),
  };
  return { outcome, asked };
}

const paying = { profile: 'open', lowValueLimitMinor: 1_000_000n } as const;

describe('restrictions and risk: what the TVR remembers and which cryptogram follows', () => {
  const records = (...entries: [Tag, string | undefined][]) =>
    new Map(entries.map(([tag, hex]) => [tag, hex === undefined ? undefined : fromHex(hex)] as const));

  // biome-ignore format: a table, one line a case
  const CASES: readonly [why: string, ReadonlyMap<Tag, Uint8Array | undefined>, bits: string[], type: string][] = [
    ['nothing special', records(), [], 'ARQC'],
    ['expired on 22 November 2026', records([0x5f24, '261122'], [0x57, undefined]), ['expired_application'], 'ARQC'],
    ['expires today', records([0x5f24, '261123'], [0x57, undefined]), [], 'ARQC'],
    ['expired in 1999', records([0x5f24, '991231'], [0x57, undefined]), ['expired_application'], 'ARQC'],
    ['effective from tomorrow', records([0x5f25, '261124']), ['application_not_yet_effective'], 'ARQC'],
    ['effective from today', records([0x5f25, '261123']), [], 'ARQC'],
    ['version 0001', records([0x9f08, '0001']), ['application_versions_differ'], 'ARQC'],
    ['no version', records([0x9f08, undefined]), [], 'ARQC'],
    ['not for terminals other than ATMs', records([0x9f07, 'FE00']), ['service_not_allowed'], 'AAC'],
    ['domestic cash only', records([0x9f07, '8100']), ['service_not_allowed'], 'AAC'],
    ['domestic goods only, at home', records([0x9f07, '2100']), [], 'ARQC'],
    ['domestic goods only, abroad', records([0x9f07, '2100'], [0x5f28, '0840']), ['service_not_allowed'], 'AAC'],
    ['international services only, abroad', records([0x9f07, '0500'], [0x5f28, '0840']), [], 'ARQC'],
    ['international services only, at home', records([0x9f07, '0500']), ['service_not_allowed'], 'AAC'],
    ['no AUC', records([0x9f07, undefined]), [], 'ARQC'],
    ['no issuer country: country is not checked', records([0x9f07, '0100'], [0x5f28, undefined]), [], 'ARQC'],
    ['IAC denial on floor limit', records([0x9f0e, '0000008000']), [], 'AAC'],
    ['no action codes on the card', records([0x9f0d, undefined], [0x9f0e, undefined], [0x9f0f, undefined]), [], 'ARQC'],
    ['IAC online asks for nothing: the terminal still does', records([0x9f0f, '0000000000']), [], 'ARQC'],
  ];

  it.each(CASES)('%s', async (_why, changed, bits, type) => {
    const { asked, outcome } = await askedOf(new SoftwareCard({ ...paying, records: changed }), 1250n);
    const always = ['offline_data_authentication_not_performed', 'floor_limit_exceeded'];
    expect(tvrBitNames(fromHex(asked!.tvr)).sort()).toEqual([...always, ...bits].sort());
    expect(asked!.type).toBe(type);
    if (type === 'AAC')
      expect(outcome).toMatchObject({ outcome: 'declined_offline', reason: 'declined_by_terminal' });
    else expect(outcome.outcome).toBe('online_request');
  });

  it('below a floor limit, with action codes that do not mind, a TC is asked for and the phone still goes online', async () => {
    const limits = DEMONSTRATION_TERMINAL.limits.map((row) => ({ ...row, floorLimitMinor: 5000n }));
    const codes = { denial: new Uint8Array(5), online: new Uint8Array(5), default: new Uint8Array(5) };
    const terminal: TerminalData = { ...DEMONSTRATION_TERMINAL, limits, actionCodes: codes };
    const card = new SoftwareCard({ ...paying, records: new Map([[0x9f0f, new Uint8Array(5)]]) });
    const { asked, outcome } = await askedOf(card, 5000n, terminal);
    expect(asked).toMatchObject({ type: 'TC', tvr: '8000000000' });
    expect(outcome.outcome).toBe('online_request');
  });

  it('a TC is not taken, even where one was asked for', async () => {
    const limits = DEMONSTRATION_TERMINAL.limits.map((row) => ({ ...row, floorLimitMinor: 5000n }));
    const codes = { denial: new Uint8Array(5), online: new Uint8Array(5), default: new Uint8Array(5) };
    const card = new SoftwareCard({ ...paying, records: new Map([[0x9f0f, new Uint8Array(5)]]) });
    const ended = await present(
      { ...DEMONSTRATION_TERMINAL, limits, actionCodes: codes },
      sgd(5000n),
      (command) => {
        const answer = card.apdu(command);
        if (command[1] === 0xae) answer[4] = 0x40; // 77 len 9F 27 01 CID
        if (command[1] === 0xae) answer.set([0x9f, 0x27, 0x01, 0x40], 2);
        return Promise.resolve(answer);
      },
    );
    expect(ended).toMatchObject({
      outcome: 'end_application',
      reason: 'cryptogram_not_requested',
      where: 'GENERATE AC: TC',
    });
  });
});

describe('verification: on-device CVM by the terminal limit (Book C-2, CVM selection)', () => {
  // biome-ignore format: a table, one line a case
  it.each([
    ['SGD', 10_000n, '3F0002'], ['SGD', 10_001n, '010002'],
    ['USD', 7_500n, '3F0002'], ['USD', 7_501n, '010002'],
    ['EUR', 5_000n, '3F0002'], ['EUR', 5_001n, '010002'],
    ['JPY', 10_000n, '3F0002'], ['JPY', 10_001n, '010002'],
    ['KWD', 2_500n, '3F0002'], ['KWD', 2_501n, '010002'],
  ])('%s %s: %s', async (currency, amount, results) => {
    const { asked } = await askedOf(new SoftwareCard(paying), amount, DEMONSTRATION_TERMINAL, currency);
    expect(asked!.cvmResults).toBe(results);
  });
});

describe('verification: cards without on-device CVM, by their CVM list (Book 3 §10.5)', () => {
  const [NOT_SUPPORTED, BY_LIST] = ['0080', '1080'];
  const FAILED = 'cardholder_verification_not_successful';
  const X_Y = '000003E8' + '00001388'; // 10.00 and 50.00
  // biome-ignore format: a table, one line a case
  const CASES: readonly [why: string, aip: string, list: string | undefined, amount: bigint, results: string, bits: string[]][] = [
    ['no cardholder verification in the AIP', NOT_SUPPORTED, `${X_Y}1F00`, 1250n, '3F0000', []],
    ['no list', BY_LIST, undefined, 1250n, '3F0000', ['icc_data_missing']],
    ['a list with half a rule', BY_LIST, `${X_Y}1F001F`, 1250n, '3F0000', ['icc_data_missing']],
    ['no CVM required, always', BY_LIST, `${X_Y}1F00`, 1250n, '1F0002', []],
    ['signature, then none: the terminal has no signature', BY_LIST, `${X_Y}5E001F00`, 1250n, '1F0002', []],
    ['signature or nothing', BY_LIST, `${X_Y}1E001F00`, 1250n, '3F0001', [FAILED]],
    ['signature if the terminal can, then none', BY_LIST, `${X_Y}1E031F00`, 1250n, '1F0002', []],
    ['online PIN if the terminal can: it cannot', BY_LIST, `${X_Y}02031F00`, 1250n, '1F0002', []],
    ['no CVM under X: 12.50 is not under 10.00', BY_LIST, `${X_Y}1F06`, 1250n, '3F0001', [FAILED]],
    ['no CVM under X: 9.99 is', BY_LIST, `${X_Y}1F06`, 999n, '1F0602', []],
    ['no CVM over X', BY_LIST, `${X_Y}1F07`, 1250n, '1F0702', []],
    ['no CVM under Y', BY_LIST, `${X_Y}1F08`, 1250n, '1F0802', []],
    ['no CVM over Y: 12.50 is not over 50.00', BY_LIST, `${X_Y}1F09`, 1250n, '3F0001', [FAILED]],
    ['for cashback only', BY_LIST, `${X_Y}1F05`, 1250n, '3F0001', [FAILED]],
    ['not for cash or cashback', BY_LIST, `${X_Y}1F02`, 1250n, '1F0202', []],
    ['fail CVM processing', BY_LIST, `${X_Y}0000`, 1250n, '000001', [FAILED]],
    ['a method nobody knows, then none', BY_LIST, `${X_Y}60001F00`, 1250n, '1F0002', ['unrecognised_cvm']],
    ['a method nobody knows, and that is all', BY_LIST, `${X_Y}2000`, 1250n, '3F0001', ['unrecognised_cvm', FAILED]],
    ['a condition nobody knows', BY_LIST, `${X_Y}1F7F`, 1250n, '3F0001', [FAILED]],
  ];

  it.each(CASES)('%s', async (_why, aip, list, amount, results, bits) => {
    const records = new Map([[0x8e, list === undefined ? undefined : fromHex(list)]]);
    const card = new SoftwareCard({ ...paying, aip: fromHex(aip), records });
    const { asked } = await askedOf(card, amount);
    expect(asked!.cvmResults).toBe(results);
    const always = ['offline_data_authentication_not_performed', 'floor_limit_exceeded'];
    expect(tvrBitNames(fromHex(asked!.tvr)).sort()).toEqual([...always, ...bits].sort());
  });

  it('amount conditions need the card to be in the currency of the sale', async () => {
    const records = new Map([
      [0x8e, fromHex(`${X_Y}1F061F00`)],
      [0x9f42, fromHex('0840')],
    ]);
    const { asked } = await askedOf(new SoftwareCard({ ...paying, aip: fromHex('1080'), records }), 999n);
    expect(asked!.cvmResults).toBe('1F0002');
  });
});

describe('what the terminal says comes from the terminal', () => {
  it('a card that brings its own amount, country and unpredictable number changes none of them', async () => {
    const records = new Map([
      [0x9f02, fromHex('000000000001')],
      [0x9f1a, fromHex('0840')],
      [0x9f37, fromHex('00000000')],
    ]);
    const { outcome } = await askedOf(new SoftwareCard({ ...paying, records }), 1250n);
    if (outcome.outcome !== 'online_request') throw new Error(outcome.reason);
    expect(toHex(outcome.terminalValues.get(0x9f02)!)).toBe('000000001250');
    expect(toHex(outcome.terminalValues.get(0x9f37)!)).toBe('1A2B3C4D');
    expect(verdict('open', outcome)).toBe('umd_absent');
  });
});

function verdict(
  profile: 'open' | 'tdes',
  outcome: Extract<Awaited<ReturnType<typeof present>>, { outcome: 'online_request' }>,
) {
  const own = new Map<Tag, Uint8Array>([
    [0x82, outcome.aip],
    [0x9f10, outcome.cryptogram.issuerApplicationData],
    [0x9f26, outcome.cryptogram.cryptogram],
    [0x9f27, outcome.cryptogram.informationData],
    [0x9f36, outcome.cryptogram.atc],
  ]);
  const imkMd = fromHex(TEST_KEYS[profile].imkMd);
  const imkUmd = fromHex(TEST_KEYS[profile].imkUmd);
  const keys = { profile, imkMd, imkUmd, token: outcome.pan, psn: outcome.panSequenceNumber! };
  return verifyTwoCryptograms(keys, (tag) => own.get(tag) ?? outcome.terminalValues.get(tag));
}

describe('both profiles, as the bank will judge them', () => {
  it.each([
    ['open', 1250n, 'none', 'umd_absent'],
    ['open', 12_000n, 'right', 'umd_valid'],
    ['open', 12_000n, 'wrong', 'umd_mismatch'],
    ['tdes', 1250n, 'none', 'umd_absent'],
    ['tdes', 12_000n, 'right', 'umd_valid'],
    ['tdes', 12_000n, 'wrong', 'umd_mismatch'],
  ] as const)('%s, %s, PIN %s: %s', async (profile, amount, pin, expected) => {
    const card = new SoftwareCard({ profile });
    card.pin = pin;
    const outcome = await present(DEMONSTRATION_TERMINAL, sgd(amount), card.transceive);
    if (outcome.outcome !== 'online_request') throw new Error(outcome.reason);
    expect(outcome.profile).toBe(profile);
    expect(verdict(profile, outcome)).toBe(expected);
  });

  it('a terminal for one profile does not take the other', async () => {
    const terminal = onlyProfile(DEMONSTRATION_TERMINAL, 'tdes');
    const ended = await present(terminal, sgd(1250n), new SoftwareCard({ profile: 'open' }).transceive);
    expect(ended).toMatchObject({ outcome: 'end_application', reason: 'no_common_application' });
  });
});

describe('AFL', () => {
  it('names the records in its order', () => {
    const parsed = parseAfl(fromHex('0801020010030300'));
    expect(parsed).toEqual({
      ok: true,
      value: [
        { sfi: 1, record: 1 },
        { sfi: 1, record: 2 },
        { sfi: 2, record: 3 },
      ],
    });
  });
});
