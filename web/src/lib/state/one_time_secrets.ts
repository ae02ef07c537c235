// Keeps the recovery key and the backup codes through a refresh, sealed, until the person has saved them.
import type * as Crypto from '$lib/crypto';
import * as v from 'valibot';
import type { KeyStore } from './key_store';

const OneTimeSecretsSchema = v.object({ recoveryKey: v.string(), backupCodes: v.array(v.string()) });
/** Shown once at sign-up. The codes are empty if the server's reply with them was lost. */
export type OneTimeSecrets = v.InferOutput<typeof OneTimeSecretsSchema>;

const NAME = 'unsaved secrets';
type Sealing = Pick<typeof Crypto, 'sealLocal' | 'openLocal'>;

export async function keepOneTimeSecrets(
  secrets: OneTimeSecrets,
  where: { crypto: Sealing; keys: KeyStore; account: string; deviceKey: CryptoKey },
): Promise<void> {
  const sealed = await where.crypto.sealLocal(where.deviceKey, NAME, secrets);
  await where.keys.put({ unsaved_secrets: { account: where.account, sealed } });
}

/** Null if all is saved, or if what was kept can't be read any more. */
export async function findOneTimeSecrets(where: {
  crypto: Sealing;
  keys: KeyStore;
  account: string;
  deviceKey: CryptoKey;
}): Promise<OneTimeSecrets | null> {
  const kept = await where.keys.get('unsaved_secrets');
  if (kept?.account !== where.account) return null;
  try {
    return v.parse(OneTimeSecretsSchema, await where.crypto.openLocal(where.deviceKey, NAME, kept.sealed));
  } catch {
    return null;
  }
}
