// What opens the rows a browser keeps of its own: made once, and handed on from one master key to the next.
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { derive, importAesKey, KEY_BYTES } from './keys';
import { openLocal, sealLocal } from './local';
import { DEVICE_STORE, type MasterKey } from './masters';
import { openDeviceLink } from './rotation';
import type { WrappedLink } from './wrapped';

/**
 * `sealed`: the store's key under the device key of `epoch`; null as long as it is that very key. Nothing of it leaves the device, and rows
 * stay as they are when the master key turns.
 */
export interface StoreKey {
  readonly epoch: number;
  readonly sealed: Bytes | null;
}

/** For AES-GCM, not extractable. */
export async function openStoreKey(account: string, master: MasterKey, kept: StoreKey): Promise<CryptoKey> {
  if (kept.epoch !== master.epoch) throw new CryptoError('wrong_epoch');
  const bytes = await opened(account, await derive(master.key, DEVICE_STORE), kept);
  const key = await importAesKey(bytes);
  wipe(bytes);
  return key;
}

/** From the epoch that is left to the one that follows. */
export async function handOnStoreKey(of: {
  account: string;
  old: MasterKey;
  master: MasterKey;
  kept: StoreKey;
}): Promise<StoreKey> {
  if (of.kept.epoch !== of.old.epoch) throw new CryptoError('wrong_epoch');
  return handedOn(of, await derive(of.old.key, DEVICE_STORE));
}

/** Without the master key of before: by the link from the epoch just before. */
export async function reachStoreKey(of: {
  account: string;
  link: WrappedLink;
  master: MasterKey;
  kept: StoreKey;
}): Promise<StoreKey> {
  const { account, link, master, kept } = of;
  if (link.statement.epoch !== master.epoch || kept.epoch !== master.epoch - 1) {
    throw new CryptoError('link_missing');
  }
  return handedOn(of, await openDeviceLink(account, link, master));
}

async function handedOn(
  of: { account: string; master: MasterKey; kept: StoreKey },
  deviceKeyBefore: Bytes,
): Promise<StoreKey> {
  const bytes = await opened(of.account, deviceKeyBefore, of.kept);
  const deviceKey = await derive(of.master.key, DEVICE_STORE);
  const sealed = await sealLocal(await importAesKey(deviceKey), nameOf(of.account), toBase64url(bytes));
  wipe(bytes, deviceKey);
  return { epoch: of.master.epoch, sealed };
}

async function opened(account: string, deviceKey: Bytes, kept: StoreKey): Promise<Bytes> {
  if (kept.sealed === null) return deviceKey;
  const content = await openLocal(await importAesKey(deviceKey), nameOf(account), kept.sealed);
  wipe(deviceKey);
  const bytes = typeof content === 'string' ? fromBase64url(content) : new Uint8Array();
  if (bytes.length !== KEY_BYTES) throw new CryptoError('bad_content');
  return bytes;
}

function nameOf(account: string): string {
  return `store key/${account}`;
}
