// What the bars of the usage page show: which day a charge falls on, and whether all charges of these days are known.
import { expect, it } from 'vitest';
import type { LedgerRowReply } from '$lib/wire/http';
import { reachesBack, spentPerDay } from './spending';

const now = new Date(2026, 10, 23, 9, 30);
const row = (date: Date, credits: number, kind: 'charge' | 'grant' = 'charge'): LedgerRowReply => ({
  ...{ row_id: 'r', kind, credits, at: date.getTime() / 1000 },
  ...{ turn_id: null, model: null, input_tokens: null, output_tokens: null },
});

it('a charge counts for the day it was made on here, and a grant is no spending', () => {
  const rows = [
    row(new Date(2026, 10, 23, 9), 2),
    row(new Date(2026, 10, 23, 0, 0), 3),
    row(new Date(2026, 10, 22, 23, 59, 59), 5),
    row(new Date(2026, 10, 21, 12), 1000, 'grant'),
    row(new Date(2026, 10, 20, 23, 59, 59), 7),
  ];
  const days = spentPerDay(rows, now, 3);
  expect(days.map((day) => [day.date.getDate(), day.credits])).toEqual([
    [21, 0],
    [22, 5],
    [23, 5],
  ]);
});

it('a charge counts as spent however its sign is written, and one of a clock ahead counts for today', () => {
  const days = spentPerDay([row(new Date(2026, 10, 24), -4)], now, 2);
  expect(days.map((day) => day.credits)).toEqual([0, 4]);
});

it('rows reach back only when one is older than the first day', () => {
  const days = spentPerDay([], now, 3);
  expect(reachesBack([row(new Date(2026, 10, 21, 1), 1)], days)).toBe(false);
  expect(reachesBack([row(new Date(2026, 10, 20, 23), 1)], days)).toBe(true);
  expect(reachesBack([], days)).toBe(false);
});
