import { Pan } from '@tapseal/emv';
import { describe, expect, it } from 'vitest';
import { decipherPinBlock, encipherPinBlock, readPinField, writePinField } from './pin-block.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('latin1');
const upper = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const pin = (digits: string) => new TextEncoder().encode(digits);

describe('PIN block, format 4', () => {
  // Source: the worked example in the test vectors to ANSI X9.24-3:2017.
  it.each([
    ['AF8CB133A78F8DC2D1359F18527593FB', 'A912150391AB65A67E52883D81CE2D15'],
    ['D30BDC73EC9714B000BEC66BDB7B6D09', '52A00503BD34BA1383F6A7EE9FE2547F'],
  ])('X9.24-3 under %s', (key, block) => {
    const pan = Pan.parse('4111111111111111')!;
    const field = writePinField(pin('1234'), hex('2F69ADDE2E9E7ACE'));
    expect(upper(field)).toBe('441234AAAAAAAAAA2F69ADDE2E9E7ACE');
    expect(upper(encipherPinBlock(hex(key), field, pan))).toBe(block);
    expect(upper(decipherPinBlock(hex(key), hex(block), pan))).toBe(upper(field));
  });

  // Source: psec (MIT).
  it('psec', () => {
    const field = decipherPinBlock(
      hex('00112233445566778899AABBCCDDEEFF'),
      hex('E4BE5B623AF7E006AC319E5B93544564'),
      Pan.parse('1234567890123456')!,
    );
    expect(text(readPinField(field))).toBe('1234');
  });

  it('is bound to its PAN', () => {
    const key = hex('00112233445566778899AABBCCDDEEFF');
    const block = encipherPinBlock(
      key,
      writePinField(pin('4929'), hex('0011223344556677')),
      Pan.parse('9702990000000012')!,
    );
    expect(text(readPinField(decipherPinBlock(key, block, Pan.parse('9702990000000012')!)))).toBe('4929');
    expect(readPinField(decipherPinBlock(key, block, Pan.parse('9702990000000020')!))).toBeUndefined();
  });

  it.each([
    ['four digits', '44 4929 AAAAAAAAAA 0123456789ABCDEF', '4929'],
    ['five digits', '45 49290 AAAAAAAAA 0123456789ABCDEF', '49290'],
    ['twelve digits', '4C 123456789012 AA 0123456789ABCDEF', '123456789012'],
    ['three digits', '43 492 AAAAAAAAAAA 0123456789ABCDEF', undefined],
    ['thirteen digits', '4D 1234567890123 A 0123456789ABCDEF', undefined],
    ['format 3', '34 4929 AAAAAAAAAA 0123456789ABCDEF', undefined],
    ['a digit that is none', '44 49B9 AAAAAAAAAA 0123456789ABCDEF', undefined],
    ['fill F', '44 4929 FFFFFFFFFF 0123456789ABCDEF', undefined],
    ['a digit in the fill', '44 4929 AAAAAAAAA1 0123456789ABCDEF', undefined],
    ['fifteen bytes', '44 4929 AAAAAAAAAA 0123456789ABCD', undefined],
  ])('%s', (_, field, digits) => {
    expect(text(readPinField(hex(field)))).toBe(digits);
  });

  it('writes what it reads', () => {
    for (let length = 4; length <= 12; length++) {
      const digits = '123456789012'.slice(0, length);
      expect(text(readPinField(writePinField(pin(digits), new Uint8Array(8))))).toBe(digits);
    }
  });
});
