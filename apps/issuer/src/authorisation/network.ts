// 0800: sign-on, sign-off and echo. The link carries nobody's state: a message is answered whether or not the acquirer
// signed on first. ISO 8583:1987, DE 70.
import type { Fields } from '@tapseal/iso8583';
import type { RefusalName } from './refusals.ts';

const NETWORK_CODES: ReadonlyMap<string, string> = new Map([
  ['001', 'sign-on'],
  ['002', 'sign-off'],
  ['301', 'echo'],
]);

export function networkRefusal(fields: Fields): RefusalName | null {
  return NETWORK_CODES.has(fields[70] ?? '') ? null : 'network_code_unknown';
}
