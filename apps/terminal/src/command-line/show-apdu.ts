/**
 * APDUs for people: `> ` command with its name, `< ` answer with its status word, then the data objects by name. Account
 * numbers are masked in the hex too; what cannot be decoded is not shown.
 */
import {
  describeText,
  describeTlv,
  fromHex,
  INS_GENERATE_AC,
  INS_GET_PROCESSING_OPTIONS,
  INS_READ_RECORD,
  INS_SELECT,
  maskPan,
  Pan,
  parseTlv,
  parseTrack2,
  statusWordText,
  type Tlv,
  tagRow,
  toAscii,
  toHex,
} from '@tapseal/emv/data';
import type { ExchangedApdu } from '../kernel/index.ts';

export function showApdu({ command, response }: ExchangedApdu): string {
  const lines = [`> ${toHex(command)}  # ${commandName(command)}`];
  if (response === undefined) return [...lines, '< (the link ended)'].join('\n');
  const data = response.subarray(0, Math.max(0, response.length - 2));
  const sw = response.subarray(data.length);
  const status = sw.length === 2 ? statusWordText(sw[0]! * 256 + sw[1]!) : 'no status word';
  const parsed = parseTlv(data);
  const shown = parsed.ok ? maskedHex(data, parsed.value) : `(${data.length} bytes, not shown) `;
  lines.push(`< ${shown}${toHex(sw)}  # ${status}`);
  if (parsed.ok && data.length > 0) lines.push(describeText(describeTlv(parsed.value), '    '));
  return lines.join('\n');
}

/** `READ RECORD 2 of file 1` */
export function commandName(command: Uint8Array): string {
  const [, ins = 0, p1 = 0, p2 = 0] = command;
  switch (ins) {
    case INS_SELECT: {
      const name = command.subarray(5, 5 + (command[4] ?? 0));
      return `SELECT ${toAscii(name) ?? toHex(name)}`;
    }
    case INS_GET_PROCESSING_OPTIONS:
      return 'GET PROCESSING OPTIONS';
    case INS_READ_RECORD:
      return `READ RECORD ${p1} of file ${p2 >> 3}`;
    case INS_GENERATE_AC:
      return `GENERATE AC, ${{ 0: 'AAC', 64: 'TC', 128: 'ARQC' }[p1 & 0xc0] ?? 'no type'}`;
    default:
      return `instruction ${toHex(Uint8Array.of(ins))}`;
  }
}

/** Stars over the digits that a log may not show: the middle of an account number, all of what the dictionary hides. */
function maskedHex(data: Uint8Array, objects: readonly Tlv[]): string {
  const digits = [...toHex(data)];
  const walk = (list: readonly Tlv[]): void => {
    for (const { tag, value, children } of list) {
      if (children !== undefined) {
        walk(children);
        continue;
      }
      const masked = maskedValue(tag, value);
      const at = 2 * (value.byteOffset - data.byteOffset);
      digits.splice(at, masked.length, ...masked);
    }
  };
  walk(objects);
  return digits.join('');
}

function maskedValue(tag: number, value: Uint8Array): string {
  const row = tagRow(tag);
  const hidden = '*'.repeat(2 * value.length);
  if (row === undefined || value.length < row.lengthMin || value.length > row.lengthMax) return hidden;
  if (row.sensitivity === 'show') return toHex(value);
  if (row.sensitivity === 'hidden') return hidden;
  const pan = Pan.fromCn(value) ?? parseTrack2(value)?.pan;
  if (pan === undefined) return hidden;
  const shown = maskPan(pan.reveal());
  return shown.length === pan.reveal().length ? shown.padEnd(2 * value.length, '*') : hidden;
}

/** Field 55 by name, masked. */
export function showField55(hex: string): string {
  const parsed = parseTlv(fromHex(hex));
  return parsed.ok ? describeText(describeTlv(parsed.value), '    ') : '    (not shown)';
}
