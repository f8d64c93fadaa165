// Names of the kernel's status words: assembly/kernel/status.ts has the values, a test keeps the two equal.

export const OK = 0;
export const PERSIST_FIRST = 1;

export const KERNEL_REFUSALS: Readonly<Record<number, string>> = {
  256: 'not_ready',
  257: 'already_booted',
  258: 'commit_pending',
  259: 'poisoned',
  260: 'unknown_command',
  261: 'malformed',
  262: 'commit_mismatch',
  263: 'entropy_missing',
  264: 'state_malformed',
  265: 'state_not_authentic',
  266: 'storage_full',
  267: 'unknown_trusted_app',
  268: 'unknown_session',
  269: 'issuer_only',
  270: 'trusted_app_panicked',
  272: 'certificate_malformed',
  273: 'certificate_untrusted',
  274: 'not_enrolled',
  275: 'already_enrolled',
  276: 'bundle_malformed',
  277: 'bundle_not_for_this_device',
  278: 'bundle_out_of_order',
  279: 'bundle_not_authentic',
  280: 'bundle_key_unknown',
  281: 'bundle_not_decrypted',
  282: 'bundle_record_unknown',
  283: 'policy_rolled_back',
  284: 'certificate_not_valid_now',
  511: 'tee_failure',
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
