// Which kind of keys this database has held. Demonstration keys never meet a database of live keys, and the other way
// round; nor does another keystore, which could verify nothing that is stored here.
import type { Pool } from 'pg';

export type KeyKind = 'demonstration' | 'live';

export type InstallationRefusal =
  | 'database_has_held_live_keys'
  | 'database_has_held_demonstration_keys'
  | 'database_belongs_to_another_keystore';

/** Claims the database for a keystore, once; later calls check the claim. Safe from several processes at once. */
export async function claimInstallation(
  pool: Pool,
  keys: KeyKind,
  keystoreId: string,
  at: Date,
): Promise<{ ok: true; installationId: string } | { ok: false; refusal: InstallationRefusal }> {
  await pool.query(
    `UPDATE installation SET keys = $1, keystore_id = $2, keys_since = $3 WHERE keys = 'none'`,
    [keys, keystoreId, at],
  );
  const { rows } = await pool.query<{ installation_id: string; keys: KeyKind; keystore_id: string }>(
    'SELECT installation_id, keys, keystore_id FROM installation',
  );
  const held = rows[0]!;
  if (held.keys !== keys) return { ok: false, refusal: `database_has_held_${held.keys}_keys` };
  if (held.keystore_id !== keystoreId) return { ok: false, refusal: 'database_belongs_to_another_keystore' };
  return { ok: true, installationId: held.installation_id };
}
