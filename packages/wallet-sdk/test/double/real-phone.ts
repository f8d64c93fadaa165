// A phone around the real secure element, whose sealed state survives a kill as far as it was made durable.
import { randomBytes } from 'node:crypto';
import { PaymentClient } from '@tapseal/ta-payment';
import { VirtualSecureElement } from '@tapseal/vse';
import { loadKernel } from '@tapseal/vse/node';
import type { DoubleIssuer } from './issuer.ts';
import { PhoneAround } from './phone.ts';
import { BANK_SECONDS } from './real-sealing.ts';

export class RealPhone extends PhoneAround<VirtualSecureElement> {
  constructor(issuer: DoubleIssuer) {
    let sealed: Uint8Array | undefined;
    super(issuer, async (killer) => {
      const element = await VirtualSecureElement.boot(await kernel(), {
        entropy: new Uint8Array(randomBytes(64)),
        platformSecret: new Uint8Array(32).fill(7),
        fingerprint: new Uint8Array(32).fill(9),
        installation: new Uint8Array(16).fill(3),
        store: {
          load: async () => sealed?.slice(),
          persist: (_, state) =>
            killer.around('sealed state', () => {
              sealed = state.slice();
            }),
        },
        nowSeconds: () => BANK_SECONDS,
      });
      return { element, payment: new PaymentClient(element) };
    });
  }
}

let compiled: Promise<WebAssembly.Module> | undefined;
function kernel(): Promise<WebAssembly.Module> {
  compiled ??= loadKernel();
  return compiled;
}
