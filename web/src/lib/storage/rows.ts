// What this browser keeps, as rows by store and key; the disk and, where there is none, memory implement it alike.

export const STORES = ['meta', 'chats', 'turns', 'drafts', 'outbox'] as const;
export type StoreName = (typeof STORES)[number];

export interface Rows {
  get(store: StoreName, key: string): Promise<unknown>;
  /** In the order of their keys; `prefix` limits them to keys that begin with it. */
  entries(store: StoreName, prefix?: string): Promise<[key: string, value: unknown][]>;
  /** With `unless`, an existing row for which it is true stays; both happen in one transaction. */
  put(store: StoreName, key: string, value: unknown, unless?: (existing: unknown) => boolean): Promise<void>;
  delete(store: StoreName, key: string): Promise<void>;
  deleteAll(store: StoreName, prefix?: string): Promise<void>;
  close(): void;
}

/** The keys that begin with `prefix` are those from it up to this. */
export function endOf(prefix: string): string {
  return `${prefix}\uffff`;
}
