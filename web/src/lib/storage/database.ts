// The one door to what this browser keeps: opens the disk once, falls back to memory, and tells what went wrong.
import { discardDisk, openDisk } from './disk_rows';
import { MemoryRows } from './memory_rows';
import { STORES, type Rows } from './rows';

export type { Rows, StoreName } from './rows';

export type StorageTrouble =
  | 'storage_unavailable' // no IndexedDB: nothing outlives the page
  | 'storage_reset' // the database was beyond repair and began anew
  | 'storage_repaired' // a record was damaged; it was dropped and is pulled again
  | 'storage_full'
  | 'storage_failed' // a write failed for another reason
  | 'newer_version'; // another tab runs a newer app and needs the database

let opened: Promise<Rows> | null = null;
const listeners = new Set<(trouble: StorageTrouble) => void>();

/** The same rows for everyone; opened on first use. */
export function openRows(): Promise<Rows> {
  opened ??= openOrMakeDo();
  return opened;
}

/** The same as an object, for those who begin before it is open; one that was lost is opened anew. */
export const rows: Rows = {
  get: async (store, key) => (await openRows()).get(store, key),
  entries: async (store, prefix) => (await openRows()).entries(store, prefix),
  put: async (store, key, value, unless) => (await openRows()).put(store, key, value, unless),
  delete: async (store, key) => (await openRows()).delete(store, key),
  deleteAll: async (store, prefix) => (await openRows()).deleteAll(store, prefix),
  close: () => void openRows().then((opened) => opened.close()),
};

export function onTrouble(listener: (trouble: StorageTrouble) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellTrouble(trouble: StorageTrouble): void {
  for (const listener of listeners) listener(trouble);
}

/** Forgets all that is kept of one account; every key begins with its id. */
export async function forgetAccount(account: string): Promise<void> {
  for (const store of STORES) await rows.deleteAll(store, `${account}/`);
}

export function isQuota(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError';
}

const watch = {
  overtaken(): void {
    tellTrouble('newer_version');
  },
  lost(): void {
    opened = null;
    tellTrouble('storage_reset');
  },
};

/** The disk if there is one, a new one if it is beyond repair, else memory. */
export async function openOrMakeDo(name?: string): Promise<Rows> {
  if (typeof indexedDB === 'undefined') return without();
  try {
    // What fails once may be a passing fault; what is given up is lost.
    return await openDisk(watch, name).catch(() => openDisk(watch, name));
  } catch (error) {
    return recover(error, name);
  }
}

async function recover(error: unknown, name?: string): Promise<Rows> {
  if (error instanceof Error && error.name === 'VersionError') {
    tellTrouble('newer_version');
    return new MemoryRows();
  }
  try {
    await discardDisk(name);
    const fresh = await openDisk(watch, name);
    tellTrouble('storage_reset');
    return fresh;
  } catch {
    return without();
  }
}

function without(): Rows {
  tellTrouble('storage_unavailable');
  return new MemoryRows();
}
