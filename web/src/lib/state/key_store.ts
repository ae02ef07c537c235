// Where this browser keeps who is signed in and how its keys come open; a database of its own, apart from all content.
import { deleteDB, openDB, type IDBPDatabase } from 'idb';
import type { Pins, StoreKey } from '$lib/crypto';
import type { WrappedKeys } from '$lib/wire/http';

type Bytes = Uint8Array<ArrayBuffer>;

export interface AccountName {
  id: string;
  email: string;
}

/** Signed out, but its chats are still kept here, sealed. */
export interface LeftBehind extends AccountName {
  /** Whoever signed in after has been asked, and chose to keep them. */
  accepted: boolean;
}

/** Nothing secret: what an offline unlock needs besides the password. */
export interface KnownAccount extends AccountName {
  sessionId: string;
  /** Unix seconds, the server's. */
  rotateAt: number;
  staySignedIn: boolean;
  /** The server has ended the session. */
  ended?: true;
  salt: string;
  kdfProfile: number;
  wrapped: WrappedKeys;
}

/** The master key of someone who stays signed in: usable here, but no script can read it out. */
export interface KeptMaster {
  account: string;
  epoch: number;
  key: CryptoKey;
  signingPublicKey: Bytes;
}

/** The master key under a secret that only the open tabs know. */
export interface SealedMaster {
  account: string;
  epoch: number;
  iv: Bytes;
  sealed: Bytes;
  signingPublicKey: Bytes;
}

/** Nothing secret: the account's public signing key before, and the one made to follow it once that was sent. */
export interface BegunSecuring {
  before: string;
  made: string | null;
}

export interface KeyRecords {
  account: KnownAccount;
  kept_master: KeptMaster;
  sealed_master: SealedMaster;
  /** By account id: the highest epoch seen here. Outlives signing out, so that nobody can roll it back. */
  lowest_epochs: Record<string, number>;
  /** By account id: what was seen of its keys. Outlives signing out as well. */
  pins: Record<string, Pins>;
  /** By account id: how the key to its rows on this device comes open. */
  store_keys: Record<string, StoreKey>;
  /** By account id: this browser's own signing key, which no script can read. Outlives signing out: it is the same device then. */
  device_keys: Record<string, CryptoKeyPair>;
  left_behind: LeftBehind[];
  /** Recovery key and backup codes that the person has not said to have saved, under the device key. */
  unsaved_secrets: { account: string; sealed: Bytes };
  /** By account id: its securing was begun here, and wasn't seen to its end. */
  begun_securing: Record<string, BegunSecuring>;
  /** Signed out while offline: the server is still to be told. */
  logout_owed: true;
}

export interface KeyStore {
  /** False if what is put here ends with the page. */
  readonly lasting: boolean;
  get<Name extends keyof KeyRecords>(name: Name): Promise<KeyRecords[Name] | undefined>;
  /** All or nothing; an undefined record is removed. */
  put(records: Changes): Promise<void>;
}

const DATABASE = 'sealmate-keys';
const STORE = 'records';

type Changes = { [Name in keyof KeyRecords]?: KeyRecords[Name] | undefined };

export class MemoryKeyStore implements KeyStore {
  readonly lasting = false;
  #records = new Map<string, unknown>();

  get<Name extends keyof KeyRecords>(name: Name): Promise<KeyRecords[Name] | undefined> {
    return Promise.resolve(this.#records.get(name) as KeyRecords[Name] | undefined);
  }

  put(records: Changes): Promise<void> {
    for (const [name, record] of Object.entries(records)) this.#records.set(name, record);
    return Promise.resolve();
  }
}

/** What the disk has no room for is kept in memory: better signed in until the page closes than not at all. */
class DiskKeyStore implements KeyStore {
  lasting = true;
  #db: IDBPDatabase;
  #unwritten = new Map<string, unknown>();

  constructor(db: IDBPDatabase) {
    this.#db = db;
  }

  get<Name extends keyof KeyRecords>(name: Name): Promise<KeyRecords[Name] | undefined> {
    const record = this.#unwritten.has(name)
      ? Promise.resolve(this.#unwritten.get(name))
      : this.#db.get(STORE, name);
    return record as Promise<KeyRecords[Name] | undefined>;
  }

  async put(records: Changes): Promise<void> {
    const all = { ...Object.fromEntries(this.#unwritten), ...records };
    try {
      await this.#write(all);
      this.#unwritten.clear();
      this.lasting = true;
    } catch {
      this.#unwritten = new Map(Object.entries(all));
      this.lasting = false;
    }
  }

  async #write(records: Record<string, unknown>): Promise<void> {
    const change = this.#db.transaction(STORE, 'readwrite');
    const writes = Object.entries(records).map(([name, record]) =>
      record === undefined ? change.store.delete(name) : change.store.put(record, name),
    );
    await Promise.all([...writes, change.done]);
  }
}

/** In memory where the browser keeps nothing, as some private windows do. */
export async function openKeyStore(): Promise<KeyStore> {
  try {
    return new DiskKeyStore(await open().catch(openAnew));
  } catch {
    return new MemoryKeyStore();
  }
}

async function open(): Promise<IDBPDatabase> {
  const db = await openDB(DATABASE, 1, {
    upgrade: (created) => void created.createObjectStore(STORE),
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
  await db.count(STORE); // a damaged database opens, and fails when it is used
  return db;
}

/** Nothing here is the only copy: signing in brings it back. A newer app's database is left alone. */
async function openAnew(error: unknown): Promise<IDBPDatabase> {
  if (error instanceof DOMException && error.name === 'VersionError') throw error;
  await deleteDB(DATABASE);
  return open();
}
