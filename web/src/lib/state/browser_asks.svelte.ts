// Whether the browser asks for a passkey or a security key just now: then the page, too, offers the way out.

class BrowserAsks {
  /** One may begin before another that it ends is over. */
  #open = $state(0);

  get now(): boolean {
    return this.#open > 0;
  }

  async during<T>(ceremony: Promise<T>): Promise<T> {
    this.#open += 1;
    try {
      return await ceremony;
    } finally {
      this.#open -= 1;
    }
  }
}

export const browserAsks = new BrowserAsks();
