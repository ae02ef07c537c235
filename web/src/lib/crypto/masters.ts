// The master key as the app holds it: it derives and opens, and no script can read its bytes.
import { wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { derive, importAesKey, importKey, KEY_BYTES } from './keys';

export interface MasterKey {
  readonly epoch: number;
  /** HKDF, not extractable. */
  readonly key: CryptoKey;
}

export interface Opened {
  readonly master: MasterKey;
  readonly signingPublicKey: Bytes;
}

export async function importMasterKey(bytes: Bytes, epoch: number): Promise<MasterKey> {
  if (bytes.length !== KEY_BYTES) throw new CryptoError('bad_content');
  return { epoch, key: await importKey(bytes) };
}

export const DEVICE_STORE = 'sealmate v1 device store';

/** What this browser keeps is encrypted under it: whoever lacks the master key reads nothing on the disk. */
export async function deviceKey(master: MasterKey): Promise<CryptoKey> {
  const bytes = await derive(master.key, DEVICE_STORE);
  const key = await importAesKey(bytes);
  wipe(bytes);
  return key;
}
