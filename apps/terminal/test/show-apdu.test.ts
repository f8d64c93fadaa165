/** What the command line prints of an APDU: readable, and never a card number. */
import { fromHex, toHex } from '@tapseal/emv/data';
import { describe, expect, it } from 'vitest';
import { commandName, showApdu, showField55 } from '../src/command-line/show-apdu.ts';
import { DEMONSTRATION_TERMINAL, present, recording } from '../src/kernel/index.ts';
import { sgd } from './presentation.ts';
import { readScript } from './scripted-card.ts';
import { SoftwareCard, TOKEN } from './software-card.ts';

const show = (command: string, response?: string) =>
  showApdu({ command: fromHex(command), response: response === undefined ? undefined : fromHex(response) });

describe('an exchange', () => {
  it('has the command by name, the status word in words, the data objects by name', () => {
    expect(show('80A800000C830A0000000012500702070200', '770A820212809404080102009000')).toBe(
      [
        '> 80A800000C830A0000000012500702070200  # GET PROCESSING OPTIONS',
        '< 770A820212809404080102009000  # 9000 done',
        '    77 Response Message Template Format 2',
        '      82 Application Interchange Profile: 1280 (cardholder verification supported; on-device cardholder verification supported; EMV mode supported)',
        '      94 Application File Locator: 08010200',
      ].join('\n'),
    );
  });

  it('masks the account number in the hex and in the decoded lines', () => {
    const [, , , record] = readScript('open-online').exchanges;
    const text = show(record!.command, record!.answer);
    expect(text).toContain('5713970299******5678**********************');
    expect(text).toContain('5A08970299******5678');
    expect(text).toContain('5A Application Primary Account Number: 970299******5678');
    expect(text).not.toContain(TOKEN);
  });

  it('shows a status word alone, and the end of a link', () => {
    expect(show('00B2010C00', '6A83')).toBe(
      '> 00B2010C00  # READ RECORD 1 of file 1\n< 6A83  # 6A83 record not found',
    );
    expect(show('00B2010C00')).toBe('> 00B2010C00  # READ RECORD 1 of file 1\n< (the link ended)');
  });

  it.each([
    ['what does not parse', `7009${TOKEN}9000`, '< (10 bytes, not shown) 9000'],
    ['an unknown tag', `700ADF2008${TOKEN}9000`.replace('700A', '700B'), '< 700BDF2008****************9000'],
    [
      'an account number of a wrong length',
      `700D5A0B${TOKEN}FFFFFF9000`,
      '< 700D5A0B**********************9000',
    ],
    ['track 2 that is none', '70055703AABBCC9000', '< 70055703******9000'],
    ['a cardholder name', '70085F20054D45495441' + '9000', '< 70085F2005**********9000'],
    ['an answer without a status word', '90', '< 90  # no status word'],
  ])('does not show %s', (_what, response, line) => {
    const text = show('00B2010C00', response);
    expect(text.split('\n')[1]).toContain(line);
    expect(text).not.toContain(TOKEN);
  });

  it.each([
    ['00A404000E325041592E5359532E444446303100', 'SELECT 2PAY.SYS.DDF01'],
    ['00A4040009F05441505345414C0100', 'SELECT F05441505345414C01'],
    ['80AE40000000', 'GENERATE AC, TC'],
    ['80AE00000000', 'GENERATE AC, AAC'],
    ['80EA000004', 'instruction EA'],
  ])('%s is %s', (command, name) => {
    expect(commandName(fromHex(command))).toBe(name);
  });
});

it('no line of a whole tap holds the token, in either profile', async () => {
  for (const profile of ['open', 'tdes'] as const) {
    const { transceive, exchanged } = recording(new SoftwareCard({ profile }).transceive);
    await present(DEMONSTRATION_TERMINAL, sgd(1250n), transceive);
    expect(exchanged.map(({ response }) => toHex(response!)).join('')).toContain(TOKEN);
    expect(exchanged.map(showApdu).join('\n')).not.toContain(TOKEN);
  }
});

it('field 55 is shown by name', () => {
  expect(showField55('9F2701809F360200019505' + '8000008000')).toBe(
    [
      '    9F27 Cryptogram Information Data: 80 (ARQC)',
      '    9F36 Application Transaction Counter: 0001',
      '    95 Terminal Verification Results: 8000008000 (offline data authentication not performed; transaction exceeds floor limit)',
    ].join('\n'),
  );
  expect(showField55('9F27')).toBe('    (not shown)');
});
