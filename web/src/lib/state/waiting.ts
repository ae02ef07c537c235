// A moment that any number of callers wait for, and that comes, or fails, for all of them at once.

export class Waiting {
  #waiters = new Set<{ resolve: () => void; reject: (error: Error) => void }>();

  /** Fails after `longestMs`, if that is given. */
  wait(longestMs?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      this.#waiters.add(waiter);
      if (longestMs === undefined) return;
      setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error('nothing came in time'));
      }, longestMs);
    });
  }

  done(): void {
    for (const waiter of this.#take()) waiter.resolve();
  }

  fail(error: Error): void {
    for (const waiter of this.#take()) waiter.reject(error);
  }

  #take() {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    return waiters;
  }
}
