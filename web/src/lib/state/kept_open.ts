// Keeps the master key beyond a refresh: for good if the person stays signed in, else as long as a tab is open.
import type { MasterKey, Opened } from '$lib/crypto';
import type { KeyStore } from './key_store';

type Bytes = Uint8Array<ArrayBuffer>;
/** What an open tab holds besides its page: sessionStorage, or nothing where that is blocked. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null;
type ImportMasterKey = (bytes: Bytes, epoch: number) => Promise<MasterKey>;

const TAB_SECRET = 'sealmate.tab';

export class KeptOpen {
  #keys: KeyStore;
  #tab: TabStorage;
  #importMasterKey: ImportMasterKey;

  constructor(keys: KeyStore, tab: TabStorage, importMasterKey: ImportMasterKey) {
    this.#keys = keys;
    this.#tab = tab;
    this.#importMasterKey = importMasterKey;
  }

  /** As text, for the other tabs of this browser. */
  get tabSecret(): string | null {
    return this.#tab?.getItem(TAB_SECRET) ?? null;
  }

  takeTabSecret(secret: string): void {
    this.#tab?.setItem(TAB_SECRET, secret);
  }

  async keepForGood(account: string, opened: Opened): Promise<void> {
    const { epoch, key } = opened.master;
    this.#tab?.removeItem(TAB_SECRET);
    await this.#keys.put({
      kept_master: { account, epoch, key, signingPublicKey: opened.signingPublicKey },
      sealed_master: undefined,
    });
  }

  /** Through a refresh, and for the tabs that are open at the same time. */
  async keepWhileOpen(account: string, opened: Opened, masterBytes: Bytes): Promise<void> {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const cipher = { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(account) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(cipher, await tabKey(secret), masterBytes));
    const { master, signingPublicKey } = opened;
    this.takeTabSecret(toHex(secret));
    await this.#keys.put({
      sealed_master: { account, epoch: master.epoch, iv, sealed, signingPublicKey },
      kept_master: undefined,
    });
  }

  /** Null if it has to be unlocked. */
  async find(account: string): Promise<Opened | null> {
    const kept = await this.#keys.get('kept_master');
    if (kept?.account === account) {
      return { master: { epoch: kept.epoch, key: kept.key }, signingPublicKey: kept.signingPublicKey };
    }
    const sealed = await this.#keys.get('sealed_master');
    const secret = this.tabSecret;
    if (sealed?.account !== account || secret === null) return null;
    const additionalData = new TextEncoder().encode(account);
    try {
      const cipher = { name: 'AES-GCM', iv: sealed.iv, additionalData };
      const bytes = new Uint8Array(
        await crypto.subtle.decrypt(cipher, await tabKey(fromHex(secret)), sealed.sealed),
      );
      const master = await this.#importMasterKey(bytes, sealed.epoch);
      bytes.fill(0);
      return { master, signingPublicKey: sealed.signingPublicKey };
    } catch {
      return null; // another tab has locked and unlocked since, or the record is damaged: the password opens it
    }
  }

  async forget(): Promise<void> {
    this.#tab?.removeItem(TAB_SECRET);
    await this.#keys.put({ kept_master: undefined, sealed_master: undefined });
  }
}

export function tabStorage(): TabStorage {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null; // blocked together with cookies
  }
}

function tabKey(secret: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

function toHex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
