// What this device signs next: the answer to a signed request brings a nonce, and where none is in hand one is asked for.

/** The server takes it for two minutes, and once. */
const GOOD_FOR_MS = 100_000;

interface Held {
  nonce: string;
  until: number;
}

export class Nonces {
  #ask: () => Promise<string | null>;
  #now: () => number;
  #next: Promise<Held | null> | null = null;

  constructor(ask: () => Promise<string | null>, now: () => number = Date.now) {
    this.#ask = ask;
    this.#now = now;
  }

  /** What an answer brought, if anything. */
  note(nonce: string | null): void {
    if (nonce !== null) this.#next = Promise.resolve(this.#held(nonce));
  }

  /** Asks ahead, if none is in hand. */
  expect(): void {
    this.#next ??= this.#asked();
  }

  /** For one request; null if there is none to be had, and the server is to say what it wants signed. */
  async take(): Promise<string | null> {
    const next = this.#next;
    this.#next = null;
    const held = await next;
    if (held && this.#now() < held.until) return held.nonce;
    return (await this.#asked())?.nonce ?? null;
  }

  async #asked(): Promise<Held | null> {
    const nonce = await this.#ask();
    return nonce === null ? null : this.#held(nonce);
  }

  #held(nonce: string): Held {
    return { nonce, until: this.#now() + GOOD_FOR_MS };
  }
}
