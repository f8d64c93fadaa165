// The terminal's kernel taps the real secure element: what the phone answers is what a terminal of the profiles reads.
import { type Tag, verifyUnderSessionKeys } from '@tapseal/emv';
import { DEMONSTRATION_TERMINAL, type Outcome, present } from '@tapseal/terminal';
import { loadKernel } from '@tapseal/vse/node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BareToken } from '../src/bare-issuer.ts';
import { BarePhone } from '../src/bare-phone.ts';

let kernel: WebAssembly.Module;
beforeAll(async () => {
  kernel = await loadKernel();
});

/** One presentation on the day at which the phone's clock stands. */
function tap(phone: BarePhone, amountMinor: bigint): Promise<Outcome> {
  const presentation = { amountMinor, currency: 'SGD', date: '261118', time: '120000' };
  const unpredictableNumber = Uint8Array.of(0x1a, 0x2b, 0x3c, 0x4d);
  return present(DEMONSTRATION_TERMINAL, { ...presentation, unpredictableNumber }, (command) =>
    Promise.resolve(phone.payment.apdu(command)),
  );
}

function verdict(phone: BarePhone, token: BareToken, outcome: Outcome): string {
  if (outcome.outcome !== 'online_request') return `${outcome.reason} at ${outcome.where}`;
  const { cryptogram, aip } = outcome;
  const card = new Map<Tag, Uint8Array>([
    [0x82, aip],
    [0x9f10, cryptogram.issuerApplicationData],
    [0x9f26, cryptogram.cryptogram],
    [0x9f36, cryptogram.atc],
  ]);
  const keys = phone.issuer.sessionKeys(token, cryptogram.atc[0]! * 256 + cryptogram.atc[1]!);
  return verifyUnderSessionKeys(
    token.profile,
    keys,
    (tag) => card.get(tag) ?? outcome.terminalValues.get(tag),
  );
}

describe.each(['open', 'tdes'] as const)('profile %s', (profile) => {
  it('is read and asked as the profile says: locked, unarmed, small, see phone, right PIN, wrong PIN', async () => {
    const phone = await BarePhone.enrolled(kernel);
    const token = await phone.digitise(profile);
    expect(await tap(phone, 1250n)).toMatchObject({ outcome: 'see_phone', reason: 'wallet_locked' });
    phone.payment.unlock();
    expect(await tap(phone, 1250n)).toMatchObject({ outcome: 'try_again', reason: 'phone_not_ready' });
    await phone.payment.arm();
    const small = await tap(phone, 1250n);
    expect(small).toMatchObject({ outcome: 'online_request', profile, panSequenceNumber: '01' });
    expect(verdict(phone, token, small)).toBe('umd_absent');

    await phone.payment.arm();
    expect(await tap(phone, 12_000n)).toMatchObject({ outcome: 'see_phone', reason: 'verification_needed' });
    phone.enterPin('4929');
    expect(verdict(phone, token, await tap(phone, 12_000n))).toBe('umd_valid');

    await phone.payment.arm();
    phone.enterPin('4920');
    expect(verdict(phone, token, await tap(phone, 12_000n))).toBe('umd_mismatch');
  });
});
