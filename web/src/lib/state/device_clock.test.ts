// A clock that is off is told once, one that is right never, however long an answer takes.
import { describe, expect, it } from 'vitest';
import { DeviceClock } from './device_clock.svelte';

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);
const DATE = new Date(NOW).toUTCString();
const HOUR = 3_600_000;

function clockHearing(date: string | null, askedAt: number, cameAt = askedAt): DeviceClock {
  const clock = new DeviceClock();
  clock.heard(date, askedAt, cameAt);
  return clock;
}

describe('a clock', () => {
  it.each([
    ['ahead', HOUR, HOUR - 1000],
    ['behind', -HOUR, -HOUR],
  ])('that is %s', (_, off, told) => {
    expect(clockHearing(DATE, NOW + off).off).toBe(told);
  });

  it.each([0, 400, -400, 55_000, -55_000])('that is right but for %i ms', (off) => {
    expect(clockHearing(DATE, NOW + off).off).toBeNull();
  });

  it('that is right, while the answer took its time', () => {
    expect(clockHearing(DATE, NOW - 5 * 60_000, NOW).off).toBeNull();
    expect(clockHearing(DATE, NOW, NOW + 5 * 60_000).off).toBeNull();
  });

  it.each([null, '', 'yesterday'])('of which %j tells nothing', (date) => {
    expect(clockHearing(date, NOW + HOUR).off).toBeNull();
  });

  it('that is put right is no longer told of', () => {
    const clock = clockHearing(DATE, NOW + HOUR);
    clock.heard(DATE, NOW, NOW);
    expect(clock.off).toBeNull();
  });

  it('is told of once, until it was right in between', () => {
    const clock = clockHearing(DATE, NOW + HOUR);
    clock.dismiss();
    clock.heard(DATE, NOW + HOUR, NOW + HOUR);
    expect(clock.off).toBeNull();
    clock.heard(DATE, NOW, NOW);
    clock.heard(DATE, NOW - HOUR, NOW - HOUR);
    expect(clock.off).toBe(-HOUR);
  });
});
