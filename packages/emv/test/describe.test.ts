import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as data from '../src/data/index.ts';
import {
  describeAip,
  describeCid,
  describeCvmResults,
  describeText,
  describeTlv,
  describeTvr,
  describeValue,
  formatTrack2,
  fromAscii,
  fromHex,
  luhnCheckDigit,
  luhnValid,
  MASKED_WHOLE,
  maskPan,
  Pan,
  packCn,
  packN,
  parseTlv,
  parseTrack2,
  TAGS,
  tagHex,
  tagRow,
  toHex,
  unpackCn,
  unpackN,
} from '../src/data/index.ts';

const PAN_DIGITS = '5350990012345671';
const pan = Pan.parse(PAN_DIGITS)!;

describe('the dictionary', () => {
  it('has one constant a row, whose name says its tag and its name', () => {
    const constants = Object.entries(data).filter(([name]) => /^TAG_[0-9A-F]+_/.test(name));
    expect(constants).toHaveLength(TAGS.length);
    for (const [name, tag] of constants) {
      const row = tagRow(tag as number);
      const words = row!.name.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
      expect(name).toBe(`TAG_${tagHex(tag as number)}_${words}`);
    }
  });

  it('has each tag once, with sane lengths, templates that are constructed', () => {
    expect(new Set(TAGS.map((row) => row.tag)).size).toBe(TAGS.length);
    for (const row of TAGS) {
      expect(row.lengthMin).toBeLessThanOrEqual(row.lengthMax);
      for (const template of row.templates.split(' ').filter((text) => text !== '' && text !== '80')) {
        expect(data.isConstructed(Number.parseInt(template, 16))).toBe(true);
      }
    }
  });
});

describe('bit fields', () => {
  it('reads an AIP', () => {
    expect(describeAip(fromHex('1280'))).toEqual([
      'cardholder verification supported',
      'on-device cardholder verification supported',
      'EMV mode supported',
    ]);
  });

  it('reads a TVR, reserved bits and the two-bit relay field too', () => {
    expect(describeTvr(fromHex('8000048002'))).toEqual([
      'offline data authentication not performed',
      'online CVM captured',
      'transaction exceeds floor limit',
      'relay resistance performed',
    ]);
    expect(describeTvr(fromHex('0000000001'))).toEqual(['relay resistance not performed']);
    expect(describeTvr(fromHex('0100000000'))).toEqual(['byte 1 bit 1 (reserved)']);
    expect(describeTvr(fromHex('0000000000'))).toEqual([]);
  });

  it('reads a CID', () => {
    expect(describeCid(fromHex('80'))).toEqual(['ARQC']);
    expect(describeCid(fromHex('00'))).toEqual(['AAC']);
    expect(describeCid(fromHex('49'))).toEqual(['TC', 'advice required', 'service not allowed']);
  });

  it('reads CVM results', () => {
    expect(describeCvmResults(fromHex('010002'))).toEqual([
      'plaintext PIN verified by ICC (contactless: on-device CVM)',
      'always',
      'successful',
    ]);
    expect(describeCvmResults(fromHex('3F0002'))[0]).toBe('no CVM performed');
    expect(describeCvmResults(fromHex('1F0302'))[0]).toBe('no CVM required');
    expect(describeCvmResults(fromHex('5E0300'))).toEqual([
      'signature',
      'if terminal supports the CVM',
      'unknown',
    ]);
    expect(describeCvmResults(fromHex('2AFFFF'))).toEqual([
      'CVM reserved',
      'condition reserved',
      'outcome reserved',
    ]);
  });
});

