// Status words of the kernel's boundary. Each has a name in packages/vse/src/status.ts; a test keeps the two equal.
// 0x000–0x0FF steer the host, 0x100–0x1FF are the kernel's refusals, 0x200–0x2FF a trusted application's.

export const OK: u32 = 0;
/** The next sealed generation lies in the lanes: make it durable, then commit(generation, tag). */
export const PERSIST_FIRST: u32 = 1;

export const NOT_READY: u32 = 0x100;
export const ALREADY_BOOTED: u32 = 0x101;
export const COMMIT_PENDING: u32 = 0x102;
export const POISONED: u32 = 0x103;
export const UNKNOWN_COMMAND: u32 = 0x104;
export const MALFORMED: u32 = 0x105;
export const COMMIT_MISMATCH: u32 = 0x106;
export const ENTROPY_MISSING: u32 = 0x107;
export const STATE_MALFORMED: u32 = 0x108;
/** Wrong device, wrong platform secret, or not the bytes that were sealed: they cannot be told apart. */
export const STATE_NOT_AUTHENTIC: u32 = 0x109;
export const STORAGE_FULL: u32 = 0x10a;
export const UNKNOWN_TRUSTED_APP: u32 = 0x10b;
export const UNKNOWN_SESSION: u32 = 0x10c;
export const ISSUER_ONLY: u32 = 0x10d;
export const TRUSTED_APP_PANICKED: u32 = 0x10e;

export const CERTIFICATE_MALFORMED: u32 = 0x110;
export const CERTIFICATE_UNTRUSTED: u32 = 0x111;
export const NOT_ENROLLED: u32 = 0x112;
export const ALREADY_ENROLLED: u32 = 0x113;
export const BUNDLE_MALFORMED: u32 = 0x114;
export const BUNDLE_NOT_FOR_THIS_DEVICE: u32 = 0x115;
export const BUNDLE_OUT_OF_ORDER: u32 = 0x116;
export const BUNDLE_NOT_AUTHENTIC: u32 = 0x117;
export const BUNDLE_KEY_UNKNOWN: u32 = 0x118;
export const BUNDLE_NOT_DECRYPTED: u32 = 0x119;
export const BUNDLE_RECORD_UNKNOWN: u32 = 0x11a;
export const POLICY_ROLLED_BACK: u32 = 0x11b;
export const CERTIFICATE_NOT_VALID_NOW: u32 = 0x11c;

// The TEE SDK's errors reach the host as this plus nothing else: the detail stays inside.
export const TEE_FAILURE: u32 = 0x1ff;
