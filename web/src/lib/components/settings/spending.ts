// Adds up what was charged on each of the last days, by the calendar of this device.
import type { LedgerRowReply } from '$lib/wire/http';

export interface DaySum {
  date: Date;
  credits: number;
}

/** Oldest day first; days without a charge are there with 0. */
export function spentPerDay(rows: readonly LedgerRowReply[], now: Date, days: number): DaySum[] {
  const sums = Array.from({ length: days }, (_, index): DaySum => {
    const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1 - index));
    return { date, credits: 0 };
  });
  for (const row of rows) {
    if (row.kind !== 'charge') continue;
    const at = row.at * 1000;
    const day = sums.findLast(({ date }) => date.getTime() <= at);
    if (day !== undefined) day.credits += Math.abs(row.credits);
  }
  return sums;
}

/** Whether the rows at hand reach back to the first of these days. */
export function reachesBack(rows: readonly LedgerRowReply[], days: readonly DaySum[]): boolean {
  const oldest = rows.at(-1)?.at ?? Infinity;
  const first = days[0]?.date.getTime() ?? 0;
  return oldest * 1000 < first;
}
