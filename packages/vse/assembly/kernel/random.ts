// The kernel's randomness: HMAC_DRBG (SP 800-90A Rev. 1, 10.1.2), seeded by the host at each boot and by a sealed seed.
// A restored snapshot with replayed entropy repeats the output: nothing here may depend on a nonce being fresh.
import { DRBG_STATE_SIZE, drbgGenerate, drbgInstantiate, drbgReseed } from '../crypto/hmac-drbg';
import { ascii } from './ascii';

export const ENTROPY_MIN: i32 = 48;

const STATE: usize = memory.data(DRBG_STATE_SIZE, 16);
const PERSONALISATION: usize = memory.data(64, 16);

/** `entropy`: at least 48 bytes; the last 16 serve as the nonce of 10.1.2.3. */
export function seedRandom(entropy: usize, len: i32, installation: usize): void {
  const end = ascii(PERSONALISATION, 'tapseal vse drbg v1');
  memory.copy(end, installation, 16);
  drbgInstantiate(
    STATE,
    entropy,
    len - 16,
    entropy + <usize>(len - 16),
    16,
    PERSONALISATION,
    <i32>(end - PERSONALISATION) + 16,
  );
}

export function reseedRandom(seed: usize, len: i32): void {
  drbgReseed(STATE, seed, len, 0, 0);
}

/** At most 65,536 bytes a call (SP 800-90A table 2). The reseed interval is far beyond what one boot can ask. */
export function randomBytes(out: usize, len: i32): void {
  if (!drbgGenerate(STATE, out, len, 0, 0)) unreachable();
}

export function eraseRandom(): void {
  memory.fill(STATE, 0, DRBG_STATE_SIZE);
}
