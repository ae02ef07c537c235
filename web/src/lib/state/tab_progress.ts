// How far someone has come on a way of several steps, kept by the tab: phones drop a page while its owner reads a mail or opens the authenticator.
import * as v from 'valibot';
import type { TabStorage } from './kept_open';

/** `until`: milliseconds since 1970; later the server has forgotten it. */
export class TabProgress<P extends { until: number }> {
  #name: string;
  #schema: v.GenericSchema<unknown, P>;

  constructor(name: string, schema: v.GenericSchema<unknown, P>) {
    this.#name = name;
    this.#schema = schema;
  }

  keep(tab: TabStorage, progress: P | null): void {
    if (progress === null) tab?.removeItem(this.#name);
    else tab?.setItem(this.#name, JSON.stringify(progress));
  }

  find(tab: TabStorage, now: number): P | null {
    const text = tab?.getItem(this.#name);
    if (!text) return null;
    try {
      const progress = v.parse(this.#schema, JSON.parse(text));
      return progress.until > now ? progress : null;
    } catch {
      return null;
    }
  }
}
