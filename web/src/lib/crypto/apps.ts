// An app's key, under the master key, and the settings under it: one record for each app of an account.
import { wipe, type Bytes } from './bytes';
import { toBase64url } from '$lib/wire/base64url';
import { readJson, writeJson, type Json } from './content';
import { openWith, seal, type Place } from './envelope';
import { CryptoError } from './errors';
import { importKey, KEY_BYTES, randomBytes } from './keys';
import type { MasterKey } from './masters';

/** Settings outlive the epoch: an app's key is either handed on as it is, or replaced together with them. */
const SETTINGS_EPOCH = 1;

export interface AppKey {
  readonly account: string;
  readonly app: string;
  /** HKDF, not extractable. */
  readonly key: CryptoKey;
}

interface OfApp {
  account: string;
  app: string;
}

export async function makeAppKey(
  of: OfApp & { master: MasterKey },
): Promise<{ key: AppKey; envelope: Bytes }> {
  const { account, app, master } = of;
  const bytes = randomBytes(KEY_BYTES);
  const envelope = await seal(master.key, keyPlace(of, master.epoch), bytes);
  const key = await importKey(bytes);
  wipe(bytes);
  return { key: { account, app, key }, envelope };
}

export async function openAppKey(of: OfApp & { master: MasterKey; envelope: Bytes }): Promise<AppKey> {
  const { account, app } = of;
  const bytes = await openBytes(of, of.master, of.envelope);
  const key = await importKey(bytes);
  wipe(bytes);
  return { account, app, key };
}

/**
 * The same key under another master key. One that doesn't open gives way to a new one: nobody reads what is under it, and it must not keep
 * the master key from turning.
 */
export async function rewrapAppKey(
  of: OfApp & { old: MasterKey; master: MasterKey; envelope: Bytes },
): Promise<Bytes> {
  const bytes = await unlessForeign(openBytes(of, of.old, of.envelope), randomBytes(KEY_BYTES));
  const envelope = await seal(of.master.key, keyPlace(of, of.master.epoch), bytes);
  wipe(bytes);
  return envelope;
}

/**
 * The app as it is stored, under another key: for when somebody else may have the one it had. Whoever had a device could also have left
 * what nobody can open, and must not keep the account from being secured by that: then the app begins without settings.
 */
export async function renewApp(
  of: OfApp & {
    old: MasterKey;
    master: MasterKey;
    stored: { revision: number; key: Bytes; settings: Bytes };
  },
): Promise<{ app: string; revision: number; key: string; settings: string }> {
  const { account, app, old, master, stored } = of;
  const settings = await unlessForeign(readStored(of, old, stored), {});
  const { key, envelope } = await makeAppKey({ account, app, master });
  const sealed = await sealSettings(key, { revision: stored.revision + 1, settings });
  return { app, revision: stored.revision, key: toBase64url(envelope), settings: toBase64url(sealed) };
}

async function readStored(
  of: OfApp,
  master: MasterKey,
  { revision, key, settings }: { revision: number; key: Bytes; settings: Bytes },
): Promise<Json> {
  const opened = await openAppKey({ ...of, master, envelope: key });
  return openSettings(opened, { revision, envelope: settings });
}

/** `instead`, where what was read is nobody's of this account. */
async function unlessForeign<T>(reading: Promise<T>, instead: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof CryptoError) || error.ofTheBrowser) throw error;
    return instead;
  }
}

/** `revision`: the one they will be stored as. */
export async function sealSettings(key: AppKey, of: { revision: number; settings: Json }): Promise<Bytes> {
  return seal(key.key, settingsPlace(key, of.revision), writeJson(of.settings));
}

export async function openSettings(key: AppKey, of: { revision: number; envelope: Bytes }): Promise<Json> {
  return readJson(await openWith(key.key, settingsPlace(key, of.revision), of.envelope));
}

async function openBytes(of: OfApp, master: MasterKey, envelope: Bytes): Promise<Bytes> {
  const bytes = await openWith(master.key, keyPlace(of, master.epoch), envelope);
  if (bytes.length !== KEY_BYTES) throw new CryptoError('bad_content');
  return bytes;
}

function keyPlace({ account, app }: OfApp, epoch: number): Place {
  return { namespace: 'app_key', account, scope: app, record: app, epoch };
}

function settingsPlace({ account, app }: OfApp, revision: number): Place {
  return {
    namespace: 'app_settings',
    account,
    scope: app,
    record: app,
    epoch: SETTINGS_EPOCH,
    version: revision,
  };
}
