// The seeded short form of the acceptor's fuzz; `npm run torture` runs 100,000.
import { expect, test } from 'vitest';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/pool.ts';
import { withTestDatabase } from '../postgres/test-database.ts';
import { fuzzAcceptor } from './test-fuzz.ts';

test('3,000 mutated frames crash nothing and leave no half-made state', async () => {
  const { url } = await withTestDatabase();
  const pool = openDatabase(url);
  try {
    await migrate(pool);
    const { frames, coverage, failures } = await fuzzAcceptor({ pool, seed: 20261123, count: 3_000 });
    expect(failures).toEqual([]);
    expect(frames).toBe(3_000);
    // The mutations reach what they are meant to reach.
    for (const name of [
      ...['no reply', 'message_malformed', 'chip_data_malformed'],
      ...[
        'chip_data_missing',
        'amount_mismatch',
        'token_unknown',
        'conflicting_duplicate',
        'cryptogram_mismatch',
      ],
      ...[
        'atc_already_used',
        'pin_mismatch',
        'pin_tries_exceeded',
        'approved',
        'issuer_application_data_malformed',
      ],
    ]) {
      expect(coverage[name] ?? 0, `${name} in ${JSON.stringify(coverage)}`).toBeGreaterThan(0);
    }
  } finally {
    await pool.end();
  }
});
