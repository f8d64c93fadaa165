// What a bank decides about authorisation once, for all tokens. What differs by token stands in its row.

export type DecisionSettings = {
  /** Deferred taps: now − 9A at most, in days. docs/profiles.md §6 */
  readonly deferredDaysMax: number;
  /** 9A ahead of now at most, in days: the terminal's clock and zone are its own. */
  readonly aheadDaysMax: number;
  /** The bank's calendar: day limits and 9A are counted in it. */
  readonly utcOffsetMinutes: number;
  /** Approved taps of a token within the window, at most. */
  readonly velocityWindowMs: number;
  readonly velocityMax: number;
};

export const DEFAULT_SETTINGS: DecisionSettings = {
  deferredDaysMax: 7,
  aheadDaysMax: 1,
  utcOffsetMinutes: 480,
  velocityWindowMs: 60_000,
  velocityMax: 30,
};
