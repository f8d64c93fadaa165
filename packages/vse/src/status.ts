// Names of the kernel's status words: assembly/kernel/status.ts has the values, a test keeps the two equal.

export const OK = 0;
export const PERSIST_FIRST = 1;

export const KERNEL_REFUSALS: Readonly<Record<number, string>> = {
  0x100: 'not_ready',
  0x101: 'already_booted',
  0x102: 'commit_pending',
  0x103: 'poisoned',
  0x104: 'unknown_command',
  0x105: 'malformed',
  0x106: 'commit_mismatch',
  0x107: 'entropy_missing',
  0x108: 'state_malformed',
  0x109: 'state_not_authentic',
  0x10a: 'storage_full',
  0x10b: 'unknown_trusted_app',
  0x10c: 'unknown_session',
  0x10d: 'issuer_only',
  0x10e: 'trusted_app_panicked',
  0x110: 'certificate_malformed',
  0x111: 'certificate_untrusted',
  0x112: 'not_enrolled',
  0x113: 'already_enrolled',
  0x114: 'bundle_malformed',
  0x115: 'bundle_not_for_this_device',
  0x116: 'bundle_out_of_order',
  0x117: 'bundle_not_authentic',
  0x118: 'bundle_key_unknown',
  0x119: 'bundle_not_decrypted',
  0x11a: 'bundle_record_unknown',
  0x11b: 'policy_rolled_back',
  0x1ff: 'tee_failure',
};

/** A refusal by the kernel, by a trusted application, or by the store that the host keeps for them. */
export class VseRefusal extends Error {
  override readonly name = 'VseRefusal';
  /** The status word; 0 where the host refused before the kernel was asked. */
  readonly status: number;
  /** Its name, e.g. `wallet_locked`. */
  readonly reason: string;

  constructor(status: number, reason: string, options?: ErrorOptions) {
    super(`the secure element refused: ${reason}`, options);
    this.status = status;
    this.reason = reason;
  }
}
