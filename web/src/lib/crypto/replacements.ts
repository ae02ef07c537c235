// A new password or recovery key for an account that is open: made here, and opened once before anyone relies on it.
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import { madeMethod } from './accounts';
import { sameBytes, wipe, type Bytes } from './bytes';
import { CryptoError } from './errors';
import { KEY_BYTES, randomBytes } from './keys';
import type { KdfProfile } from './kdf_profiles';
import type { Opened } from './masters';
import { openMethod, type MethodKind } from './methods';
import { derivePasswordWith, SALT_BYTES, type Proof, type Stretch } from './passwords';
import { deriveRecovery, writeRecoveryKey } from './recovery';
import type { AccountKeys, ByPassword, Envelopes } from './wrapped';

/** What new passwords are stretched with. */
const PROFILE: KdfProfile = 1;

/** An account's open keys, with the bytes of the master key; the caller wipes those. */
export interface OpenAccount {
  account: string;
  opened: Opened;
  masterBytes: Bytes;
}

/** What is sent: envelopes and the proof only. */
export async function makePasswordWith(
  stretch: Stretch,
  of: OpenAccount & { password: string },
): Promise<ByPassword['password']> {
  const { account, password } = of;
  const salt = randomBytes(SALT_BYTES);
  const proof = await derivePasswordWith(stretch, { account, password, salt, kdfProfile: PROFILE });
  return { ...(await proven('password', proof, of)), salt: toBase64url(salt), kdf_profile: PROFILE };
}

/** `recoveryKey` is to be shown; it opens nothing until the server has `method`. */
export async function makeRecoveryKey(
  of: OpenAccount,
): Promise<{ method: AccountKeys['recovery']; recoveryKey: string }> {
  const bytes = randomBytes(KEY_BYTES);
  const proof = await deriveRecovery({ account: of.account, recoveryKey: bytes });
  const method = await proven('recovery', proof, of);
  const recoveryKey = await writeRecoveryKey(bytes);
  wipe(bytes);
  return { method, recoveryKey };
}

async function proven(kind: MethodKind, proof: Proof, of: OpenAccount): Promise<AccountKeys['recovery']> {
  return { ...(await provenMethod(kind, proof.kek, of)), auth: toBase64url(proof.auth) };
}

/** A method that was tried: it opens this very master key. */
export async function provenMethod(kind: MethodKind, kek: CryptoKey, of: OpenAccount): Promise<Envelopes> {
  const { account, masterBytes, opened } = of;
  const { epoch, key: master } = opened.master;
  const { signingPublicKey } = opened;
  const made = await madeMethod(kek, { account, kind, masterBytes, master, epoch, signingPublicKey });
  const { method_id: id, secret, master: sealed, public: publicKey } = made;
  const [read, at] = [fromBase64url, { account, kek, epoch }];
  const again = await openMethod(
    { id, kind, secret: read(secret), master: read(sealed), public: read(publicKey) },
    at,
  );
  const fits =
    sameBytes(again.masterBytes, masterBytes) && sameBytes(again.signingPublicKey, signingPublicKey);
  wipe(again.masterBytes);
  if (!fits) throw new CryptoError('bad_content');
  return made;
}
