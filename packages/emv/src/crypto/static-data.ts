/**
 * Static data to be authenticated: EMV 4.4 Book 3 §10.3. Goes into the card's certificate and the check of it.
 */
import { concat } from '../data/bytes.ts';
import { accept, type Result, refuse } from '../data/result.ts';
import { parseTlv } from '../data/tlv.ts';

/** A record that the AFL marks for offline data authentication, as READ RECORD gave it, in AFL order. */
export type AuthenticatedRecord = { readonly sfi: number; readonly record: Uint8Array };

export type StaticDataRefusal =
  | 'record_not_template_70'
  | 'sda_tag_list' // 9F4A holds something else than the AIP's tag
  | 'sfi_outside';

/**
 * @param sdaTagList value of 9F4A when the card has one: it may only name 82, the AIP, whose value is then appended.
 */
export function staticDataToBeAuthenticated(
  records: readonly AuthenticatedRecord[],
  sdaTagList: Uint8Array | undefined,
  aip: Uint8Array,
): Result<Uint8Array, StaticDataRefusal> {
  const parts: Uint8Array[] = [];
  for (const { sfi, record } of records) {
    if (sfi < 1 || sfi > 30) return refuse('sfi_outside');
    const parsed = parseTlv(record);
    const template = parsed.ok && parsed.value.length === 1 ? parsed.value[0] : undefined;
    if (template?.tag !== 0x70) return refuse('record_not_template_70');
    // SFI 1 to 10 without tag and length of the template, the others whole.
    parts.push(sfi <= 10 ? template.value : record);
  }
  if (sdaTagList !== undefined) {
    if (sdaTagList.length !== 1 || sdaTagList[0] !== 0x82) return refuse('sda_tag_list');
    parts.push(aip);
  }
  return accept(concat(...parts));
}
