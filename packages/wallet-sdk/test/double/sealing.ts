// How the double bank's messages travel: in clear between doubles, or sealed and signed for a real secure element.
import { type Bundle, decode, encode, receiptNumber as numberOf, type Uplink } from './messages.ts';

export interface Sealing {
  readonly nonce: Uint8Array;
  readonly certificate: Promise<Uint8Array>;
  /** The device's id from its statement. */
  enrol(statement: Uint8Array): Promise<Uint8Array>;
  seal(bundle: Bundle): Promise<Uint8Array>;
  /** The bundle's number in a receipt; throws for one that was not signed by the device. */
  receiptNumber(receipt: Uint8Array): Promise<number>;
  open(uplink: Uint8Array): Promise<Uplink>;
}

export class ClearSealing implements Sealing {
  readonly nonce = new Uint8Array(32).fill(7);
  readonly certificate = Promise.resolve(new Uint8Array(154).fill(9));

  async enrol(statement: Uint8Array): Promise<Uint8Array> {
    return statement.slice(0, 16);
  }

  async seal(bundle: Bundle): Promise<Uint8Array> {
    return encode(bundle);
  }

  async receiptNumber(receipt: Uint8Array): Promise<number> {
    return numberOf(receipt);
  }

  async open(uplink: Uint8Array): Promise<Uplink> {
    return decode<Uplink>(uplink);
  }
}
