// The key to the rows that this browser keeps of an account, found with the master key that is open.
import type * as Crypto from '$lib/crypto';
import type { MasterKey, StoreKey } from '$lib/crypto';
import { WrappedKeys } from '$lib/wire/http';
import type { Api } from './api';
import type { KeyStore } from './key_store';

export interface StoreKeyParts {
  api: Api;
  keys: KeyStore;
  crypto(): Promise<typeof Crypto>;
  forgetAccount(account: string): Promise<void>;
}

/**
 * Rows of an epoch that can't be reached any more are forgotten: the server has the chats. That is so for a browser that was signed out
 * while the key turned more than once.
 */
export async function findStoreKey(
  parts: StoreKeyParts,
  account: string,
  master: MasterKey,
): Promise<CryptoKey> {
  const { keys } = parts;
  const it = await parts.crypto();
  const all = (await keys.get('store_keys')) ?? {};
  let kept = all[account];
  if (kept?.epoch !== master.epoch) {
    if (kept && kept.epoch > master.epoch) throw new it.CryptoError('epoch_rolled_back');
    const reached: StoreKey | null = kept ? await reach(parts, account, master, kept) : null;
    if (kept && !reached) await parts.forgetAccount(account);
    kept = reached ?? { epoch: master.epoch, sealed: null };
    await keys.put({ store_keys: { ...all, [account]: kept } });
  }
  return it.openStoreKey(account, master, kept);
}

/** What is to be kept of all accounts once `master` has followed `old`; another tab may have made it already. */
export async function handOn(
  { keys, crypto }: Pick<StoreKeyParts, 'keys' | 'crypto'>,
  account: string,
  old: MasterKey,
  master: MasterKey,
): Promise<Record<string, StoreKey>> {
  const all = (await keys.get('store_keys')) ?? {};
  const kept = all[account] ?? { epoch: old.epoch, sealed: null };
  if (kept.epoch === master.epoch) return all;
  const { handOnStoreKey } = await crypto();
  return { ...all, [account]: await handOnStoreKey({ account, old, master, kept }) };
}

async function reach(
  { api, crypto }: StoreKeyParts,
  account: string,
  master: MasterKey,
  kept: StoreKey,
): Promise<StoreKey | null> {
  const it = await crypto();
  const { links } = await api.get(WrappedKeys, '/account/keys');
  const link = links.find((each) => each.statement.epoch === master.epoch);
  if (!link) return null;
  try {
    return await it.reachStoreKey({ account, link, master, kept });
  } catch (error) {
    if (error instanceof it.CryptoError && !error.ofTheBrowser) return null;
    throw error;
  }
}
