/** A PIN typed at the prompt: which keys count, and that nothing of it stays. */
import { expect, it } from 'vitest';
import { PinEntry } from '../src/command-line/pin-prompt.ts';

const keys = (text: string) => new TextEncoder().encode(text);

it.each([
  ['four digits and return', '4929\r', 'done', '4929'],
  ['line feed does too', '4929\n', 'done', '4929'],
  ['three are not enough', '492\r', 'typing', '492'],
  ['twelve are the most', '1234567890123456\r', 'done', '123456789012'],
  ['a letter is no digit', '4a9b2c9\r', 'done', '4929'],
  ['backspace takes one back', '49208\u007f\u007f29\r', 'done', '49229'],
  ['backspace on nothing', '\u007f4929\r', 'done', '4929'],
  ['what comes after return is not read', '4929\r11', 'done', '4929'],
  ['Ctrl-C gives up, and forgets', '4929\u0003', 'given_up', ''],
  ['Ctrl-D too', '4929\u0004', 'given_up', ''],
])('%s', (_what, typed, state, pin) => {
  const entry = new PinEntry();
  expect(entry.push(keys(typed))).toBe(state);
  expect(new TextDecoder().decode(entry.take())).toBe(pin);
  expect(entry.take()).toHaveLength(0);
});

it('keys may come one at a time', () => {
  const entry = new PinEntry();
  expect([...'4929\r'].map((key) => entry.push(keys(key)))).toEqual([
    'typing',
    'typing',
    'typing',
    'typing',
    'done',
  ]);
});
