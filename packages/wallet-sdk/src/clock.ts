// Time as an argument: the host gives the wallet a clock, a test gives it one that it turns by hand.

export interface Clock {
  /** Wall clock, milliseconds since 1970. A claim of the device: nothing that protects keys believes it. */
  nowMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
