// The real element: the kernel's module, booted on this host, with the payment application's client on it.
import { PaymentClient } from '@tapseal/ta-payment';
import { VirtualSecureElement, type VseHost } from '@tapseal/vse';
import { loadKernel } from '@tapseal/vse/node';
import type { Payment, SecureElement } from '../element.ts';

export async function bootElement(host: VseHost): Promise<{ element: SecureElement; payment: Payment }> {
  const element = await VirtualSecureElement.boot(await loadKernel(), host);
  return { element, payment: new PaymentClient(element) };
}
