// The secure element and the payment application as the wallet sees them: the public face of the real classes,
// and no more, so that a test may stand in for them.
import type { PaymentClient } from '@tapseal/ta-payment';
import type { VirtualSecureElement } from '@tapseal/vse';

export type SecureElement = Pick<
  VirtualSecureElement,
  'deviceId' | 'trustsTestRoot' | 'enrolmentStatement' | 'acceptBundle' | 'close'
>;
export type Payment = Pick<PaymentClient, keyof PaymentClient>;

export type TokenSummary = ReturnType<Payment['tokens']>[number];
export type HistoryEntry = ReturnType<Payment['history']>[number];
export type Armed = Awaited<ReturnType<Payment['arm']>>;
export type TapSummary = NonNullable<Awaited<ReturnType<Payment['finishTap']>>>;
