// From what a person types, password or recovery key, to the proof for the server and the key that opens their keys.
import type * as Crypto from '$lib/crypto';
import { fromBase64url } from '$lib/wire/base64url';

type Bytes = Uint8Array<ArrayBuffer>;

/** What opens the keys: the password, or the recovery key as it was typed. */
export interface Secret {
  kind: 'password' | 'recovery';
  text: string;
}

export interface PasswordSetting {
  account: string;
  salt: string;
  kdfProfile: number;
}

export async function deriveProof(
  crypto: Pick<typeof Crypto, 'derivePassword' | 'deriveRecovery' | 'readRecoveryKey'>,
  secret: Secret,
  { account, salt, kdfProfile }: PasswordSetting,
): Promise<{ auth: Bytes; kek: CryptoKey }> {
  if (secret.kind === 'password') {
    return crypto.derivePassword({ account, password: secret.text, salt: fromBase64url(salt), kdfProfile });
  }
  const recoveryKey = await crypto.readRecoveryKey(secret.text);
  return crypto.deriveRecovery({ account, recoveryKey });
}
