// Rows on this device's disk, in IndexedDB.
import { deleteDB, openDB, type IDBPDatabase } from 'idb';
import { endOf, STORES, type Rows, type StoreName } from './rows';

const NAME = 'sealmate';
/** Grows with the stores; a browser that meets a higher one runs an older app. */
const VERSION = 1;

export interface Watch {
  /** A newer version of the app, in another tab, needs the database: this one has let go of it. */
  overtaken(): void;
  /** The browser closed the database under us. */
  lost(): void;
}

export async function openDisk(watch: Watch, name = NAME): Promise<Rows> {
  const database = await open(watch, name);
  const missing = STORES.some((store) => !database.objectStoreNames.contains(store));
  if (!missing) return new DiskRows(database);
  database.close();
  await deleteDB(name);
  return new DiskRows(await open(watch, name));
}

/** For a database that can't be opened any more: what is in it can be pulled again. */
export async function discardDisk(name = NAME): Promise<void> {
  await deleteDB(name);
}

async function open(watch: Watch, name: string): Promise<IDBPDatabase> {
  return openDB(name, VERSION, {
    upgrade(database) {
      for (const store of STORES) {
        if (!database.objectStoreNames.contains(store)) database.createObjectStore(store);
      }
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      watch.overtaken();
    },
    terminated: () => watch.lost(),
  });
}

class DiskRows implements Rows {
  constructor(private readonly database: IDBPDatabase) {}

  get(store: StoreName, key: string): Promise<unknown> {
    return this.database.get(store, key);
  }

  async entries(store: StoreName, prefix = ''): Promise<[string, unknown][]> {
    const range = prefix === '' ? null : IDBKeyRange.bound(prefix, endOf(prefix));
    const transaction = this.database.transaction(store);
    const [keys, values] = await Promise.all([
      transaction.store.getAllKeys(range),
      transaction.store.getAll(range),
    ]);
    return keys.map((key, index) => [String(key), values[index]]);
  }

  async put(
    store: StoreName,
    key: string,
    value: unknown,
    unless?: (existing: unknown) => boolean,
  ): Promise<void> {
    const transaction = this.database.transaction(store, 'readwrite');
    const existing: unknown = unless ? await transaction.store.get(key) : undefined;
    if (existing === undefined || !unless?.(existing)) await transaction.store.put(value, key);
    await transaction.done;
  }

  delete(store: StoreName, key: string): Promise<void> {
    return this.database.delete(store, key);
  }

  async deleteAll(store: StoreName, prefix = ''): Promise<void> {
    if (prefix === '') await this.database.clear(store);
    else await this.database.delete(store, IDBKeyRange.bound(prefix, endOf(prefix)));
  }

  close(): void {
    this.database.close();
  }
}
