// Time that stands still until a test lets it pass.
import type { Clock } from '../connection';

export class FakeClock implements Clock {
  #now = 1_790_000_000_000;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** How long is still waited for everything that is to come. */
  get waits(): number[] {
    return this.#timers.map((timer) => timer.at - this.#now);
  }

  /** Lets so much time pass, and everything happen that is due in it. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await settle();
      const due = this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = until;
    await settle();
  }
}

/** Lets what is ready go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until something holds: sealing and opening happen on other threads, at their own speed. */
export async function until(holds: () => void | Promise<void>): Promise<void> {
  for (let patience = 5000; ; patience -= 1) {
    try {
      return await holds();
    } catch (error) {
      if (patience === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  }
}
