/**
 * Tap link: PC/SC's vpcd framing, length 2 then payload, both ways. The terminal listens, the phone connects.
 * docs/layouts.md §7
 */

export const TAP_LINK_PAYLOAD_MAX = 1024;

/** One-byte payloads from the terminal; anything else from it is a C-APDU. */
export const TAP_LINK_CONTROL = { powerOff: 0x00, powerOn: 0x01, reset: 0x02, getAtr: 0x04 } as const;
export type TapLinkControl = keyof typeof TAP_LINK_CONTROL;

/** The contactless card's answer to `getAtr`. PC/SC part 3, 3.1.3.2.3: no historical bytes. */
export const TAP_LINK_ATR: Uint8Array = Uint8Array.of(0x3b, 0x80, 0x80, 0x01, 0x01);

export type TapLinkRefusal = 'frame_empty' | 'frame_too_long';

/** A payload behind its length. Throws a `RangeError` for one that the link does not carry: that is a bug. */
export function encodeTapLinkFrame(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  if (payload.length === 0 || payload.length > TAP_LINK_PAYLOAD_MAX) {
    throw new RangeError(`tap link: a payload of ${payload.length} bytes`);
  }
  const frame = new Uint8Array(2 + payload.length);
  frame[0] = payload.length >> 8;
  frame[1] = payload.length & 0xff;
  frame.set(payload, 2);
  return frame;
}

/** What a payload from the terminal asks for. */
export function tapLinkRequest(
  payload: Uint8Array,
): { readonly control: TapLinkControl } | { readonly apdu: Uint8Array } | { readonly unknown: number } {
  if (payload.length !== 1) return { apdu: payload };
  const code = payload[0]!;
  const control = (Object.keys(TAP_LINK_CONTROL) as TapLinkControl[]).find(
    (name) => TAP_LINK_CONTROL[name] === code,
  );
  return control ? { control } : { unknown: code };
}

/** Cuts a byte stream into payloads. After a refusal the stream has lost its place: the link must be closed. */
export class TapLinkDecoder {
  readonly #frame = new Uint8Array(2 + TAP_LINK_PAYLOAD_MAX);
  #filled = 0;
  #refusal: TapLinkRefusal | undefined;

  /** Takes a chunk of any size; answers the payloads that it completed and, if the stream broke, why. */
  push(chunk: Uint8Array): { readonly payloads: Uint8Array[]; readonly refusal?: TapLinkRefusal } {
    const payloads: Uint8Array[] = [];
    for (let position = 0; position < chunk.length && !this.#refusal; ) {
      const wanted = this.#filled < 2 ? 2 : 2 + this.#length();
      const taken = chunk.subarray(position, position + wanted - this.#filled);
      this.#frame.set(taken, this.#filled);
      this.#filled += taken.length;
      position += taken.length;
      if (this.#filled === 2) this.#refusal = refusalOf(this.#length());
      else if (this.#filled > 2 && this.#filled === 2 + this.#length()) {
        payloads.push(this.#frame.slice(2, this.#filled));
        this.#frame.fill(0);
        this.#filled = 0;
      }
    }
    return this.#refusal ? { payloads, refusal: this.#refusal } : { payloads };
  }

  /** Whether a frame has begun and not ended: at the end of the stream that is a cut frame. */
  get midFrame(): boolean {
    return this.#filled > 0;
  }

  #length(): number {
    return (this.#frame[0]! << 8) | this.#frame[1]!;
  }
}

function refusalOf(length: number): TapLinkRefusal | undefined {
  if (length === 0) return 'frame_empty';
  return length > TAP_LINK_PAYLOAD_MAX ? 'frame_too_long' : undefined;
}
