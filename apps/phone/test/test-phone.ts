// A phone in this process: the real control and tap link over doubles of element, bank and disk.
import type { Clock } from '@tapseal/wallet-sdk';
import { DoubleIssuer, DoublePhone, Killer } from '@tapseal/wallet-sdk/test-double';
import { connectTapLink, type LogFields, NetworkSwitch, Phone } from '../src/index.ts';

export interface TestPhone {
  readonly phone: Phone;
  readonly issuer: DoubleIssuer;
  readonly double: DoublePhone;
  readonly network: NetworkSwitch;
  readonly logged: { event: string; fields: LogFields }[];
  /** How often the wallet was opened. */
  readonly opened: () => number;
}

export async function startTestPhone(
  options: { linkIdleMs?: number; clock?: Clock } = {},
): Promise<TestPhone> {
  const issuer = new DoubleIssuer();
  const double = new DoublePhone(issuer);
  const network = new NetworkSwitch(issuer.fetch);
  const logged: TestPhone['logged'] = [];
  let opened = 0;
  const phone = await Phone.start({
    openWallet: async () => {
      opened += 1;
      const { wallet } = await double.boot(new Killer(), network.fetch);
      return { wallet, close: () => wallet.close() };
    },
    connect: connectTapLink,
    network,
    clock: double.clock,
    log: (event, fields) => logged.push({ event, fields }),
    ...options,
  });
  return { phone, issuer, double, network, logged, opened: () => opened };
}

export const pin = (digits = '4929') => new TextEncoder().encode(digits);
