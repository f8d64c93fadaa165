// Bundles from the bank into the element, one after the other (docs/layouts.md §2). Killed at any moment this goes
// on where it stood: the bank repeats a bundle byte for byte until its receipt has come, and the element answers a
// repeat of its last bundle with the receipt that it stored.
import { type Bank, credentialOf } from './bank.ts';
import { WalletRefusal } from './refusals.ts';

/** More than a bank queues for a device that was away for years; an endless queue is an error of the bank. */
export const BUNDLES_AT_ONCE_MOST = 256;

/** docs/layouts.md §2, receipt: status 4 bytes behind magic, version, flags, device, number, hash, generation. */
const RECEIPT_STATUS_OFFSET = 70;

/** Takes everything that waits; answers how many bundles it was. Throws the element's refusal of a bundle. */
export async function takeBundles(bank: Bank): Promise<number> {
  const credential = credentialOf(bank);
  let bundle = await bank.issuer.nextBundle(credential);
  for (let taken = 0; ; taken += 1) {
    if (bundle === undefined) return taken;
    if (taken === BUNDLES_AT_ONCE_MOST) throw new WalletRefusal('bank_answer_malformed');
    const receipt = await accept(bank, bundle);
    bundle = await bank.issuer.giveReceipt(credential, receipt, bank.newKey());
  }
}

async function accept(bank: Bank, bundle: Uint8Array): Promise<Uint8Array> {
  const receipt = await bank.turns.take(() => bank.element.acceptBundle(bundle));
  const status = new DataView(receipt.buffer, receipt.byteOffset).getUint32(RECEIPT_STATUS_OFFSET);
  bank.listeners.tell(status === 0 ? { event: 'bundleApplied' } : { event: 'bundleRefused', status });
  return receipt;
}
