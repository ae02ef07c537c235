// How far this device's clock is off: each of the server's answers carries a date.

/** Half a minute is what an authenticator's code is good for; a little more is nobody's worry. */
const TOLERATED_MS = 60_000;
/** A date has whole seconds. */
const WHOLE_SECOND_MS = 1000;

export class DeviceClock {
  /** Milliseconds that it is ahead of the server's, less than none if it is behind; null while it is right, or after that was read. */
  off = $state<number | null>(null);
  #read = false;

  /** `date` as an answer tells it, between the times, by this clock, when it was asked for and when it came. */
  heard(date: string | null, askedAt: number, cameAt: number): void {
    const told = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(told)) return;
    const off = offBy(told, askedAt, cameAt);
    if (Math.abs(off) <= TOLERATED_MS) {
      this.off = null;
      this.#read = false;
    } else if (!this.#read) this.off = off;
  }

  /** It isn't told again before the clock was right. */
  dismiss(): void {
    this.off = null;
    this.#read = true;
  }
}

/** However long the answer took, it is that much at least. */
function offBy(told: number, askedAt: number, cameAt: number): number {
  if (askedAt > told + WHOLE_SECOND_MS) return askedAt - told - WHOLE_SECOND_MS;
  return Math.min(0, cameAt - told);
}
