/**
 * Data objects for people: names, meanings of bits, masked values. What cannot be shown safely is not shown: PANs go
 * through the mask, and a value whose tag or length is not as the dictionary says is reduced to its length, because
 * nobody knows what is in it.
 */
import { describeAip, describeCid, describeCvmResults, describeTvr } from './bit-fields.ts';
import { toAscii, toHex } from './bytes.ts';
import { MASKED_WHOLE, maskPan, Pan } from './pan.ts';
import {
  TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER,
  TAG_9F6B_TRACK_2_DATA,
  TAG_9F27_CRYPTOGRAM_INFORMATION_DATA,
  TAG_9F34_CARDHOLDER_VERIFICATION_METHOD_RESULTS,
  TAG_57_TRACK_2_EQUIVALENT_DATA,
  TAG_82_APPLICATION_INTERCHANGE_PROFILE,
  TAG_95_TERMINAL_VERIFICATION_RESULTS,
  type TagRow,
  tagRow,
} from './tags.ts';
import { type Tag, type Tlv, tagHex } from './tlv.ts';
import { parseTrack2 } from './track2.ts';

export type Description = {
  /** Hex. */
  readonly tag: string;
  readonly name: string;
  /** Already masked; safe to log. Empty for a template. */
  readonly text: string;
  /** Meanings of the bits that are set, for the tags that have them. */
  readonly meanings: readonly string[];
  readonly children: readonly Description[];
};

export function describeTlv(list: readonly Tlv[]): readonly Description[] {
  return list.map((object) =>
    object.children
      ? {
          tag: tagHex(object.tag),
          name: tagRow(object.tag)?.name ?? 'not in the dictionary',
          text: '',
          meanings: [],
          children: describeTlv(object.children),
        }
      : describeValue(object.tag, object.value),
  );
}

/** One primitive data object. */
export function describeValue(tag: Tag, value: Uint8Array): Description {
  const row = tagRow(tag);
  const named = { tag: tagHex(tag), name: row?.name ?? 'not in the dictionary', children: [] };
  if (row === undefined) return { ...named, text: notShown(value), meanings: [] };
  if (value.length < row.lengthMin || value.length > row.lengthMax) {
    return { ...named, text: `${notShown(value)}: wrong length`, meanings: [] };
  }
  return { ...named, text: shown(row, value), meanings: MEANINGS.get(tag)?.(value) ?? [] };
}

/** One line a data object, templates indented. */
export function describeText(list: readonly Description[], indent = ''): string {
  return list
    .map(({ tag, name, text, meanings, children }) => {
      const meaning = meanings.length === 0 ? '' : ` (${meanings.join('; ')})`;
      const line = `${indent}${tag} ${name}${text === '' ? '' : `: ${text}`}${meaning}`;
      return children.length === 0 ? line : `${line}\n${describeText(children, `${indent}  `)}`;
    })
    .join('\n');
}

const MEANINGS: ReadonlyMap<Tag, (value: Uint8Array) => readonly string[]> = new Map([
  [TAG_82_APPLICATION_INTERCHANGE_PROFILE, describeAip],
  [TAG_95_TERMINAL_VERIFICATION_RESULTS, describeTvr],
  [TAG_9F27_CRYPTOGRAM_INFORMATION_DATA, describeCid],
  [TAG_9F34_CARDHOLDER_VERIFICATION_METHOD_RESULTS, describeCvmResults],
]);

/** What may be printed in place of a PAN-bearing value. A tag that has no entry prints the whole mask. */
const PAN_OF: ReadonlyMap<Tag, (value: Uint8Array) => Pan | undefined> = new Map([
  [TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER, (value: Uint8Array) => Pan.fromCn(value)],
  [TAG_57_TRACK_2_EQUIVALENT_DATA, (value: Uint8Array) => parseTrack2(value)?.pan],
  [TAG_9F6B_TRACK_2_DATA, (value: Uint8Array) => parseTrack2(value)?.pan],
]);

function shown(row: TagRow, value: Uint8Array): string {
  switch (row.sensitivity) {
    case 'show':
      return row.format === 'an' || row.format === 'ans' ? text(value) : toHex(value);
    case 'pan': {
      const pan = PAN_OF.get(row.tag)?.(value);
      return pan === undefined ? MASKED_WHOLE : maskPan(pan.reveal());
    }
    case 'hidden':
      return notShown(value);
  }
}

function text(value: Uint8Array): string {
  const ascii = toAscii(value);
  return ascii === undefined ? notShown(value) : `"${ascii}"`;
}

function notShown(value: Uint8Array): string {
  return `${value.length} bytes, not shown`;
}
