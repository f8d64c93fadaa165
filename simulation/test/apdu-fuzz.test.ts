import { loadKernel } from '@tapseal/vse/node';
import { expect, it } from 'vitest';
import { BarePhone } from '../src/bare-phone.ts';
import { fuzzApdus } from '../src/fuzz-apdus.ts';

// The short form; `npm run torture -- apdus` runs 100,000.
it.each(['open', 'tdes'] as const)('1,500 mutated APDU sequences, profile %s', async (profile) => {
  const phone = await BarePhone.enrolled(await loadKernel());
  const token = await phone.digitise(profile);
  const report = await fuzzApdus(phone, token, { seed: 20261123, count: 1500 });
  // every status word that docs/profiles.md §2 lists for commands in this state was provoked
  for (const word of ['9000', '6700', '6982', '6985', '6A80', '6A82', '6A83', '6A86', '6D00', '6E00'])
    expect([...report.statusWords.keys()], word).toContain(word);
  expect(report.cryptograms).toBeGreaterThan(100);
  // and the wallet still pays
  phone.payment.unlock();
  await phone.payment.arm();
  phone.enterPin('4929');
  expect(phone.tap(token, '000000001250')).toMatchObject({ sw: '9000', verdict: 'umd_valid' });
});
