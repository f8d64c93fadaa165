// Days as a bank counts them: 9A is a date without a time or a zone, so it is compared with dates.

export const DAY_MS = 86_400_000;

/** The bank's calendar date at an instant, 'YYYY-MM-DD'. `utcOffsetMinutes`: Singapore is 480. */
export function dateAt(instant: Date, utcOffsetMinutes: number): string {
  return new Date(instant.getTime() + utcOffsetMinutes * 60_000).toISOString().slice(0, 10);
}

/** 9A (n 6, YYMMDD) as 'YYYY-MM-DD'; undefined if there is no such day. EMV 4.4 Book 4 §6.7.3: below 50 is 20xx. */
export function dateOfYymmdd(digits: string): string | undefined {
  if (!/^[0-9]{6}$/.test(digits)) return undefined;
  const year = Number(digits.slice(0, 2));
  const date = `${year < 50 ? 2000 + year : 1900 + year}-${digits.slice(2, 4)}-${digits.slice(4, 6)}`;
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) ? date : undefined;
}

/** Whole days from one date to another; negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}
