/**
 * Time as an argument: only the composition roots hold a real clock, so that a test can wait a minute in no time.
 */

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  nowMs(): number;
  /** Runs once after this many milliseconds, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
}

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** Date and time digits at an offset from UTC: what goes into 9A, 9F21, DE 7, 12 and 13. */
export interface DateDigits {
  readonly year: string;
  /** YYMMDD */
  readonly yymmdd: string;
  readonly mmdd: string;
  readonly hhmmss: string;
  /** Day of the year, three digits. */
  readonly dayOfYear: string;
}

export function dateDigits(nowMs: number, offsetMinutes: number): DateDigits {
  const shifted = new Date(nowMs + offsetMinutes * 60_000);
  const text = shifted.toISOString(); // 2026-11-23T20:13:07.000Z
  const year = text.slice(0, 4);
  const mmdd = text.slice(5, 7) + text.slice(8, 10);
  const day = Math.floor((shifted.getTime() - Date.UTC(shifted.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  return {
    year,
    mmdd,
    yymmdd: year.slice(2) + mmdd,
    hhmmss: text.slice(11, 13) + text.slice(14, 16) + text.slice(17, 19),
    dayOfYear: String(day).padStart(3, '0'),
  };
}
