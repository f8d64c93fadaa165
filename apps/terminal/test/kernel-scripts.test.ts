/** Whole presentations as scripts of APDUs: what the terminal sends, byte for byte, and what it concludes. */
import { toHex } from '@tapseal/emv/data';
import { describe, expect, it } from 'vitest';
import { DEMONSTRATION_TERMINAL, present } from '../src/kernel/index.ts';
import { sgd } from './presentation.ts';
import { readScript, scriptedCard } from './scripted-card.ts';

/** [script, amount, outcome, reason or ATC, where it stopped] */
const SCRIPTS = [
  ['open-online', 1250n, 'online_request', '0001', ''],
  ['tdes-online-cdcvm', 12_000n, 'online_request', '0001', ''],
  ['open-format-1', 1250n, 'online_request', '0001', ''],
  ['open-see-phone', 12_000n, 'see_phone', 'verification_needed', 'GET PROCESSING OPTIONS: 6986'],
  ['open-torn', 1250n, 'try_again', 'link_lost', 'GENERATE AC'],
  ['two-applications', 1250n, 'try_again', 'phone_not_ready', 'GET PROCESSING OPTIONS: 6985'],
  ['open-declined-by-card', 1250n, 'declined_offline', 'declined_by_card', 'GENERATE AC: AAC for ARQC'],
  ['open-tc', 1250n, 'end_application', 'cryptogram_not_requested', 'GENERATE AC: TC for ARQC'],
] as const;

describe('a presentation, as a script', () => {
  it.each(SCRIPTS)('%s', async (name, amount, outcome, detail, where) => {
    const card = scriptedCard(readScript(name));
    const ended = await present(DEMONSTRATION_TERMINAL, sgd(amount), card.transceive);
    expect(ended.outcome).toBe(outcome);
    expect(card.left()).toBe(0);
    if (ended.outcome === 'online_request') expect(toHex(ended.cryptogram.atc)).toBe(detail);
    else expect([ended.reason, ended.where]).toEqual([detail, where]);
  });

  it('the scripted card notices a command that is not in the script', async () => {
    const card = scriptedCard(readScript('open-online'));
    await expect(present(DEMONSTRATION_TERMINAL, sgd(1251n), card.transceive)).rejects.toThrow(
      /^script: 80A8/,
    );
  });
});
