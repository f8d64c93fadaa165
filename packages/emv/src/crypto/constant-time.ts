/** Comparison and erasure of secrets. */
import { timingSafeEqual } from 'node:crypto';

/** Equality whose time depends on the lengths alone; lengths of MACs are public. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Overwrites key bytes. JavaScript may hold copies that nobody can reach (a moved buffer, a key object before its
 * collection, a register): this shortens the life of a key in memory, it does not promise its end.
 */
export function wipe(...keys: readonly Uint8Array[]): void {
  for (const key of keys) key.fill(0);
}
