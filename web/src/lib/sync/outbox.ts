// What waits to be done at the server: kept across reloads, done in order and once, by one tab at a time.
import type { Errand } from '$lib/storage/kept';

/** `later`: there is no way to the server now. `blocked`: this chat's errands wait for something; others go on. */
export type Done = 'done' | 'later' | 'blocked';

export interface OutboxParts {
  kept(): Promise<Errand[]>;
  keep(errand: Errand): Promise<boolean>;
  drop(id: string): Promise<void>;
  /** Runs the work while no other tab of this browser does. */
  alone(work: () => Promise<void>): Promise<void>;
  perform(errand: Errand): Promise<Done>;
  changed(errands: readonly Errand[]): void;
}

export class Outbox {
  #errands: readonly Errand[] = [];
  /** Those that are being kept, or could not be and live as long as the page. */
  #fleeting = new Map<string, Errand>();
  /** A list that was read a moment ago may still hold them. */
  #dropped = new Set<string>();
  #draining: Promise<void> | null = null;
  #again = false;

  constructor(private readonly parts: OutboxParts) {}

  get errands(): readonly Errand[] {
    return this.#errands;
  }

  async load(): Promise<void> {
    const before = new Set(this.#errands.map((errand) => errand.id));
    const all = new Map(this.#fleeting);
    for (const errand of await this.parts.kept()) all.set(errand.id, errand);
    // What was added while they were read may not be among them.
    for (const errand of this.#errands) if (!before.has(errand.id)) all.set(errand.id, errand);
    const left = [...all.values()].filter((errand) => !this.#dropped.has(errand.id));
    this.#show(left.sort((a, b) => (a.id < b.id ? -1 : 1)));
  }

  async add(errand: Errand): Promise<void> {
    this.#fleeting.set(errand.id, errand);
    this.#show([...this.#errands, errand]);
    if (await this.parts.keep(errand)) this.#fleeting.delete(errand.id);
  }

  async drop(id: string): Promise<void> {
    this.#fleeting.delete(id);
    this.#dropped.add(id);
    this.#show(this.#errands.filter((errand) => errand.id !== id));
    await this.parts.drop(id);
  }

  /** Does what can be done now. Called again while it runs, it looks once more at the end. */
  drain(): Promise<void> {
    this.#again = true;
    this.#draining ??= this.parts
      .alone(() => this.#work())
      .finally(() => {
        this.#draining = null;
        if (this.#again) void this.drain();
      });
    return this.#draining;
  }

  async #work(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      // Another tab may have done some of it, or added to it.
      await this.load();
      if (!(await this.#pass())) return;
    }
  }

  async #pass(): Promise<boolean> {
    const blocked = new Set<string>();
    for (const errand of this.#errands) {
      if (blocked.has(errand.chatId) || !this.#errands.some((each) => each.id === errand.id)) continue;
      const done = await this.parts.perform(errand);
      if (done === 'later') return false;
      if (done === 'blocked') blocked.add(errand.chatId);
      else await this.drop(errand.id);
    }
    return true;
  }

  #show(errands: readonly Errand[]): void {
    this.#errands = errands;
    this.parts.changed(errands);
  }
}
