import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Command,
  decodeCommand,
  decodeResponse,
  encodeCommand,
  encodeResponse,
  exchangeRelayResistanceData,
  fromHex,
  generateAc,
  getProcessingOptions,
  PPSE_NAME,
  readRecord,
  SW_9000_OK,
  select,
  statusWordText,
  toHex,
} from '../src/data/index.ts';

describe('commands of a tap', () => {
  // biome-ignore format: > C-APDU
  const cases: readonly [name: string, command: Command, apdu: string][] = [
    ['SELECT PPSE',             select(PPSE_NAME),                             '00A404000E325041592E5359532E444446303100'],
    ['GPO, three PDOL bytes',   getProcessingOptions(fromHex('010203')),       '80A8000005830301020300'],
    ['READ RECORD 2 of SFI 1',  readRecord(1, 2),                              '00B2020C00'],
    ['GENERATE AC, ARQC',       generateAc('ARQC', fromHex('AABB')),           '80AE800002AABB00'],
    ['GENERATE AC, ARQC + CDA', generateAc('ARQC', fromHex('AABB'), true),     '80AE900002AABB00'],
    ['GENERATE AC, TC',         generateAc('TC', fromHex('AABB')),             '80AE400002AABB00'],
    ['GENERATE AC, AAC',        generateAc('AAC', fromHex('AABB')),            '80AE000002AABB00'],
    ['relay resistance',        exchangeRelayResistanceData(fromHex('01020304')), '80EA0000040102030400'],
  ];
  it.each(cases)('%s', (_name, command, apdu) => {
    expect(toHex(encodeCommand(command))).toBe(apdu);
  });
});

describe('ISO/IEC 7816-4 cases', () => {
  // biome-ignore format: a table
  const cases: readonly [apdu: string, decoded: string][] = [
    ['00A40400',       'case 1'],
    ['00A4040000',     'case 2, Le 256'],
    ['00A4040001',     'case 2, Le 1'],
    ['00A4040001AA',   'case 3, AA'],
    ['00A4040001AA00', 'case 4, AA, Le 256'],
    ['00A404',         'too_short at 3'],
    ['',               'too_short at 0'],
    ['00A40400000001AA', 'extended_length at 4'],
    ['00A4040002AA',   'data_cut at 6'],
    ['00A4040001AA0000', 'bytes_left_over at 7'],
  ];
  it.each(cases)('%s is %s', (apdu, decoded) => {
    const result = decodeCommand(fromHex(apdu));
    expect(result.ok ? text(result.value) : `${result.refusal.reason} at ${result.refusal.offset}`).toBe(
      decoded,
    );
  });

  function text({ data, le }: Command): string {
    const number = (data === undefined ? 1 : 3) + (le === undefined ? 0 : 1);
    const parts = [data && toHex(data), le && `Le ${le}`].filter((part) => part !== undefined);
    return [`case ${number}`, ...parts].join(', ');
  }

  it('any command comes back as it was', () => {
    const byte = fc.nat({ max: 255 });
    const any = fc.record(
      {
        cla: byte,
        ins: byte,
        p1: byte,
        p2: byte,
        data: fc.uint8Array({ minLength: 1, maxLength: 255 }),
        le: fc.integer({ min: 1, max: 256 }),
      },
      { requiredKeys: ['cla', 'ins', 'p1', 'p2'] },
    ) as fc.Arbitrary<Command>;
    fc.assert(
      fc.property(any, (command) => {
        const decoded = decodeCommand(encodeCommand(command));
        expect(decoded).toEqual({ ok: true, value: command });
      }),
    );
  });

  it('refuses to write lengths that short APDUs do not have', () => {
    const header = { cla: 0, ins: 0xa4, p1: 4, p2: 0 };
    expect(() => encodeCommand({ ...header, data: new Uint8Array(256) })).toThrow(RangeError);
    expect(() => encodeCommand({ ...header, le: 0 })).toThrow(RangeError);
    expect(() => encodeCommand({ ...header, le: 257 })).toThrow(RangeError);
  });
});

describe('responses', () => {
  it('are data and a status word', () => {
    expect(toHex(encodeResponse({ data: fromHex('AABB'), sw: SW_9000_OK }))).toBe('AABB9000');
    expect(decodeResponse(fromHex('AABB6985'))).toEqual({
      ok: true,
      value: { data: fromHex('AABB'), sw: 0x6985 },
    });
    expect(decodeResponse(fromHex('90')).ok).toBe(false);
    expect(decodeResponse(new Uint8Array(258)).ok).toBe(true);
    expect(decodeResponse(new Uint8Array(259)).ok).toBe(false);
  });

  it.each([
    [0x9000, '9000 done'],
    [0x6a82, '6A82 file or application not found'],
    [0x6986, '6986 command not allowed: see phone'],
    [0x63c2, '63C2 2 tries left'],
    [0x6c00, '6C00 wrong Le: 256 expected'],
    [0x6110, '6110 16 more bytes to get'],
    [0x1234, '1234 not in the table'],
  ])('%i reads "%s"', (sw, text) => {
    expect(statusWordText(sw)).toBe(text);
  });
});
