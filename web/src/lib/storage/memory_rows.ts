// Rows for a browser that keeps nothing (private mode, storage switched off): they last as long as the page.
import { STORES, type Rows, type StoreName } from './rows';

export class MemoryRows implements Rows {
  #stores = new Map<StoreName, Map<string, unknown>>(STORES.map((name) => [name, new Map()]));

  async get(store: StoreName, key: string): Promise<unknown> {
    return this.#store(store).get(key);
  }

  async entries(store: StoreName, prefix = ''): Promise<[string, unknown][]> {
    return [...this.#store(store)]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async put(
    store: StoreName,
    key: string,
    value: unknown,
    unless?: (existing: unknown) => boolean,
  ): Promise<void> {
    const rows = this.#store(store);
    if (unless && rows.has(key) && unless(rows.get(key))) return;
    rows.set(key, value);
  }

  async delete(store: StoreName, key: string): Promise<void> {
    this.#store(store).delete(key);
  }

  async deleteAll(store: StoreName, prefix = ''): Promise<void> {
    const rows = this.#store(store);
    for (const key of [...rows.keys()]) if (key.startsWith(prefix)) rows.delete(key);
  }

  close(): void {
    for (const rows of this.#stores.values()) rows.clear();
  }

  #store(name: StoreName): Map<string, unknown> {
    const found = this.#stores.get(name);
    if (!found) throw new Error(`no store ${name}`);
    return found;
  }
}
