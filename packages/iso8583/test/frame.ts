/** Frames put together without any check, so that tests can make wrong ones. */

/** A field as it stands on the wire, its length digits included; one character a byte. */
export type RawField = readonly [field: number, raw: string];

/** MTI, bitmaps for the named fields, then the raw fields. */
export function rawFrame(mti: string, ...fields: readonly RawField[]): Uint8Array {
  const above64 = fields.some(([field]) => field > 64);
  const bitmap = new Uint8Array(above64 ? 16 : 8);
  if (above64) setBit(bitmap, 1);
  for (const [field] of fields) setBit(bitmap, field);
  return Uint8Array.of(...latin1(mti), ...bitmap, ...latin1(fields.map(([, raw]) => raw).join('')));
}

/** One byte a character. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function setBit(bitmap: Uint8Array, field: number): void {
  bitmap[(field - 1) >> 3]! |= 0x80 >> ((field - 1) & 7);
}
