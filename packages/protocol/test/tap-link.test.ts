import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeTapLinkFrame, TAP_LINK_PAYLOAD_MAX, TapLinkDecoder, tapLinkRequest } from '../src/index.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('tap link', () => {
  it.each([
    ['power on', '0001 01', ['01'], undefined],
    ['two frames in one chunk', '0001 04 0002 9000', ['04', '9000'], undefined],
    ['a frame that is cut', '0003 00A4', [], undefined],
    ['an empty frame', '0000', [], 'frame_empty'],
    ['a frame of 1,025 bytes', '0401', [], 'frame_too_long'],
    ['a good frame, then a broken one', '0001 02 FFFF', ['02'], 'frame_too_long'],
  ])('%s', (_, stream, payloads, refusal) => {
    const answer = new TapLinkDecoder().push(hex(stream));
    expect(answer.payloads.map((payload) => Buffer.from(payload).toString('hex'))).toEqual(payloads);
    expect(answer.refusal).toBe(refusal);
  });

  it('finds the same payloads wherever the stream is cut', () => {
    const payload = fc.uint8Array({ minLength: 1, maxLength: TAP_LINK_PAYLOAD_MAX });
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 6 }), fc.array(fc.nat(64)), (payloads, cuts) => {
        const stream = Buffer.concat(payloads.map(encodeTapLinkFrame));
        const decoder = new TapLinkDecoder();
        const found: Uint8Array[] = [];
        let position = 0;
        for (const cut of [...cuts, stream.length]) {
          found.push(...decoder.push(stream.subarray(position, position + cut)).payloads);
          position += cut;
        }
        expect(found.map((one) => Buffer.from(one).toString('hex'))).toEqual(
          payloads.map((one) => Buffer.from(one).toString('hex')),
        );
        expect(decoder.midFrame).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('says nothing more after the stream broke', () => {
    const decoder = new TapLinkDecoder();
    decoder.push(hex('0000'));
    expect(decoder.push(hex('0001 01'))).toEqual({ payloads: [], refusal: 'frame_empty' });
  });

  it.each([
    ['00', { control: 'powerOff' }],
    ['01', { control: 'powerOn' }],
    ['02', { control: 'reset' }],
    ['04', { control: 'getAtr' }],
    ['03', { unknown: 3 }],
    ['00A40400', { apdu: hex('00A40400') }],
  ])('reads %s', (payload, request) => {
    expect(tapLinkRequest(hex(payload))).toEqual(request);
  });

  it('does not send what the other side would refuse', () => {
    expect(() => encodeTapLinkFrame(new Uint8Array(0))).toThrow(RangeError);
    expect(() => encodeTapLinkFrame(new Uint8Array(TAP_LINK_PAYLOAD_MAX + 1))).toThrow(RangeError);
  });
});