describe('what may be printed', () => {
  it('shows a response, PANs masked', () => {
    const track = formatTrack2({ pan, expiry: '2812', serviceCode: '201', discretionary: '0000000000000' });
    const record = data.encodeTlv(
      data.tlv(0x70, [
        data.tlv(0x57, track),
        data.tlv(0x5a, packCn(PAN_DIGITS, 8)),
        data.tlv(0x50, fromAscii('TAPSEAL OPEN')),
        data.tlv(0x9f27, fromHex('80')),
      ]),
    );
    const parsed = parseTlv(record);
    expect(parsed.ok && describeText(describeTlv(parsed.value)).split('\n')).toEqual([
      '70 Read Record Response Message Template',
      '  57 Track 2 Equivalent Data: 535099******5671',
      '  5A Application Primary Account Number: 535099******5671',
      '  50 Application Label: "TAPSEAL OPEN"',
      '  9F27 Cryptogram Information Data: 80 (ARQC)',
    ]);
  });

  // Fails closed: whatever does not look as it should is not shown.
  it.each([
    ['PAN with a letter in it', 0x5a, '5350990A12345671', MASKED_WHOLE],
    ['PAN too short to mask', 0x5a, '535099001234', MASKED_WHOLE],
    ['PAN too long', 0x5a, '53'.repeat(11), '11 bytes, not shown: wrong length'],
    ['track 2 without separator', 0x57, '5350990012345671', MASKED_WHOLE],
    ['track 2 with a broken end', 0x57, '5350990012345671D2812201ABCF', MASKED_WHOLE],
    ['track 1 is never unmasked', 0x56, '42353335303939', MASKED_WHOLE],
    ['cardholder name', 0x5f20, '4B454E4F4249', '6 bytes, not shown'],
    ['PIN data', 0x99, '0123456789ABCDEF', '8 bytes, not shown'],
    ['a tag that nobody knows', 0xdf01, '5350990012345671', '8 bytes, not shown'],
    ['a PAN where an amount belongs', 0x9f02, '5350990012345671', '8 bytes, not shown: wrong length'],
    ['text that is none', 0x9f1c, '0102030405060708', '8 bytes, not shown'],
  ])('%s', (_why, tag, value, text) => {
    expect(describeValue(tag, fromHex(value)).text).toBe(text);
  });

  it('no middle digit of a PAN is printed, whatever bytes stand in a PAN tag', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x57, 0x5a, 0x56, 0x9f6b),
        fc.uint8Array({ maxLength: 24 }),
        (tag, value) => {
          const { text } = describeValue(tag, value);
          expect(text).toMatch(/^(\*{4}|[0-9]{6}\*{3,9}[0-9]{4}|[0-9]+ bytes, not shown: wrong length)$/);
        },
      ),
    );
  });
});

describe('Pan', () => {
  it('prints masked in every way that prints by accident', () => {
    const masked = '535099******5671';
    expect(`${pan}`).toBe(masked);
    expect(String(pan)).toBe(masked);
    expect(JSON.stringify({ pan })).toBe(`{"pan":"${masked}"}`);
    expect(inspect({ pan })).toBe(`{ pan: Pan(${masked}) }`);
    expect(inspect(pan, { showHidden: true, depth: 5 })).not.toContain(PAN_DIGITS);
    expect(Object.keys(pan)).toEqual([]);
    expect(pan.reveal()).toBe(PAN_DIGITS);
  });

  it.each(['', '1234567', '12345678901234567890', '5350 9900 1234 5671', '53509900１2345671', 'abcdefgh'])(
    'does not take "%s"',
    (text) => {
      expect(Pan.parse(text)).toBeUndefined();
    },
  );

  it.each([
    ['5350990012345671', '535099******5671'],
    ['5350990012345', '535099***2345'],
    ['535099001234', MASKED_WHOLE],
    ['5350990012345671 ', MASKED_WHOLE],
    ['53509900123456712345', MASKED_WHOLE],
    ['', MASKED_WHOLE],
  ])('masks "%s" as %s', (text, masked) => {
    expect(maskPan(text)).toBe(masked);
  });

  it('goes through cn and track 2', () => {
    expect(toHex(pan.toCn())).toBe(`${PAN_DIGITS}FFFF`);
    expect(Pan.fromCn(pan.toCn())?.equals(pan)).toBe(true);
    expect(Pan.fromCn(fromHex('5350FF9012345671'))).toBeUndefined();
    const track = formatTrack2({ pan, expiry: '2812', serviceCode: '201', discretionary: '000' });
    expect(toHex(track)).toBe(`${PAN_DIGITS}D2812201000F`);
    expect(parseTrack2(track)).toEqual({ pan, expiry: '2812', serviceCode: '201', discretionary: '000' });
    expect(parseTrack2(new Uint8Array(20))).toBeUndefined();
  });

  it('knows the Luhn digit (ISO/IEC 7812-1 Annex B)', () => {
    expect(luhnValid('4992739871' + '6')).toBe(true);
    expect(luhnValid('49927398717')).toBe(false);
    expect(luhnValid('')).toBe(false);
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{7,18}$/), (digits) => {
        expect(luhnValid(digits + luhnCheckDigit(digits))).toBe(true);
      }),
    );
  });
});

describe('packed digits', () => {
  it('n on the right, cn on the left', () => {
    expect(toHex(packN('12345', 6))).toBe('000000012345');
    expect(toHex(packN(450, 6))).toBe('000000000450');
    expect(toHex(packCn('12345', 4))).toBe('12345FFF');
    expect(unpackN(fromHex('000000012345'))).toBe('000000012345');
    expect(unpackN(fromHex('00000001234A'))).toBeUndefined();
    expect(unpackCn(fromHex('12345FFF'))).toBe('12345');
    expect(unpackCn(fromHex('1234F5FF'))).toBeUndefined();
    expect(() => packN('1234567', 3)).toThrow(TypeError);
    expect(() => packN(-1, 3)).toThrow(TypeError);
    expect(() => packCn('12A', 3)).toThrow(TypeError);
  });
});
