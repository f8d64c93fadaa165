/**
 * Terminal verification results (tag 95), EMV 4.4 Book 3 Annex C5: the bits that a contactless kernel sets.
 */

type Bit = readonly [byte: number, bit: number];

export const TVR_BITS = {
  offline_data_authentication_not_performed: [1, 8],
  icc_data_missing: [1, 6],
  application_versions_differ: [2, 8],
  expired_application: [2, 7],
  application_not_yet_effective: [2, 6],
  service_not_allowed: [2, 5],
  cardholder_verification_not_successful: [3, 8],
  unrecognised_cvm: [3, 7],
  online_cvm_captured: [3, 3],
  floor_limit_exceeded: [4, 8],
} as const satisfies Record<string, Bit>;

export type TvrBit = keyof typeof TVR_BITS;

export const TVR_BYTES = 5;

/** A new TVR with these bits set too. */
export function withTvrBits(tvr: Uint8Array, bits: readonly TvrBit[]): Uint8Array {
  const next = tvr.slice();
  for (const name of bits) {
    const [byte, bit] = TVR_BITS[name];
    next[byte - 1]! |= 1 << (bit - 1);
  }
  return next;
}

/** The names of the bits that are set, in the order of Annex C5. */
export function tvrBitNames(tvr: Uint8Array): TvrBit[] {
  const names = Object.keys(TVR_BITS) as TvrBit[];
  return names.filter((name) => {
    const [byte, bit] = TVR_BITS[name];
    return ((tvr[byte - 1] ?? 0) & (1 << (bit - 1))) !== 0;
  });
}
